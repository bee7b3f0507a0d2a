"""Small copies of whole pictures, kept in memory, and what becomes of them before each look."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from vigil.core import Image, ModelInput
from vigil.train.weathering import weathered

LARGER = 1.25
"""Copies that are kept for cutting, against the input."""
QUALITY = 95
LONGER = 1.25
"""How far a cut may change the shape."""
Drawable = UInt8[np.ndarray, "height width *channels"]
Copy = UInt8[np.ndarray, " n"]
"""A JPEG, a few kilobytes: large pictures would be decoded anew in every epoch."""


def packed(image: Image, size: ModelInput) -> Copy:
    """A copy a little larger than what a network takes."""
    # Drawn as the watch draws it: what a coarse resize does to a picture is learnt as well.
    larger = (round(size.width * LARGER), round(size.height * LARGER))
    copy = cv2.resize(image, larger, interpolation=cv2.INTER_LINEAR)
    _, data = cv2.imencode(".jpg", copy, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.asarray(data, np.uint8)


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A piece of a picture, pixels, perhaps mirrored."""

    x: int
    y: int
    width: int
    height: int
    mirrored: bool

    def of(self, image: Drawable, size: ModelInput, *, interpolation: int) -> Drawable:
        """The piece, as large as a network takes it."""
        piece = image[self.y : self.y + self.height, self.x : self.x + self.width]
        piece = piece[:, ::-1] if self.mirrored else piece
        drawn = cv2.resize(piece, (size.width, size.height), interpolation=interpolation)
        return np.asarray(drawn, np.uint8)


def cut(width: int, height: int, chance: np.random.Generator, *, least_area: float) -> Cut:
    """Any piece of a picture of that size, in about its shape."""
    side = float(np.sqrt(chance.uniform(least_area, 1.0)))
    longer = float(np.exp(chance.uniform(-1, 1) * np.log(LONGER) / 2))
    wide = min(width, round(width * side * longer))
    high = min(height, round(height * side / longer))
    return Cut(
        x=int(chance.integers(width - wide + 1)),
        y=int(chance.integers(height - high + 1)),
        width=wide,
        height=high,
        mirrored=bool(chance.random() < 0.5),
    )


def unpacked(copy: Copy) -> Image:
    """The picture that `packed` keeps."""
    # OpenCV takes the channels for blue, green, red both ways, so that the order stays.
    return np.asarray(cv2.imdecode(copy, cv2.IMREAD_COLOR), np.uint8)


def varied(
    copy: Copy, size: ModelInput, chance: np.random.Generator, *, least_area: float
) -> Image:
    """A piece of the copy, as large as the network takes it, perhaps mirrored, and weathered."""
    image = unpacked(copy)
    height, width = image.shape[:2]
    piece = cut(width, height, chance, least_area=least_area)
    return weathered(piece.of(image, size, interpolation=cv2.INTER_LINEAR), chance)
