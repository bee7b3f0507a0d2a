"""Less noise in pictures of a camera: the mean with the pictures just before, where they agree.

A temporal mean weighted by likeness, as the non-local means of Buades et al. 2005 with the same
place in other pictures as its only patches: what moved has no likeness and stays as it is, sharp
and noisy. Likeness is that of small patches, since single pixels of noise are never alike.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.core import Box, Frame, Image, Luma, part

PATCH = 5
"""Pixels of a side, at the size that the detector sees."""
TOLERANCE = 0.8
"""Of the noise: patches that differ by so much count about a third."""
QUIET = 1.5
"""Median difference from one picture to the next, 0 to 255, below which nothing is to be done."""
FRESH_S = 0.5
"""Older pictures show another moment."""
ALIGNED_AT = 160
"""Width at which the camera's shaking is measured, pixels."""
SHAKES = 0.4
"""Pixels of the detector's picture: less is not worth a resampling."""
FARTHEST = 0.06
"""Of the picture's width: more is no shaking, or not one that can be measured."""
SURE = 0.15
"""Peak of the phase correlation, 0 to 1: below, both pictures show nothing in common."""

Grey = UInt8[np.ndarray, "height width"]


@part
class Denoise:
    """Average a picture with the `frames` before it, wherever they look alike.

    Pictures without noise stay as they are. `steady` first takes out by how much the camera has
    moved between them. Needs pictures that come one after the other: a camera that rests on key
    frames has none, and its pictures stay as they are.
    """

    frames: int = 4
    steady: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 16:
            raise ValueError(f"frames: found {self.frames}; allowed: 1 to 16")
        self._before: deque[Frame] = deque(maxlen=self.frames + 1)

    def see(self, frame: Frame) -> None:
        """Keep the last pictures; time that goes back begins anew."""
        if self._before and frame.time_s <= self._before[-1].time_s:
            self._before.clear()
        self._before.append(frame)

    def enhance(self, frame: Frame) -> Frame:
        """The same picture with less noise; nothing is computed before it is looked at."""
        since_s = frame.time_s - FRESH_S
        before = [each for each in self._before if since_s <= each.time_s < frame.time_s]
        before = before[-self.frames :]
        if not before:
            return frame
        return replace(frame, pixels=_Calm(frame, before, steady=self.steady))


class _Calm:
    """Pixels averaged over time; brightness for gates stays as it came."""

    def __init__(self, frame: Frame, before: Sequence[Frame], *, steady: bool) -> None:
        self._frame = frame
        self._before = before
        self._steady = steady
        self._shifts: list[tuple[float, float] | None] | None = None

    def luma(self, width: int, height: int) -> Luma:
        return self._frame.pixels.luma(width, height)

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        now = self._frame.pixels.rgb(width, height, region)
        wide = self._frame.width if region is None else region.width
        others = []
        for frame, shift in zip(self._before, self._moved(), strict=True):
            if shift is not None:
                image = frame.pixels.rgb(width, height, region)
                others.append(_shifted(image, shift, self._frame.width * width / wide))
        return calm(now, others)

    def _moved(self) -> list[tuple[float, float] | None]:
        """By how much each picture before is off, fractions of the width; None: nobody knows."""
        if self._shifts is None:
            self._shifts = (
                [_shift(each, self._frame) for each in self._before]
                if self._steady
                else [(0.0, 0.0)] * len(self._before)
            )
        return self._shifts


def calm(now: Image, before: Sequence[Image]) -> Image:
    """The mean with pictures of the same size, the last one last, where patches look alike."""
    if not before:
        return now
    grey = _grey(now)
    noise = float(np.median(cv2.absdiff(grey, _grey(before[-1]))))
    if noise < QUIET:
        return now
    likeness = _likeness(noise)
    patches = cv2.blur(grey, (PATCH, PATCH))
    total = now.astype(np.float32)
    weights = np.ones(grey.shape, np.float32)
    for image in before:
        apart = cv2.absdiff(patches, cv2.blur(_grey(image), (PATCH, PATCH)))
        weight = np.asarray(cv2.LUT(apart, likeness), np.float32)
        weights += weight
        total += cv2.multiply(image, cv2.merge([weight] * 3), dtype=cv2.CV_32F)
    mean = cv2.divide(total, cv2.merge([weights] * 3))
    return np.asarray(cv2.convertScaleAbs(mean), np.uint8)


def _likeness(noise: float) -> Float32[np.ndarray, "256"]:
    """The weight of a patch by how far it is off."""
    apart = np.arange(256, dtype=np.float32) / (TOLERANCE * noise)
    return np.asarray(np.exp(-(apart**2)), np.float32)


def _shift(before: Frame, now: Frame) -> tuple[float, float] | None:
    """By phase correlation (Kuglin and Hines 1975), right and down from one to the other."""
    one, two = (each.luma(ALIGNED_AT).astype(np.float32) for each in (before, now))
    window = cv2.createHanningWindow((one.shape[1], one.shape[0]), cv2.CV_32F)
    (x, y), peak = cv2.phaseCorrelate(one, two, window)
    if peak < SURE or max(abs(x), abs(y)) > FARTHEST * ALIGNED_AT:
        return None
    return x / ALIGNED_AT, y / ALIGNED_AT


def _shifted(image: Image, shift: tuple[float, float], width: float) -> Image:
    """`width`: what the whole picture would have at this scale, pixels."""
    x, y = shift[0] * width, shift[1] * width
    if max(abs(x), abs(y)) < SHAKES:
        return image
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    size = (image.shape[1], image.shape[0])
    moved = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _grey(image: Image) -> Grey:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
