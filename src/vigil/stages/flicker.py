"""How restlessly each cell of a picture changes its brightness while it has the colour of fire."""

import cv2
import numpy as np
from jaxtyping import Float32, Int8, Int16

from vigil.core import Image
from vigil.stages.blobs import Mask, over

SWING = 28
"""Levels by which brightness must come back from an extreme, for the change to have turned."""
MEMORY_S = 1.0
"""Turns are counted over about so long."""
REDDEST = 10
"""Levels by which red must lead green; green must not fall behind blue by more than `PALE`."""
PALE = 4
WARMTH = 40
"""Levels by which red must lead blue. Flames of a small fire on a pale ground have no more."""
GLOW = 120
"""Least red."""
LONGEST_GAP_S = 0.5
"""After a longer one, what was remembered says nothing about now."""


def fire_coloured(picture: Image) -> Mask:
    """255 where the colour could be that of fire: from dark red to yellow."""
    red, green, blue = (np.asarray(channel, np.uint8) for channel in cv2.split(picture))
    mask = over(np.asarray(cv2.subtract(red, green), np.uint8), REDDEST - 1)
    cv2.bitwise_and(mask, over(np.asarray(cv2.subtract(red, blue), np.uint8), WARMTH - 1), mask)
    cv2.bitwise_and(mask, over(red, GLOW - 1), mask)
    pink = over(np.asarray(cv2.subtract(blue, green), np.uint8), PALE)
    return np.asarray(cv2.subtract(mask, pink), np.uint8)


class Flicker:
    """What is remembered of each cell.

    A change turns when brightness has come back by `SWING` from its last extreme: noise, the
    slow and the monotonous never do so; a flame does some five times a second, and whoever
    passes does twice in all.
    """

    def __init__(self, picture: Image, time_s: float) -> None:
        self._extreme: Int16[np.ndarray, "h w"] = brightness(picture)
        self._rising: Int8[np.ndarray, "h w"] = np.ones(self._extreme.shape, np.int8)
        self.turns: Float32[np.ndarray, "h w"] = np.zeros(self._extreme.shape, np.float32)
        """Turns a second, a running mean."""
        self.coloured: Float32[np.ndarray, "h w"] = np.zeros(self._extreme.shape, np.float32)
        """Share of the time in which the cell had the colour of fire."""
        self.peak: Float32[np.ndarray, "h w"] = picture[..., 0].astype(np.float32)
        """Most red lately, sinking slowly."""
        self.time_s = time_s

    def fits(self, picture: Image, time_s: float) -> bool:
        """Whether it can go on with that picture."""
        same = self._extreme.shape == picture.shape[:2]
        return same and 0.0 <= time_s - self.time_s <= LONGEST_GAP_S

    def see(self, picture: Image, mask: Mask, time_s: float) -> None:
        """Take in a picture, and where in it the colour is that of fire."""
        keep = np.float32(np.exp(-(time_s - self.time_s) / MEMORY_S))
        self.time_s = time_s
        level = brightness(picture)
        ahead = (level - self._extreme) * self._rising
        turned = ahead < -SWING
        np.copyto(self._extreme, level, where=turned | (ahead > 0))
        np.negative(self._rising, out=self._rising, where=turned)
        self.turns *= keep
        self.turns += turned * np.float32(1 / MEMORY_S)
        self.coloured *= keep
        self.coloured += (mask > 0) * (1 - keep)
        self.peak *= keep
        np.maximum(self.peak, picture[..., 0], out=self.peak)


def brightness(picture: Image) -> Int16[np.ndarray, "h w"]:
    """Of red and green alone: the blue of a fire is that of the smoke before it."""
    total = picture[..., 0].astype(np.int16)
    total += picture[..., 1]
    total >>= 1
    return total
