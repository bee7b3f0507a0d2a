"""What is written beside every model file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInput:
    """How a picture becomes the model's input."""

    width: int
    height: int
    colour: Literal["rgb", "bgr", "gray"] = "rgb"
    layout: Literal["nchw", "nhwc"] = "nchw"
    fit: Literal["letterbox", "stretch"] = "letterbox"
    """Keep the shape and pad at the right and bottom, or pull to size."""
    pad: int = 114
    """Value of padded pixels."""
    mean: tuple[float, ...] = (0.0,)
    """Subtracted from 0..255 values, in the order of `colour`."""
    scale: tuple[float, ...] = (1.0,)
    """Multiplied after the mean is gone."""
    dtype: Literal["uint8", "float32"] = "float32"
    """What the graph takes; mean and scale apply to float32 only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelClip:
    """How pictures become a clip, for a model that sees several."""

    frames: int
    """Pictures of a clip; what a stream says of its last so many is averaged."""
    rate: float
    """Pictures a second on which it was trained."""
    layout: Literal["tchw", "cthw"] = "tchw"
    """Axes behind that of the batch, for a model that takes whole clips."""
    states: int = 0
    """What a stream keeps of the picture before: so many inputs behind the picture, and as many
    outputs behind the answer, in the same order. 0: no stream, it takes whole clips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """All that the watch knows of a model; the only thing that training and the watch share."""

    name: str
    version: int = 1
    file: str
    """Name of the weights beside the card: `.onnx`, `.xml` (with its `.bin`) or `.tflite`."""
    head: str
    """How the raw outputs are read; see `vigil.infer.heads`."""
    labels: tuple[str, ...]
    input: ModelInput
    clip: ModelClip | None = None
    """None: it sees one picture."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """Of each file that belongs to the model, hexadecimal."""
    score: float = 0.3
    """Detections below are dropped in the head; a rule may ask for more."""
    nms_iou: float = 0.5
    options: Mapping[str, float] = field(default_factory=dict)
    """Numbers that the head needs: strides, regression bins …"""
    licence_code: str = ""
    """SPDX name, or what the owner wrote."""
    licence_weights: str = ""
    source: str = ""
    """Where the weights come from."""
    dataset: str = ""
    """Content hash or name of the data it was trained on."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """By name and condition, e.g. `recall/night`."""
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    """One thread, batch 1, by machine."""
    parent: str = ""
    """`name@version` of the model it was made from."""

    @property
    def id(self) -> str:
        """`name@version`, as events quote it."""
        return f"{self.name}@{self.version}"
