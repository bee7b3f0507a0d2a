"""What a classifier sees before it decides: the means of its last maps, by OpenVINO.

The last map of a network holds what ImageNet taught it; the narrow one before it (the bottleneck
that MobileNetV2 has and V1 has not) holds much the same in fewer numbers. Both together tell new
kinds of things apart better than either, at no cost, since both are made anyway. Means do not care
how large the maps are, so that the network is shown more pixels than it was trained with: what it
sees is then as large as in the crops of its training (Touvron et al. 2019, "Fixing the train-test
resolution discrepancy").
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino
from openvino import opset13

from vigil.core import Image, ModelCard, ModelError, ModelInput
from vigil.infer.openvino_int8 import in_signed_bytes
from vigil.infer.openvino_session import one_thread, with_bytes_in
from vigil.infer.session import Output

HEIGHT_AND_WIDTH = np.array([2, 3])
ZOOM = 9 / 7
"""Sides of what it is shown for those of its training: 224 become 288. Chosen on draws of examples
that no benchmark reports."""
SAME = 0.9
"""Cosine of what bytes and float32 make of one picture, 0.98 with MobileNets. Where it is below,
the processor or the network is not fit for bytes."""
BORDER = 2 / 9
"""Share of the last map's sides that lies outside its middle, on each side: what is told stands in
the middle of most pictures, and what is around it matters less, but does matter."""
STEP = 32
"""Pixels of a place in the last map, as in most networks of ImageNet: the larger picture must fill
it whole."""
RESHAPING = {"Convert", "FakeQuantize", "Reshape", "Squeeze", "Transpose"}
POOLING = {"AvgPool", "ReduceMean"}


class OpenVinoFeatures:
    """One compiled network that ends at its last maps; one thread; in bytes where it can."""

    def __init__(self, card: ModelCard, path: Path) -> None:
        """Raises `ModelError` when it has no maps, or does not run."""
        larger = replace(card, input=_zoomed(card.input))
        try:
            try:
                self._request = _fastest(path, larger)
                self.input = larger.input
                """What `run` takes."""
            except RuntimeError:
                # Some networks hold numbers inside that fit no other size than their own.
                self._request, self.input = _fastest(path, card), card.input
        except RuntimeError as error:
            raise ModelError(f"{path.name}: OpenVINO refuses it: {str(error)[:300]}") from error

    def run(self, picture: Image) -> list[Output]:
        """Means over the last map, over its middle, and over the narrow map before, if any."""
        return _run(self._request, picture)


def ends_in_means(path: Path) -> bool:
    """Whether what the network answers is the mean of its last map, and no layer after it."""
    try:
        model = openvino.Core().read_model(path)
    except RuntimeError as error:
        raise ModelError(f"{path.name}: OpenVINO refuses it: {str(error)[:300]}") from error
    found = model.outputs[0].get_node().input_value(0).get_node()
    while found.get_type_name() in RESHAPING:
        found = found.input_value(0).get_node()
    return found.get_type_name() in POOLING and len(model.outputs) == 1


def _zoomed(shown: ModelInput) -> ModelInput:
    """A larger input."""
    sides = {
        name: max(1, round(getattr(shown, name) * ZOOM / STEP)) * STEP
        for name in ("width", "height")
    }
    return replace(shown, **sides)


def _fastest(path: Path, card: ModelCard) -> Any:
    in_floats, in_bytes = _opened(path, card), _opened(path, card, in_bytes=True)
    return in_bytes if in_bytes and _agree(in_bytes, in_floats, card.input) else in_floats


def means_of(path: Path, size: ModelInput, *, in_bytes: bool = False) -> Any:
    """A network for pictures of that size up to its last maps, and the means that `run` gives.

    None where it should be in bytes and has none. Raises `ModelError` when it has no maps, and
    RuntimeError when OpenVINO refuses it.
    """
    cut = _cut(openvino.Core().read_model(path), path.name)
    if in_bytes and not in_signed_bytes(cut):
        return None
    nhwc = size.layout == "nhwc"
    cut.reshape([1, size.height, size.width, 3] if nhwc else [1, 3, size.height, size.width])
    return _averaged(cut)


def _opened(path: Path, card: ModelCard, *, in_bytes: bool = False) -> Any:
    """A request of the compiled network; None where it should be in bytes and has none."""
    means = means_of(path, card.input, in_bytes=in_bytes)
    if means is None:
        return None
    model = with_bytes_in(means, card)
    # The same file must give the same vectors on each machine: heads are learnt on them.
    return openvino.Core().compile_model(model, "CPU", one_thread("f32")).create_infer_request()


def _run(request: Any, picture: Image) -> list[Output]:
    request.infer([np.ascontiguousarray(picture)[None]], share_inputs=True)
    # The engine reuses its memory at the next call.
    return [tensor.data[0].copy() for tensor in request.output_tensors]


def _agree(one: Any, other: Any, size: ModelInput) -> bool:
    """Whether both see nearly the same in a picture of soft spots of all sizes."""
    chance = np.random.default_rng(0)
    picture = np.zeros((size.height, size.width, 3), np.float32)
    for cells in (2, 5, 12, 40):
        spots = chance.random((cells, cells, 3), np.float32)
        picture += cv2.resize(spots, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
    shown = np.clip(picture * (255 / 4), 0, 255).astype(np.uint8)
    first, second = (np.concatenate(_run(request, shown)) for request in (one, other))
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) >= SAME * lengths


def _cut(model: Any, name: str) -> Any:
    """The same network up to its last maps, the very last one first."""
    convolutions = [op for op in model.get_ordered_ops() if _is_map(op) and _convolves(op)]
    if not convolutions:
        raise ModelError(f"{name}: no picture-like layers inside, so that it gives no vectors")
    last = convolutions[-1]
    maps = [_after(last)]
    before = last.input_value(0)
    if before.get_partial_shape()[1].get_length() < _channels(last):
        maps.append(before)
    return openvino.Model(maps, model.get_parameters(), name)


def _averaged(model: Any) -> Any:
    """The same network with, for its maps, the means over them, and over the middle of the last."""
    maps = [result.input_value(0) for result in model.get_results()]
    found = [opset13.reduce_mean(each, HEIGHT_AND_WIDTH, False) for each in maps]
    found.insert(1, opset13.reduce_mean(_middle(maps[0]), HEIGHT_AND_WIDTH, False))
    return openvino.Model(found, model.get_parameters(), model.get_friendly_name())


def _middle(one: Any) -> Any:
    sides = np.array(one.get_partial_shape().to_shape()[2:])
    border = np.minimum(np.rint(sides * BORDER).astype(np.int64), (sides - 1) // 2)
    ones = np.ones(2, np.int64)
    return opset13.slice(one, border, sides - border, ones, HEIGHT_AND_WIDTH)


def _after(last: Any) -> Any:
    """The output of the last convolution with bias and activation, or what else keeps its shape."""
    found = last.output(0)
    while True:
        following = [target.get_node() for target in found.get_target_inputs()]
        same = [op for op in following if _is_map(op) and _channels(op) == _channels(last)]
        if len(same) != 1 or same[0].output(0).get_partial_shape() != found.get_partial_shape():
            return found
        found = same[0].output(0)


def _convolves(op: Any) -> bool:
    return op.get_type_name() in {"Convolution", "GroupConvolution"}


def _channels(op: Any) -> int:
    return int(op.output(0).get_partial_shape()[1].get_length())


def _is_map(op: Any) -> bool:
    """Whether it gives (1, channels, height, width) with more than one place."""
    if op.get_type_name() == "Result" or len(op.outputs()) != 1:
        return False
    shape = op.output(0).get_partial_shape()
    if shape.rank.is_dynamic or len(shape) != 4 or shape.is_dynamic:
        return False
    batch, _, height, width = shape.to_shape()
    return bool(batch == 1 and height > 1 and width > 1)
