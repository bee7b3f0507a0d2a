"""Pictures that are made only when somebody asks, and the looks a detector is given."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import UInt8

from vigil.core.boxes import Box, Boxes

Image = UInt8[np.ndarray, "height width 3"]
"""RGB pixels, 0 to 255."""
Luma = UInt8[np.ndarray, "height width"]
"""Brightness, 0 to 255, full range."""


class Pixels(Protocol):
    """A decoded picture that turns into arrays at the size asked for, upright."""

    def luma(self, width: int, height: int) -> Luma:
        """Brightness at `width` x `height`; the array may be a view and must not be written."""
        ...

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        """Colour of `region` (source pixels; None: the whole picture) at `width` x `height`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One moment of one source. A full-size array that nobody reads is never made."""

    source: str
    index: int
    """Counts the frames of a source that were decoded, from 0."""
    time_s: float
    """UTC seconds since the epoch; never goes back within a source."""
    width: int
    """Pixels, upright."""
    height: int
    pixels: Pixels

    def luma(self, width: int) -> Luma:
        """Brightness at `width`, the height following the picture's shape."""
        return self.pixels.luma(width, max(1, round(self.height * width / self.width)))

    def rgb(self, width: int, *, region: Box | None = None) -> Image:
        """Colour of `region` (None: all) at `width`, the height following the region's shape."""
        wide, high = (region.width, region.height) if region else (self.width, self.height)
        return self.pixels.rgb(width, max(1, round(high * width / wide)), region)


class Crop(NamedTuple):
    """A piece of a picture that shows one thing, at its own size."""

    image: Image
    label: str
    """What the detector took it for."""


class Rung(IntEnum):
    """A step of the wake ladder; each costs more than the one below."""

    PACKETS = 0
    """Only sizes of encoded packets are read; nothing is decoded."""
    KEYFRAME = 1
    """Key frames are decoded and compared at thumbnail size."""
    LUMA = 2
    """Every packet is decoded; brightness is compared five times a second."""
    DETECT = 3
    """The detector looks about twice a second."""
    FULL = 4
    """The detector looks at every frame."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """A frame, the regions of it worth a detector, and why."""

    frame: Frame
    regions: Boxes
    """Source pixels; the whole picture is one region."""
    rung: Rung
    """The rung that asked."""
    labels: frozenset[str] = frozenset()
    """Words wanted by the camera's rules; empty means all."""
    eased: Frame | None = None
    """The same picture made easier to detect in; None: as it came. For detectors alone."""

    @classmethod
    def whole(cls, frame: Frame, rung: Rung, labels: frozenset[str] = frozenset()) -> "Look":
        """The whole picture."""
        regions = np.array([[0, 0, frame.width, frame.height]], np.float32)
        return cls(frame=frame, regions=regions, rung=rung, labels=labels)

    def to_detect(self) -> "Look":
        """What a detector is to be given."""
        return self if self.eased is None else replace(self, frame=self.eased, eased=None)
