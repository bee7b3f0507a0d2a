"""OpenVINO behind the protocols `Session` and `Graph`: its own IR files and TFLite."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from openvino import Layout, Type
from openvino.preprocess import ColorFormat, PrePostProcessor

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.graph import Size, Tensor
from vigil.infer.session import Output, Precision, check_shape
from vigil.infer.tensor import InputTensor


class OpenVinoSession:
    """One compiled model, one thread, lowest latency; bytes go in, the graph does the rest."""

    def __init__(self, card: ModelCard, path: Path, precision: Precision) -> None:
        with _refusals(path):
            model = openvino.Core().read_model(path)
            shape = list(_shape(model.inputs[0]))
            check_shape(card, path, shape)
            # What has no axis of channels is no picture to OpenVINO: we fill it ourselves.
            self._tensor = InputTensor(card, without_channels=True) if len(shape) == 3 else None
            model = model if self._tensor is not None else with_bytes_in(model, card)
            self._request = _request(model, precision)
        self._path = path

    def run(self, picture: Image) -> list[Output]:
        given = np.ascontiguousarray(picture)[None]
        return _answers(
            self._request, [given if self._tensor is None else self._tensor.fill(picture)],
            self._path,
        )  # fmt: skip


class OpenVinoGraph:
    """One IR file that takes and gives any tensors, one thread, lowest latency."""

    def __init__(self, path: Path, precision: Precision) -> None:
        with _refusals(path):
            model = openvino.Core().read_model(path)
            self._request = _request(model, precision)
        self._path = path
        self.inputs, self.outputs = (
            [_tensor(each, number) for number, each in enumerate(ports)]
            for ports in (model.inputs, model.outputs)
        )

    def answer(self, given: Sequence[Output]) -> list[Output]:
        if len(given) != len(self.inputs):
            raise ValueError(f"{len(given)} tensors; needed: {len(self.inputs)}")
        return _answers(self._request, list(given), self._path)


def one_thread(precision: Precision) -> dict[str, object]:
    """How OpenVINO compiles a network for the watch."""
    return {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        # Left alone, OpenVINO takes bfloat16 where the processor has it, and the same file
        # would then answer differently from machine to machine.
        "INFERENCE_PRECISION_HINT": precision,
    }


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        first_line = next((line for line in str(error).splitlines() if line.strip()), "")
        raise ModelError(f"{path.name}: OpenVINO refuses it: {first_line[:300]}") from error


def _request(model: Any, precision: Precision) -> Any:
    compiled = openvino.Core().compile_model(model, "CPU", one_thread(precision))
    return compiled.create_infer_request()


def _answers(request: Any, given: list[Output], path: Path) -> list[Output]:
    try:
        request.infer(given, share_inputs=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{path.name}: does not run: {reason}") from error
    # The engine reuses its memory at the next call.
    return [tensor.data.copy() for tensor in request.output_tensors]


def _tensor(port: Any, number: int) -> Tensor:
    # Converters may leave out names.
    name = port.get_any_name() if port.get_names() else str(number)
    return Tensor(name=name, shape=_shape(port))


def _shape(port: Any) -> tuple[Size, ...]:
    return tuple(
        dimension.get_length() if dimension.is_static else "free"
        for dimension in port.partial_shape
    )


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
