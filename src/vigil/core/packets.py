"""Encoded pictures and sound, as they come from a camera."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoding:
    """How the packets of one stream are to be decoded or remuxed.

    A source makes one object per stream and connection; a different object means: open anew.
    """

    kind: Literal["video", "audio"]
    codec: str
    """FFmpeg's name: `h264`, `hevc`, `mjpeg`, `aac` …"""
    extradata: bytes
    """Parameter sets in the container's own form; empty when they come in band."""
    time_base: Fraction
    """Seconds per tick of `Packet.pts`."""
    width: int = 0
    """Pixels as coded, before rotation; 0 for sound."""
    height: int = 0
    rotation: int = 0
    """Degrees clockwise by which the picture must be turned to stand upright: 0, 90, 180, 270."""
    frame_rate: float | None = None
    """Pictures a second as declared; a hint, often wrong."""
    pixel_format: str | None = None
    """FFmpeg's name, where the container knows it."""
    sample_rate: int = 0
    """Samples a second; 0 for video."""
    channels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packet:
    """One encoded picture, or a piece of sound."""

    source: str
    encoding: Encoding
    data: bytes
    pts: int | None
    """Presentation time in ticks of the encoding; None when the stream has none."""
    dts: int | None
    duration: int
    """Ticks; 0 when unknown."""
    key: bool
    """Decodable without any packet before it."""
    time_s: float
    """When the picture was taken: UTC seconds since the epoch (for files: start + pts)."""
    received_s: float
    """When it reached us: UTC seconds since the epoch."""
    camera_s: float | None = None
    """When it was taken by the camera's own clock: UTC seconds; None where nothing tells."""
    hidden: bool = False
    """Needed to decode later pictures but not shown itself: an edit list cut it away."""
