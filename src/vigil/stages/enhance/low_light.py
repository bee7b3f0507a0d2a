"""More light in dark pictures: black and white points, as a camera's exposure would set them."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import UInt8

from vigil.core import Box, Frame, Image, Luma, part

MEASURED_AT = 96
"""Width at which brightness is measured, pixels."""
ENDS = (1.0, 99.0)
"""Percentiles of brightness that become black and white."""
MOST_GAIN = 12.0
"""Beyond it there is nothing but noise."""


@part
class LowLight:
    """Stretch the brightness of dark pictures over its whole range.

    A picture is dark whose brightest hundredth is below `below`, 0 to 255; others stay as they
    are. One straight line for all three colours: what is twice as bright stays twice as bright
    above black, so that contrasts look as a detector has learnt them. A gamma curve flattens them.
    """

    below: float = 160.0

    def see(self, frame: Frame) -> None:
        """Each picture is measured by itself."""

    def enhance(self, frame: Frame) -> Frame:
        """The same picture, bright; nothing is computed before it is looked at."""
        return replace(frame, pixels=_Lit(frame, self.below))


class _Lit:
    """Pixels whose colours are stretched; brightness for gates stays as it came."""

    def __init__(self, frame: Frame, below: float) -> None:
        self._frame = frame
        self._below = below
        self._line: UInt8[np.ndarray, 256] | None = None
        self._measured = False

    def luma(self, width: int, height: int) -> Luma:
        return self._frame.pixels.luma(width, height)

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        image = self._frame.pixels.rgb(width, height, region)
        if not self._measured:
            # Of the whole picture: a dark piece of a bright one is a shadow, and stays one.
            self._line = line_of(self._frame.luma(MEASURED_AT), self._below)
            self._measured = True
        return image if self._line is None else np.asarray(cv2.LUT(image, self._line), np.uint8)


def line_of(luma: Luma, below: float) -> UInt8[np.ndarray, "256"] | None:
    """For each value of a colour the new one; None for a picture that is not dark."""
    black, white = np.percentile(luma, ENDS)
    if white >= below:
        return None
    gain = min(255 / max(white - black, 1.0), MOST_GAIN)
    return np.asarray(np.clip((np.arange(256) - black) * gain, 0, 255), np.uint8)
