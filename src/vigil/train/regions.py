"""A data set as pictures of which people, or a teacher, have outlined what each pixel shows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.core import Box, Image, Label, Labelled, Outline
from vigil.data.formats.parts import Files
from vigil.train.judging import SURE
from vigil.train.stills import rgb_of

OTHER = "other"
"""The first word of a card: what none of its other words is."""
UNKNOWN = 255
"""Of a pixel: nobody knows what it shows."""
FINE = 4
"""Bits behind the point of a corner's place."""

Map = UInt8[np.ndarray, "height width"]
"""Of each pixel the number of a card's word, or `UNKNOWN`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Region:
    """A part of a picture that shows one word."""

    word: int
    corners: Float32[np.ndarray, "m 2"]
    """Of a polygon, source pixels, x first."""

    @property
    def area(self) -> float:
        return float(cv2.contourArea(self.corners))


@dataclass(frozen=True, kw_only=True, eq=False)
class Mapped:
    """One picture, and the parts of it of which somebody said what they show."""

    path: Path
    width: int
    height: int
    """Pixels of the source."""
    regions: tuple[Region, ...]
    group: str = ""
    """The camera that it comes from."""

    def image(self) -> Image:
        """RGB. Raises `DataError` when it cannot be read."""
        return rgb_of(self.path)

    def map(self, width: int, height: int) -> Map:
        """What each pixel shows when the picture is drawn so large.

        What is unknown gives way to what is known, and large regions to small ones, which would
        not be seen if they were behind.
        """
        found = np.zeros((height, width), np.uint8)
        scale = np.array([width / self.width, height / self.height], np.float32)
        for region in sorted(self.regions, key=lambda each: (each.word != UNKNOWN, -each.area)):
            # The middle of the first pixel is at half a pixel; OpenCV says 0.
            places = (region.corners * scale - 0.5) * (1 << FINE)
            cv2.fillPoly(found, [places.round().astype(np.int32)], region.word, shift=FINE)
        return found


def mapped_of(things: Iterable[Labelled], root: Path, words: Mapping[str, int]) -> Iterator[Mapped]:
    """Pictures whose files are below `root`; a picture without an outline shows `OTHER` only.

    `words`: their numbers. Where a word has a box instead of an outline, or is believed less than
    half, nobody knows what the pixels show. Videos have no outlines and are left out.
    """
    files = Files(root=root, carry="leave")
    for thing in things:
        if thing.medium.is_video:
            continue
        yield Mapped(
            path=files.at(thing.medium),
            width=thing.medium.width,
            height=thing.medium.height,
            regions=tuple(_regions(thing.labels, words)),
            group=thing.medium.group or thing.medium.sha256 or thing.medium.path,
        )


def _regions(labels: Iterable[Label], words: Mapping[str, int]) -> Iterator[Region]:
    for label in labels:
        if label.word not in words:
            continue
        score = label.origin.score
        believed = score is None or score >= SURE
        match label.shape:
            case Outline(corners=corners):
                word = words[label.word] if believed else UNKNOWN
                yield Region(word=word, corners=np.array(corners, np.float32))
            case Box(x1=x1, y1=y1, x2=x2, y2=y2):
                around = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], np.float32)
                yield Region(word=UNKNOWN, corners=around)
