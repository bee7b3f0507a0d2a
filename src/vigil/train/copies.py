"""Small copies of whole pictures, kept in memory, and what becomes of them before each look."""

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
Copy = UInt8[np.ndarray, " n"]
"""A JPEG, a few kilobytes: large pictures would be decoded anew in every epoch."""


def packed(image: Image, size: ModelInput) -> Copy:
    """A copy a little larger than what a network takes."""
    # Drawn as the watch draws it: what a coarse resize does to a picture is learnt as well.
    larger = (round(size.width * LARGER), round(size.height * LARGER))
    copy = cv2.resize(image, larger, interpolation=cv2.INTER_LINEAR)
    _, data = cv2.imencode(".jpg", copy, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.asarray(data, np.uint8)


def varied(
    copy: Copy, size: ModelInput, chance: np.random.Generator, *, least_area: float
) -> Image:
    """A piece of the copy, as large as the network takes it, perhaps mirrored, and weathered."""
    # OpenCV takes the channels for blue, green, red both ways, so that the order stays.
    image = np.asarray(cv2.imdecode(copy, cv2.IMREAD_COLOR), np.uint8)
    height, width = image.shape[:2]
    side = float(np.sqrt(chance.uniform(least_area, 1.0)))
    longer = float(np.exp(chance.uniform(-1, 1) * np.log(LONGER) / 2))
    wide = min(width, round(width * side * longer))
    high = min(height, round(height * side / longer))
    x, y = int(chance.integers(width - wide + 1)), int(chance.integers(height - high + 1))
    piece = image[y : y + high, x : x + wide]
    piece = piece[:, ::-1] if chance.random() < 0.5 else piece
    drawn = cv2.resize(piece, (size.width, size.height), interpolation=cv2.INTER_LINEAR)
    return weathered(np.asarray(drawn, np.uint8), chance)
