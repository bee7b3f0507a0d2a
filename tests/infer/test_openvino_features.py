"""Vectors from the maps of a network, in bytes where it holds bytes."""

from pathlib import Path

import numpy as np
import pytest

openvino = pytest.importorskip("openvino")
from openvino import Type, opset13  # noqa: E402

from vigil.core import ModelCard, ModelInput  # noqa: E402
from vigil.infer.openvino_features import OpenVinoFeatures, ends_in_means  # noqa: E402
from vigil.infer.openvino_int8 import in_signed_bytes  # noqa: E402

SIDE, CHANNELS = 224, 8


def network(*, in_bytes: bool, own_size_only: bool = False, after_mean: bool = False) -> object:
    """A convolution that halves the picture, as TFLite or as float32 would hold it."""
    chance = np.random.default_rng(0)
    given = opset13.parameter([1, 3, SIDE, SIDE], Type.f32, name="given")
    found = opset13.divide(given, opset13.constant(np.float32(255)))
    if in_bytes:
        steps = chance.integers(0, 256, (CHANNELS, 3, 3, 3)).astype(np.uint8)
        whole = opset13.convert(opset13.constant(steps), Type.f32)
        centred = opset13.subtract(whole, opset13.constant(np.float32(117)))
        weights = opset13.multiply(centred, opset13.constant(np.float32(0.01)))
        found = quantised(found, 1.0)
    else:
        weights = opset13.constant(chance.normal(size=(CHANNELS, 3, 3, 3)).astype(np.float32))
    if own_size_only:
        found = opset13.reshape(found, opset13.constant([1, 3, SIDE, SIDE]), False)
    maps = opset13.relu(opset13.convolution(found, weights, [2, 2], [1, 1], [1, 1], [1, 1]))
    maps = quantised(maps, 6.0) if in_bytes else maps
    ending = opset13.reduce_mean(maps, np.array([2, 3]), False)
    if after_mean:
        ending = opset13.matmul(
            ending, opset13.constant(np.eye(CHANNELS, dtype=np.float32)), False, False
        )
    return openvino.Model([ending], [given], "small")


def quantised(found: object, top: float) -> object:
    low, high = opset13.constant(np.float32(0)), opset13.constant(np.float32(top))
    return opset13.fake_quantize(found, low, high, low, high, 256)


def saved(model: object, folder: Path) -> Path:
    path = folder / "small.xml"
    openvino.save_model(model, path, compress_to_fp16=False)
    return path


def card() -> ModelCard:
    return ModelCard(
        name="small", file="small.xml", head="softmax", labels=(),
        input=ModelInput(width=SIDE, height=SIDE, fit="stretch"),
        licence_code="MIT", licence_weights="MIT",
    )  # fmt: skip


def picture(side: int) -> np.ndarray:
    slope = np.linspace(0, 255, side)
    shown = np.stack([slope[:, None] + 0 * slope, 0 * slope[:, None] + slope], axis=-1)
    return np.concatenate([shown, 255 - shown[:, :, :1]], axis=-1).astype(np.uint8)


def answer(model: object) -> np.ndarray:
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    request.infer([picture(SIDE).transpose(2, 0, 1)[None].astype(np.float32)])
    return np.array(request.get_output_tensor(0).data[0])


def test_bytes_with_a_zero_point_become_signed_ones_and_answer_alike() -> None:
    model = network(in_bytes=True)
    before = answer(model)
    assert in_signed_bytes(model)
    kinds = [
        op.get_element_type()
        for op in model.get_ordered_ops()
        if op.get_type_name() == "Constant" and op.get_output_shape(0) == [CHANNELS, 3, 3, 3]
    ]
    assert kinds == [Type.i8]
    np.testing.assert_allclose(answer(model), before, atol=0.05 * before.max())


def test_a_network_of_floats_stays_as_it_is() -> None:
    model = network(in_bytes=False)
    before = answer(model)
    assert not in_signed_bytes(model)
    np.testing.assert_array_equal(answer(model), before)


@pytest.mark.parametrize("in_bytes", [True, False])
def test_means_are_those_of_a_larger_picture(tmp_path: Path, *, in_bytes: bool) -> None:
    model = network(in_bytes=in_bytes)
    path = saved(model, tmp_path)
    features = OpenVinoFeatures(card(), path)
    assert (features.input.width, features.input.height) == (288, 288)
    whole, middle, before = features.run(picture(288))
    assert whole.shape == middle.shape == (CHANNELS,)
    assert before.shape == (3,)
    # The same smooth picture, whatever its size.
    np.testing.assert_allclose(whole, answer(model), atol=0.05 * whole.max())


def test_the_middle_is_seen_apart_from_what_is_around_it(tmp_path: Path) -> None:
    features = OpenVinoFeatures(card(), saved(network(in_bytes=False), tmp_path))
    shown = picture(288)
    whole, middle, _ = features.run(shown)
    shown[:48] = 255 - shown[:48]
    around, same, _ = features.run(shown)
    assert np.abs(around - whole).max() > 0.01
    np.testing.assert_array_equal(same, middle)


def test_a_network_that_fits_no_other_size_is_shown_its_own(tmp_path: Path) -> None:
    path = saved(network(in_bytes=False, own_size_only=True), tmp_path)
    features = OpenVinoFeatures(card(), path)
    assert (features.input.width, features.input.height) == (SIDE, SIDE)
    assert features.run(picture(SIDE))[0].shape == (CHANNELS,)


def test_only_a_mean_at_the_end_is_a_mean_of_maps(tmp_path: Path) -> None:
    assert ends_in_means(saved(network(in_bytes=False), tmp_path))
    assert not ends_in_means(saved(network(in_bytes=False, after_mean=True), tmp_path))
