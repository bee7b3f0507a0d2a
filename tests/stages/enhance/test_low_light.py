"""Dark pictures become bright; others stay as they are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vigil.core import Box, Image, ModelCard, ModelError, ModelInput
from vigil.infer import Registry, known_cards
from vigil.media.pixels import frame_of_array
from vigil.stages.enhance.low_light import LowLight


def ramp(black: int, white: int) -> Image:
    across = np.linspace(black, white, 200)
    return np.repeat(np.tile(across, (100, 1))[:, :, None], 3, 2).astype(np.uint8)


def lit(image: Image, region: Box | None = None, **settings: object) -> Image:
    frame = frame_of_array(image)
    wide = 200 if region is None else round(region.width)
    return LowLight(**settings).enhance(frame).pixels.rgb(wide, 100, region)


def test_a_dark_picture_reaches_from_black_to_white() -> None:
    found = lit(ramp(10, 60))
    assert found.min() == 0
    assert found.max() == 255
    assert abs(float(np.diff(found[0, 10:190, 0].astype(float)).mean()) - 255 / 200) < 0.15


def test_a_bright_picture_stays_to_the_last_bit() -> None:
    image = ramp(0, 250)
    assert np.array_equal(lit(image), image)
    assert not np.array_equal(lit(image, below=255), image)


def test_a_piece_is_lit_as_its_picture_is() -> None:
    image = ramp(10, 60)
    assert np.array_equal(lit(image, Box(0, 0, 50, 100)), lit(image)[:, :50])
    shadow = ramp(0, 250)
    assert np.array_equal(lit(shadow, Box(0, 0, 50, 100)), shadow[:, :50])


def test_darkness_itself_is_not_made_of_noise() -> None:
    night = np.random.default_rng(0).integers(0, 4, (100, 200, 3)).astype(np.uint8)
    assert lit(night).max() <= 12 * 4


def test_gates_see_the_brightness_that_came() -> None:
    frame = frame_of_array(ramp(10, 60))
    assert np.array_equal(LowLight().enhance(frame).luma(64), frame.luma(64))


def brightens(folder: Path, *, times: float, head: str = "picture") -> Path:
    """A registry with a model that multiplies."""
    factor = numpy_helper.from_array(np.full((1, 3, 1, 1), times, np.float32), "factor")
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["picture", "factor"], ["more"]),
            helper.make_node("Clip", ["more", "", "one"], ["lit"]),
        ],
        "light",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 90, 160])],
        [helper.make_tensor_value_info("lit", TensorProto.FLOAT, [1, 3, 90, 160])],
        [factor, numpy_helper.from_array(np.array(1.0, np.float32), "one")],
    )
    folder.mkdir()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "light.onnx")
    size = ModelInput(width=160, height=90, fit="stretch", scale=(1 / 255,))
    card = ModelCard(
        name="light", file="light.onnx", head=head, labels=(), input=size,
        licence_code="Apache-2.0", licence_weights="none",
    )  # fmt: skip
    Registry(folder / "models").add(folder / "light.onnx", card)
    return folder / "models"


def test_a_model_lights_dark_pictures_alone(tmp_path: Path) -> None:
    registry = brightens(tmp_path / "four", times=4.0)
    dark, bright = ramp(10, 60), ramp(0, 250)
    found = lit(dark, model="light", registry=registry)
    assert found.shape == dark.shape
    assert np.abs(found.astype(int) - 4 * dark.astype(int)).max() <= 6  # resized there and back
    assert np.array_equal(lit(bright, model="light", registry=registry), bright)


def test_weights_that_make_no_pictures_are_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="light"):
        LowLight(model="light", registry=tmp_path).warm_up()
    registry = brightens(tmp_path / "one", times=2.0, head="softmax")
    with pytest.raises(ModelError, match=r"light@1: head 'softmax', .*needed: 'picture'"):
        LowLight(model="light", registry=registry).warm_up()


@pytest.mark.data
def test_a_published_model_sees_more_in_the_dark(
    data: Callable[[str], Path], tmp_path: Path
) -> None:
    (card,) = [card for card in known_cards() if card.head == "picture"]
    Registry(tmp_path).add(data(f"models/enhance/{card.file}"), card)
    found = lit(ramp(5, 60), model=card.name, registry=tmp_path)
    assert found.mean() > 2 * ramp(5, 60).mean()
    assert (np.diff(found[50, 10:190].mean(1)) > -2).all()
