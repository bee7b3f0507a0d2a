"""More light in dark pictures: black and white points, as a camera's exposure would set them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from vigil.core import Box, Frame, Image, Luma, SystemClock, part
from vigil.infer.live import LiveModel, OpenModel
from vigil.infer.registry import Registry, models_folder
from vigil.infer.relight import check_relights, relit

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

    `model`: of the registry, with the head picture (SCI, Ma et al. 2022): it lights a dark picture
    in the place of the line.
    """

    below: float = 160.0
    model: str | None = None
    registry: Path | None = None

    def __post_init__(self) -> None:
        self._live: LiveModel | None = None

    def warm_up(self) -> None:
        """Open the weights now, where there are any; raises `ModelError`."""
        if self.model is not None:
            self._current()

    def see(self, frame: Frame) -> None:
        """Each picture is measured by itself."""

    def enhance(self, frame: Frame) -> Frame:
        """The same picture, bright; nothing is computed before it is looked at."""
        light = None if self.model is None else lambda image: relit(self._current(), image)
        return replace(frame, pixels=_Lit(frame, self.below, light))

    def _current(self) -> OpenModel:
        if self._live is None:
            assert self.model is not None
            registry = Registry(self.registry or models_folder())
            self._live = LiveModel(registry, self.model, check=check_relights, clock=SystemClock())
        return self._live.current()


class _Lit:
    """Pixels whose colours are stretched; brightness for gates stays as it came."""

    def __init__(
        self, frame: Frame, below: float, light: Callable[[Image], Image] | None = None
    ) -> None:
        """`light`: what is done to a dark picture instead."""
        self._frame = frame
        self._below = below
        self._light = light
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
        if self._line is None:
            return image
        if self._light is not None:
            return self._light(image)
        return np.asarray(cv2.LUT(image, self._line), np.uint8)


def line_of(luma: Luma, below: float) -> UInt8[np.ndarray, "256"] | None:
    """For each value of a colour the new one; None for a picture that is not dark."""
    black, white = np.percentile(luma, ENDS)
    if white >= below:
        return None
    gain = min(255 / max(white - black, 1.0), MOST_GAIN)
    return np.asarray(np.clip((np.arange(256) - black) * gain, 0, 255), np.uint8)
