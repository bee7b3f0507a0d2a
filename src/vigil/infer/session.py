"""A model that is open and answers."""

from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.content import checked_format

Output = np.ndarray[Any, np.dtype[Any]]
"""One raw output of a graph; the head named on the card knows its shape."""
Precision = Literal["f32", "bf16"]


class Session(Protocol):
    """An open model: one thread, one picture at a time.

    Batches gain nothing on a CPU, so that crops of several cameras share one picture instead.
    """

    def run(self, picture: Image) -> list[Output]:
        """Raw outputs for an RGB picture that has exactly the size on the card.

        Colour order, layout, mean and scale of the card are applied inside.
        """
        ...


def open_session(
    card: ModelCard,
    folder: Path,
    *,
    precision: Precision = "f32",
    providers: tuple[str, ...] | None = None,
) -> Session:
    """Open the weights that `card` names in `folder` and warm them up.

    `precision`: `bf16` about halves the time of OpenVINO models where the processor has it (AMX,
    AVX512_BF16), keeps two or three digits, and changes nothing elsewhere. `providers`: of ONNX
    Runtime, best first; None takes CUDA or CoreML where present, then the CPU. Raises
    `ModelError` when the file is not what it says, does not load, or does not fit the card.
    """
    path = folder / card.file
    form = checked_format(path)
    session: Session
    if card.clip is not None:
        session = _of_clips(card, path, precision, providers)
    elif form == "onnx":
        session = _onnx(card, path, providers)
    else:
        session = _openvino(card, path, precision)
    session.run(np.zeros((card.input.height, card.input.width, 3), np.uint8))
    return session


def needs_openvino(path: Path) -> ModelError:
    """What is said of a file that only OpenVINO opens, where there is none."""
    return ModelError(
        f"{path.name} needs OpenVINO; install it with: pip install 'vigil-video[openvino]'"
    )


# An engine takes a second and 100 MB to import: only the one that is used comes in.


def _of_clips(
    card: ModelCard, path: Path, precision: Precision, providers: tuple[str, ...] | None
) -> Session:
    from vigil.infer.clip_session import clip_session  # noqa: PLC0415

    return clip_session(card, path, precision=precision, providers=providers)


def _onnx(card: ModelCard, path: Path, providers: tuple[str, ...] | None) -> Session:
    from vigil.infer.onnx_session import OnnxSession  # noqa: PLC0415

    return OnnxSession(card, path, providers)


def _openvino(card: ModelCard, path: Path, precision: Precision) -> Session:
    try:
        from vigil.infer.openvino_session import OpenVinoSession  # noqa: PLC0415
    except ImportError as error:
        raise needs_openvino(path) from error
    return OpenVinoSession(card, path, precision)


def input_shape(card: ModelCard) -> tuple[int, int, int, int]:
    """The shape of the tensor that a graph with this card takes, batch of one."""
    wanted = card.input
    channels = 1 if wanted.colour == "gray" else 3
    if wanted.layout == "nchw":
        return 1, channels, wanted.height, wanted.width
    return 1, wanted.height, wanted.width, channels


def check_shape(card: ModelCard, path: Path, shape: "list[int | str | None]") -> None:
    """Raise `ModelError` unless a graph's input, with free dimensions as words, fits the card."""
    wanted: tuple[int, ...] = input_shape(card)
    if card.input.colour == "gray" and len(shape) == 3:
        wanted = (1, card.input.height, card.input.width)
    fits = len(shape) == len(wanted) and all(
        found == size for found, size in zip(shape, wanted, strict=True) if isinstance(found, int)
    )
    if not fits:
        raise ModelError(f"{path.name}: the graph takes {shape}, its card says {list(wanted)}")
