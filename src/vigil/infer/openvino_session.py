"""OpenVINO behind the `Session` protocol: its own IR files and TFLite."""

from pathlib import Path
from typing import Any

import numpy as np
import openvino
from openvino import Layout, Type
from openvino.preprocess import ColorFormat, PrePostProcessor

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.session import Output, Precision, check_shape
from vigil.infer.tensor import InputTensor


class OpenVinoSession:
    """One compiled model, one thread, lowest latency; bytes go in, the graph does the rest."""

    def __init__(self, card: ModelCard, path: Path, precision: Precision) -> None:
        core = openvino.Core()
        settings = {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            # Left alone, OpenVINO takes bfloat16 where the processor has it, and the same file
            # would then answer differently from machine to machine.
            "INFERENCE_PRECISION_HINT": precision,
        }
        try:
            model = core.read_model(path)
            shape = _shape(model)
            check_shape(card, path, shape)
            # What has no axis of channels is no picture to OpenVINO: we fill it ourselves.
            self._tensor = InputTensor(card, without_channels=True) if len(shape) == 3 else None
            model = model if self._tensor is not None else with_bytes_in(model, card)
            compiled = core.compile_model(model, "CPU", settings)
        except RuntimeError as error:
            first_line = next((line for line in str(error).splitlines() if line.strip()), "")
            raise ModelError(f"{path.name}: OpenVINO refuses it: {first_line[:300]}") from error
        self._request = compiled.create_infer_request()
        self._outputs = len(compiled.outputs)
        self._path = path

    def run(self, picture: Image) -> list[Output]:
        try:
            given = np.ascontiguousarray(picture)[None]
            self._request.infer(
                [given if self._tensor is None else self._tensor.fill(picture)], share_inputs=True
            )
        except RuntimeError as error:
            raise ModelError(f"{self._path.name}: does not run: {str(error)[:300]}") from error
        return [
            # The engine reuses its memory at the next call.
            self._request.get_output_tensor(index).data.copy()
            for index in range(self._outputs)
        ]


def _shape(model: Any) -> "list[int | str | None]":
    return [
        dimension.get_length() if dimension.is_static else "free"
        for dimension in model.inputs[0].partial_shape
    ]


def with_bytes_in(model: Any, card: ModelCard) -> Any:
    """Put colour order, layout, mean and scale in front of the graph."""
    wanted = card.input
    steps = PrePostProcessor(model)
    entry = steps.input(0)
    entry.tensor().set_element_type(Type.u8).set_layout(Layout("NHWC"))
    entry.tensor().set_color_format(ColorFormat.RGB)
    entry.model().set_layout(Layout(wanted.layout.upper()))
    colour = {"rgb": ColorFormat.RGB, "bgr": ColorFormat.BGR, "gray": ColorFormat.GRAY}
    if wanted.colour != "rgb":
        entry.preprocess().convert_color(colour[wanted.colour])
    if wanted.dtype == "float32":
        entry.preprocess().convert_element_type(Type.f32)
        if any(wanted.mean):
            entry.preprocess().mean(_values(wanted.mean))
        if any(value != 1 for value in wanted.scale):
            entry.preprocess().scale(_values(tuple(1 / value for value in wanted.scale)))
    return steps.build()


def _values(numbers: tuple[float, ...]) -> float | list[float]:
    return numbers[0] if len(numbers) == 1 else list(numbers)
