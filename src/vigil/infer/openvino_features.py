"""What a classifier sees before it decides: the means of its last maps, by OpenVINO.

The last map of a network holds what ImageNet taught it; the narrow one before it (the bottleneck
that MobileNetV2 has and V1 has not) holds much the same in fewer numbers. Both together tell new
kinds of things apart better than either, at no cost, since both are made anyway.
"""

from pathlib import Path
from typing import Any

import numpy as np
import openvino
from openvino import opset13

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.openvino_session import with_bytes_in
from vigil.infer.session import Output

HEIGHT_AND_WIDTH = np.array([2, 3])


class OpenVinoFeatures:
    """One compiled network that ends at its last maps; one thread."""

    def __init__(self, card: ModelCard, path: Path) -> None:
        """Raises `ModelError` when it has no maps, or does not run."""
        core = openvino.Core()
        settings = {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            # The same file must give the same vectors on each machine: heads are learnt on them.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            cut = _cut(core.read_model(path), path.name)
            compiled = core.compile_model(with_bytes_in(cut, card), "CPU", settings)
        except RuntimeError as error:
            raise ModelError(f"{path.name}: OpenVINO refuses it: {str(error)[:300]}") from error
        self._request = compiled.create_infer_request()
        self._outputs = len(compiled.outputs)

    def run(self, picture: Image) -> list[Output]:
        """The means over the picture of each map, the last one first."""
        self._request.infer([np.ascontiguousarray(picture)[None]], share_inputs=True)
        return [
            self._request.get_output_tensor(index).data[0].copy() for index in range(self._outputs)
        ]


def _cut(model: Any, name: str) -> Any:
    """The same network up to its last maps, averaged."""
    convolutions = [op for op in model.get_ordered_ops() if _is_map(op) and _convolves(op)]
    if not convolutions:
        raise ModelError(f"{name}: no picture-like layers inside, so that it gives no vectors")
    last = convolutions[-1]
    maps = [_after(last)]
    before = last.input_value(0)
    if before.get_partial_shape()[1].get_length() < _channels(last):
        maps.append(before)
    means = [opset13.reduce_mean(each, HEIGHT_AND_WIDTH, False) for each in maps]
    return openvino.Model(means, model.get_parameters(), name)


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
