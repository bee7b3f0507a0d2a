"""One picture, or one piece of it, at the size that a model takes."""

import cv2
import numpy as np

from vigil.core import Box, Frame, Image, ModelInput


def natural_scale(width: float, height: float, size: ModelInput) -> tuple[float, float]:
    """Canvas pixels per source pixel, along x and y, when a whole picture fills the input."""
    scale_x, scale_y = size.width / width, size.height / height
    if size.fit == "letterbox":
        scale_x = scale_y = min(scale_x, scale_y)
    return scale_x, scale_y


def fitted(frame: Frame, size: ModelInput, region: Box | None = None) -> tuple[Image, Box]:
    """Draw a region (None: the whole picture) as the card wants it.

    Returns the model's input and the box, in its pixels, that the region fills.
    """
    whole = region or Box(0, 0, frame.width, frame.height)
    width, height = _drawn(whole.width, whole.height, size)
    return _padded(frame.pixels.rgb(width, height, region), size), Box(0, 0, width, height)


def fitted_image(image: Image, size: ModelInput) -> Image:
    """The same for an array of RGB pixels."""
    height, width = image.shape[:2]
    drawn = cv2.resize(image, _drawn(width, height, size), interpolation=cv2.INTER_LINEAR)
    return _padded(np.asarray(drawn, np.uint8), size)


def _drawn(width: float, height: float, size: ModelInput) -> tuple[int, int]:
    scale_x, scale_y = natural_scale(width, height, size)
    return max(1, round(width * scale_x)), max(1, round(height * scale_y))


def _padded(drawn: Image, size: ModelInput) -> Image:
    height, width = drawn.shape[:2]
    if (width, height) == (size.width, size.height):
        return drawn
    picture = np.full((size.height, size.width, 3), size.pad, np.uint8)
    picture[:height, :width] = drawn
    return picture
