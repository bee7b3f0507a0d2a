"""ONNX Runtime behind the `Session` protocol."""

from pathlib import Path

import onnxruntime

from vigil.core import Image, ModelCard, ModelError
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
        feed = {self._name: self._tensor.fill(picture)}
        try:
            return list(self._session.run(None, feed))
        except Exception as error:
            raise ModelError(f"{self._path.name}: does not run: {_line(error)}") from error


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


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
