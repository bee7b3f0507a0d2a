"""A data set as still pictures with boxes, whatever it was made of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Int64

from vigil.core import Box, DataError, Frame, Image, Label, Labelled, Medium, Outline, TrackPath
from vigil.core.durable import put_in_place
from vigil.data.formats.parts import Files
from vigil.data.library import MACHINES
from vigil.media.decoding import Decoder
from vigil.stages.ingest.file import FileSource

QUALITY = 92
"""Of frames that are kept as JPEG: what compression hides, a camera has hidden before."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Still:
    """One picture and the boxes on it."""

    path: Path
    boxes: Float32[np.ndarray, "m 4"]
    """Source pixels."""
    words: Int64[np.ndarray, " m"]
    weights: Float32[np.ndarray, " m"]
    """How far each is believed, 0 to 1."""
    group: str
    """The camera or video that it comes from."""
    said: frozenset[int] = frozenset()
    """Words that people marked somewhere on the picture, or in the video that it is from."""

    def image(self) -> Image:
        """RGB. Raises `DataError` when it cannot be read."""
        return rgb_of(self.path)


def rgb_of(path: Path) -> Image:
    """Raises `DataError` when it cannot be read."""
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None:
        raise DataError(f"{path}: not a picture that can be read")
    return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)


def stills_of(
    things: Iterable[Labelled],
    root: Path,
    words: Mapping[str, int],
    *,
    frames: Path,
    every_s: float = 1.0,
) -> Iterator[Still]:
    """Pictures as they are, and a frame every so often of each video, kept in `frames`.

    `words`: their numbers; labels of other words are left out. A picture without a box shows that
    nothing is there. Frames that are there already are not decoded again.
    Raises `DataError`.
    """
    files = Files(root=root, carry="leave")
    for thing in things:
        here = files.at(thing.medium)
        group = thing.medium.group or thing.medium.sha256 or thing.medium.path
        said = frozenset(
            words[label.word]
            for label in thing.labels
            if label.word in words and label.origin.labeler not in MACHINES
        )
        if not thing.medium.is_video:
            yield _still(here, _boxes(thing.labels, words, 0), group, said)
            continue
        for frame, path in frames_of(here, thing.medium, frames, every_s):
            yield _still(path, _boxes(thing.labels, words, frame), group, said)


def frames_of(
    video: Path, medium: Medium, frames: Path, every_s: float
) -> Iterator[tuple[int, Path]]:
    """Numbers of frames and the files that they were kept in."""
    step = max(1, round(every_s * (medium.rate or 25.0)))
    wanted = range(0, medium.frames, step)
    frames.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = medium.sha256[:16] or medium.path.replace("/", "-")
    paths = {number: frames / f"{mark}-{number}.jpg" for number in wanted}
    missing = {number for number, path in paths.items() if not path.exists()}
    for frame in _decoded(video) if missing else ():
        if frame.index in missing:
            beside = paths[frame.index].with_suffix(".part.jpg")
            colours = cv2.cvtColor(frame.rgb(frame.width), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(beside), colours, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            put_in_place(beside, paths[frame.index])
    yield from ((number, path) for number, path in paths.items() if path.exists())


def _decoded(video: Path) -> Iterator[Frame]:
    decoder: Decoder | None = None
    for packet in FileSource(path=video).packets():
        if packet.encoding.kind == "video":
            decoder = decoder or Decoder(packet.encoding, fast=False)
            yield from decoder.decode(packet)
    if decoder is not None:
        yield from decoder.flush()


def _boxes(
    labels: Iterable[Label], words: Mapping[str, int], frame: int
) -> list[tuple[Box, int, float]]:
    found = []
    for label in labels:
        box = box_at(label, frame)
        if box is None or label.word not in words or box.width < 1 or box.height < 1:
            continue
        score = label.origin.score
        found.append((box, words[label.word], 1.0 if score is None else min(max(score, 0.0), 1.0)))
    return found


def box_at(label: Label, frame: int) -> Box | None:
    """Around what a label marks in a frame, source pixels; None: nothing is marked."""
    match label.shape:
        case Box():
            return label.shape
        case Outline(corners=corners):
            x, y = zip(*corners, strict=True)
            return Box(min(x), min(y), max(x), max(y))
        case TrackPath():
            place = label.shape.at(frame)
            return None if place is None else place.box
        case _:
            return None


def _still(
    path: Path, found: list[tuple[Box, int, float]], group: str, said: frozenset[int]
) -> Still:
    return Still(
        path=path,
        boxes=np.array([box for box, _, _ in found], np.float32).reshape(-1, 4),
        words=np.array([word for _, word, _ in found], np.int64),
        weights=np.array([weight for _, _, weight in found], np.float32),
        group=group,
        said=said,
    )
