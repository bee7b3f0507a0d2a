"""ONNX Runtime behind the `Session` protocol."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.session import Output, check_shape, input_shape

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
        self._tensor = InputTensor(card)
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


class InputTensor:
    """The array that a graph takes, kept and refilled for each picture."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card.input
        self._array = np.empty(input_shape(card), card.input.dtype)
        mean = np.asarray(card.input.mean, np.float32)
        scale = np.asarray(card.input.scale, np.float32)
        channels = 1 if card.input.colour == "gray" else 3
        self._mean = np.broadcast_to(mean, channels)
        self._scale = np.broadcast_to(scale, channels)

    def fill(self, picture: Image) -> Output:
        """Write an RGB picture in the card's colour order, layout and range; return the array."""
        for index, plane in enumerate(self._planes(picture)):
            target = self._plane(index)
            np.copyto(target, plane)
            if self._card.dtype == "float32":
                self._normalise(target, index)
        return self._array

    def _planes(self, picture: Image) -> list[Output]:
        if self._card.colour == "gray":
            return [np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))]
        # Splitting bytes first and widening plane by plane is 1.7 times as fast as a transpose.
        red, green, blue = cv2.split(picture)
        return [red, green, blue] if self._card.colour == "rgb" else [blue, green, red]

    def _plane(self, index: int) -> Output:
        batch = self._array[0]
        return np.asarray(batch[index] if self._card.layout == "nchw" else batch[..., index])

    def _normalise(self, plane: Output, index: int) -> None:
        if self._mean[index]:
            plane -= self._mean[index]
        if self._scale[index] != 1:
            plane *= self._scale[index]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
