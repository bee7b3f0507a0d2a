"""What is in a file, without decoding more than one picture."""

from dataclasses import dataclass
from pathlib import Path

from vigil.media.limits import Limits
from vigil.media.opening import open_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a file's container states, and its shape on a screen."""

    codec: str
    """FFmpeg's name of the picture codec."""
    width: int
    """Pixels, upright."""
    height: int
    rotation: int
    """Degrees clockwise by which the coded picture is turned."""
    pixel_format: str | None
    frame_rate: float | None
    """Pictures a second as declared."""
    duration_s: float | None
    start_s: float
    """Stream time of the first picture or sound."""
    audio_codec: str | None


def describe(path: Path | str, *, limits: Limits | None = None) -> Probe:
    """Look into a file. Raises `SourceRefused`, with one line why, when it may not be opened."""
    with open_file(path, limits=limits) as demuxer:
        video = demuxer.video
        sideways = video.rotation in (90, 270)
        return Probe(
            codec=video.codec,
            width=video.height if sideways else video.width,
            height=video.width if sideways else video.height,
            rotation=video.rotation,
            pixel_format=video.pixel_format,
            frame_rate=video.frame_rate,
            duration_s=demuxer.duration_s,
            start_s=demuxer.start_s,
            audio_codec=demuxer.audio.codec if demuxer.audio else None,
        )
