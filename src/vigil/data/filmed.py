"""Films as pictures of a data set."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf
from pathlib import Path

import cv2

from vigil.core import DataError, Image, Label, Labelled, Medium, SourceError, TrackPath
from vigil.data.formats.parts import Files
from vigil.media.films import film_frames

QUALITY = 92
"""Of frames that are kept as JPEG: what compression hides, a camera has hidden before."""


def unfilmed(
    things: Iterable[Labelled], files: Files, folder: Path, *, every_s: float
) -> Iterator[Labelled]:
    """Pictures as they are, and of each video a picture every so many seconds, put in `folder`.

    A picture has what was said of its moment, and the video as its group. Paths are relative to
    `folder`. Raises `DataError` for a film that cannot be read.
    """
    for thing in things:
        if thing.medium.is_video:
            yield from _frames(thing, files.at(thing.medium), folder, every_s)
        else:
            files.bring(thing.medium, folder / thing.medium.path)
            yield thing


def write_picture(image: Image, path: Path) -> None:
    """RGB as JPEG. Raises `DataError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colours = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), colours, [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
        raise DataError(f"{path}: cannot be written")


def _frames(thing: Labelled, film: Path, folder: Path, every_s: float) -> Iterator[Labelled]:
    medium, due_s = thing.medium, -inf
    try:
        for frame in film_frames(film):
            if frame.time_s < due_s:
                continue
            due_s = frame.time_s + every_s
            path = f"{medium.path}-{frame.index}.jpg"
            write_picture(frame.rgb(frame.width), folder / path)
            yield replace(
                thing,
                medium=Medium(
                    path=path,
                    width=frame.width,
                    height=frame.height,
                    group=medium.group or medium.path,
                    condition=medium.condition,
                ),
                labels=tuple(_at(thing.labels, frame.index)),
            )
    except SourceError as error:
        raise DataError(f"{medium.path}: {error}") from error


def _at(labels: Iterable[Label], frame: int) -> Iterator[Label]:
    """What a video's labels say of one frame: the boxes of paths, and words of the whole."""
    for label in labels:
        if isinstance(label.shape, TrackPath):
            place = label.shape.at(frame)
            if place is not None:
                yield replace(label, shape=place.box, id="")
        elif label.shape is None:
            yield label
