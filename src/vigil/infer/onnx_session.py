"""ONNX Runtime behind the protocols `Session` and `Graph`."""

from collections.abc import Sequence
from pathlib import Path

import onnxruntime

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.graph import Tensor
from vigil.infer.session import Output, check_shape
from vigil.infer.tensor import InputTensor

# TensorRT is left out: it compiles for minutes at start, which a watch cannot wait for unasked.
PREFERRED = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "CPUExecutionProvider")


class OnnxSession:
    """One ONNX file, one thread, no spinning; the input tensor is filled in place."""

    def __init__(self, card: ModelCard, path: Path, providers: tuple[str, ...] | None) -> None:
        self._session = opened(path, providers)
        # Older exporters list every weight as an optional input after the real one.
        first = self._session.get_inputs()[0]
        check_shape(card, path, first.shape)
        self._name = first.name
        self._tensor = InputTensor(card, without_channels=len(first.shape) == 3)
        self._path = path

    def run(self, picture: Image) -> list[Output]:
        return _answers(self._session, {self._name: self._tensor.fill(picture)}, self._path)


class OnnxGraph:
    """One ONNX file that takes and gives any tensors, one thread, no spinning."""

    def __init__(self, path: Path, providers: tuple[str, ...] | None) -> None:
        self._session, self._path = opened(path, providers), path
        self.inputs, self.outputs = (
            [Tensor(name=each.name, shape=tuple(each.shape)) for each in ports]
            for ports in (self._session.get_inputs(), self._session.get_outputs())
        )

    def answer(self, given: Sequence[Output]) -> list[Output]:
        names = (each.name for each in self.inputs)
        return _answers(self._session, dict(zip(names, given, strict=True)), self._path)


def opened(path: Path, providers: tuple[str, ...] | None) -> onnxruntime.InferenceSession:
    """A graph on one thread without spinning; raises `ModelError`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning thread burns a core that another camera needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    here = onnxruntime.get_available_providers()
    chosen = providers or tuple(name for name in PREFERRED if name in here)
    try:
        # From bytes, so that the graph cannot name a file beside it.
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=list(chosen))
    except Exception as error:
        raise ModelError(f"{path.name}: ONNX Runtime refuses it: {_line(error)}") from error


def _answers(
    session: onnxruntime.InferenceSession, feed: dict[str, Output], path: Path
) -> list[Output]:
    try:
        return list(session.run(None, feed))
    except Exception as error:
        raise ModelError(f"{path.name}: does not run: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
