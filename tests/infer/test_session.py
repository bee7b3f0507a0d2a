from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import ModelCard, ModelError, ModelInput
from vigil.infer import open_session
from vigil.infer.onnx_session import InputTensor

TinyModel = Callable[..., tuple[Path, ModelCard]]
PICTURE = np.random.default_rng(1).integers(0, 256, (4, 8, 3), np.uint8)
MEAN, SCALE = (1.0, 2.0, 3.0), (0.5, 0.25, 2.0)


def as_written_on(wanted: ModelInput) -> np.ndarray:
    """The input tensor, step by step."""
    picture = PICTURE[..., ::-1] if wanted.colour == "bgr" else PICTURE
    values = (picture.astype(np.float32) - np.array(wanted.mean)) * np.array(wanted.scale)
    return values.transpose(2, 0, 1)[None] if wanted.layout == "nchw" else values[None]


@settings(max_examples=20)
@given(
    st.sampled_from(["rgb", "bgr"]),
    st.sampled_from(["nchw", "nhwc"]),
    st.sampled_from([(0.0,), MEAN]),
    st.sampled_from([(1.0,), SCALE]),
)
def test_the_tensor_is_filled_as_the_card_says(
    colour: str, layout: str, mean: tuple[float, ...], scale: tuple[float, ...]
) -> None:
    wanted = ModelInput(width=8, height=4, colour=colour, layout=layout, mean=mean, scale=scale)  # type: ignore[arg-type]
    card = ModelCard(name="x", file="x.onnx", head="x", labels=(), input=wanted)
    tensor = InputTensor(card)

    tensor.fill(PICTURE[::-1])  # nothing of an earlier picture may stay
    np.testing.assert_allclose(tensor.fill(PICTURE), as_written_on(wanted), rtol=1e-6)


@pytest.mark.parametrize("colour", ["rgb", "bgr"])
def test_both_engines_apply_colour_mean_and_scale_alike(tiny_model: TinyModel, colour: str) -> None:
    wanted = ModelInput(width=8, height=4, colour=colour, mean=MEAN, scale=SCALE)  # type: ignore[arg-type]
    path, card = tiny_model(input=wanted)
    model = openvino.Core().read_model(path)
    openvino.save_model(model, path.with_suffix(".xml"), compress_to_fp16=False)

    for file in ("tiny.onnx", "tiny.xml"):
        answer = open_session(replace(card, file=file), path.parent).run(PICTURE)[0]
        np.testing.assert_allclose(answer, as_written_on(wanted), rtol=1e-5)


def test_answers_are_the_callers_to_keep(tiny_model: TinyModel) -> None:
    path, card = tiny_model()
    openvino.save_model(openvino.Core().read_model(path), path.with_suffix(".xml"))
    for file in ("tiny.onnx", "tiny.xml"):
        session = open_session(replace(card, file=file), path.parent)
        first = session.run(PICTURE)[0]
        before = first.copy()

        session.run(255 - PICTURE)

        np.testing.assert_array_equal(first, before)


def test_a_card_with_another_size_than_the_graph_is_refused(tiny_model: TinyModel) -> None:
    path, card = tiny_model(input=ModelInput(width=16, height=16))

    with pytest.raises(ModelError, match=r"its card says \[1, 3, 16, 16\]"):
        open_session(card, path.parent)


def test_a_damaged_graph_is_one_line(tiny_model: TinyModel) -> None:
    path, card = tiny_model()
    path.write_bytes(path.read_bytes().replace(b"Mul", b"Xul"))

    with pytest.raises(ModelError, match=r"tiny\.onnx: ONNX Runtime refuses it") as caught:
        open_session(card, path.parent)
    assert "\n" not in str(caught.value)


def test_without_openvino_the_message_says_what_to_install(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, card = tiny_model()
    path.with_suffix(".xml").write_bytes(b"<net name='x'></net>")
    path.with_suffix(".bin").write_bytes(b"\0")
    monkeypatch.setitem(__import__("sys").modules, "vigil.infer.openvino_session", None)

    with pytest.raises(ModelError, match=r"pip install 'vigil-video\[openvino\]'"):
        open_session(replace(card, file="tiny.xml"), path.parent)
