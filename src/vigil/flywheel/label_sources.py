"""The pictures of a library's things, one at a time: a picture, or frames of a video."""

from collections.abc import Iterator
from math import inf
from pathlib import Path

from vigil.core import DataError, Image, Medium, SourceError
from vigil.flywheel.label_journal import Journal, frame_key
from vigil.flywheel.pictures import whole_picture
from vigil.media.footage import ClipFootage


def picture_of(root: Path, medium: Medium) -> Image:
    """RGB at full size. Raises `DataError`."""
    return whole_picture(root / medium.path)


def frames_of(root: Path, medium: Medium, *, step: int) -> Iterator[tuple[int, Image]]:
    """Each `step`-th frame of a video, a file or a folder of pictures, with its number from 0.

    Raises `DataError`.
    """
    path = root / medium.path
    if path.is_dir():
        for number, file in enumerate(sorted(path.iterdir())):
            if number % step == 0:
                yield number, whole_picture(file)
        return
    try:
        for frame in ClipFootage(path, 0.0).frames(0.0, inf):
            if frame.index % step == 0:
                yield frame.index, frame.rgb(frame.width)
    except SourceError as error:
        raise DataError(f"{medium.path}: {error}") from error


def step_of(medium: Medium, every_s: float) -> int:
    """So many frames lie between two looks of `every_s` seconds."""
    return max(1, round(every_s * medium.rate))


def seen_frames(journal: Journal, medium: Medium, every_s: float) -> list[int]:
    """Which frames of a video a journal has, rising; none of a picture."""
    if not medium.is_video:
        return []
    frames = range(0, medium.frames, step_of(medium, every_s))
    return [frame for frame in frames if frame_key(medium.sha256, frame) in journal]
