"""Sensor noise: fresh in every picture, stronger in the dark, cheap enough for long films."""

import cv2
import numpy as np
from jaxtyping import Int16, UInt8

MARGIN = 64
"""By so many pixels a field may be shifted: with 4 fields, 16,000 different pictures of noise."""
FIELDS = 4
UNIT = 256
"""Fixed point of the gain."""


class SensorNoise:
    """Gaussian noise for pictures of one size. Brightness noise is stronger than colour noise."""

    def __init__(self, reference: UInt8[np.ndarray, "h w 3"], deviation: float, seed: int) -> None:
        """`deviation` in pixel values at mid-grey; `reference` tells where it is dark."""
        self._deviation = deviation
        self._seed = seed
        if deviation > 0:
            self._fields = [_field(reference.shape[:2], deviation, seed, k) for k in range(FIELDS)]
            self._gain = _gain(reference)

    def add(self, picture: UInt8[np.ndarray, "h w 3"], number: int) -> UInt8[np.ndarray, "h w 3"]:
        """The picture with the noise of frame `number`; the same number gives the same noise."""
        if self._deviation <= 0:
            return picture
        random = np.random.default_rng([self._seed, number & 0x7FFFFFFF])
        top, left, which = random.integers(0, (MARGIN, MARGIN, FIELDS))
        height, width = picture.shape[:2]
        field = self._fields[which][top : top + height, left : left + width]
        grain = cv2.multiply(field, self._gain, scale=1 / UNIT)
        return np.asarray(cv2.add(picture, grain, dtype=cv2.CV_8U), np.uint8)


def _field(
    size: tuple[int, ...], deviation: float, seed: int, k: int
) -> Int16[np.ndarray, "h w 3"]:
    random = np.random.default_rng([seed, 7, k])
    shape = (size[0] + MARGIN, size[1] + MARGIN)
    # A camera's denoiser leaves grains larger than a pixel.
    bright = cv2.GaussianBlur(random.standard_normal(shape, np.float32), (0, 0), 0.55)
    bright *= deviation / bright.std()
    field = np.empty((*shape, 3), np.int16)
    for channel in range(3):
        tint = cv2.resize(
            random.standard_normal((shape[0] // 2, shape[1] // 2), np.float32), shape[::-1]
        )
        field[..., channel] = np.round(bright + tint * (0.45 * deviation))
    return field


def _gain(reference: UInt8[np.ndarray, "h w 3"]) -> Int16[np.ndarray, "h w 3"]:
    level = cv2.GaussianBlur(reference, (0, 0), 2.0).max(axis=2).astype(np.float32) / 255
    # Gamma lifts the noise of dark pixels; the brightest ones have none left to give.
    gain = np.clip(1.25 - 0.55 * level, 0, None) * np.clip((1.02 - level) * 8, 0.15, 1)
    gain *= np.clip(0.45 + level * 6, 0, 1)
    return np.repeat((gain * UNIT).astype(np.int16)[..., None], 3, axis=2)
