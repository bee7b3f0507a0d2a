"""Fields of turbulence, and the way what they stand for is laid over a picture."""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Image

Field = Float32[np.ndarray, "h w"]
SIDE = 256
"""Points of a field in either direction; beyond them it repeats itself without a seam."""


@lru_cache(maxsize=32)
def turbulence(seed: int, octaves: int = 4, coarsest: int = 4) -> Field:
    """Noise of several scales that repeats without a seam, 0 to 1, of even spread.

    Each octave has cells half as large and half as strong (Perlin, "An image synthesizer", 1985).
    """
    random = np.random.default_rng([seed, 61])
    total = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(octaves):
        cells = coarsest << octave
        grid = np.pad(random.random((cells, cells)).astype(np.float32), 2, mode="wrap")
        scale = SIDE // cells
        smooth = cv2.resize(grid, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        total += smooth[2 * scale : -2 * scale, 2 * scale : -2 * scale] / 2**octave
    low, high = np.percentile(total, (1, 99))
    return np.asarray(np.clip((total - low) / (high - low), 0, 1), np.float32)


def sampled(field: Field, x: Field, y: Field) -> Field:
    """The field at `x`, `y`, in its own widths; it goes on for ever."""
    columns = np.mod(x, 1).astype(np.float32) * SIDE
    rows = np.mod(y, 1).astype(np.float32) * SIDE
    found = cv2.remap(field, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found, np.float32)


def overlaid(
    frame: Image, colour: Float32[np.ndarray, "h w 3"], cover: Field, left: int, top: int
) -> None:
    """Hide what is behind by `cover`, 0 to 1, and show `colour`, 0 to 255, instead."""
    height, width = cover.shape
    x1, y1 = max(left, 0), max(top, 0)
    x2, y2 = min(left + width, frame.shape[1]), min(top + height, frame.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    own, here = np.s_[y1 - top : y2 - top, x1 - left : x2 - left], np.s_[y1:y2, x1:x2]
    share = cover[own][..., None]
    frame[here] = np.clip(frame[here] * (1 - share) + colour[own] * share, 0, 255).astype(np.uint8)


def glow(frame: Image, x: float, y: float, reach: float, colour: tuple[float, ...]) -> None:
    """Add light that falls off around a pixel and is gone at `reach`."""
    left, top = int(x - reach), int(y - reach)
    x1, y1 = max(left, 0), max(top, 0)
    x2 = min(int(x + reach) + 1, frame.shape[1])
    y2 = min(int(y + reach) + 1, frame.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    across = ((np.arange(x1, x2, dtype=np.float32) - x) / reach)[None]
    down = ((np.arange(y1, y2, dtype=np.float32) - y) / reach)[:, None]
    fall = np.clip(1 - np.sqrt(across**2 + down**2), 0, 1) ** 2
    added = fall[..., None] * np.array(colour, np.float32)
    frame[y1:y2, x1:x2] = np.clip(frame[y1:y2, x1:x2] + added, 0, 255).astype(np.uint8)


def around(cover: Field, left: int, top: int, frame: tuple[int, int], least: float) -> Box | None:
    """The box, within a picture of width and height `frame`, of what covers more than `least`."""
    rows, columns = np.nonzero(cover > least)
    if not len(rows):
        return None
    box = Box(
        float(left + columns.min()),
        float(top + rows.min()),
        float(left + columns.max() + 1),
        float(top + rows.max() + 1),
    ).clipped(*frame)
    return box if box.area > 0 else None
