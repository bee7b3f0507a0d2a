"""Edges of a small picture, so weighed that light hardly matters, and how alike they are."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Luma

WIDTH = 240
"""Pixels at which edges are taken: where the gate compares, so that the picture is there."""
CELL = 8
"""Pixels of a cell's side."""
SOFT = 4.0
"""Levels a pixel. Steeper edges count much the same, weaker ones count less."""
LASTING = 0.06
"""Mean squared weight, 0 to 1, from which a cell has edges to go by."""

Plane = Float32[np.ndarray, "height width"]
Grid = Float32[np.ndarray, "rows columns"]
"""One value a cell."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """The gradient of a picture: direction in full, steepness bounded below 1."""

    x: Plane
    y: Plane
    power: Grid
    """Mean of x² + y² over each cell."""
    steepness: Grid
    """Mean gradient of each cell, levels a pixel."""

    @property
    def lasting(self) -> Grid:
        """How much each cell has to go by: its power, 0 where that is next to nothing."""
        return np.where(self.power >= LASTING, self.power, 0).astype(np.float32)


def edges_of(luma: Luma) -> Edges:
    """Take the edges of a picture."""
    smooth = cv2.blur(luma, (3, 3))
    right = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    steep = cv2.magnitude(right, down)
    soft = steep + np.float32(SOFT)
    x, y = cv2.divide(right, soft), cv2.divide(down, soft)
    return Edges(x=x, y=y, power=cells(x * x + y * y), steepness=cells(steep))


def blend(slow: Edges, now: Edges, rate: float) -> Edges:
    """An average in which `now` counts by `rate`: what moves, and noise, cancel out."""
    x = np.asarray(cv2.addWeighted(slow.x, 1 - rate, now.x, rate, 0), np.float32)
    y = np.asarray(cv2.addWeighted(slow.y, 1 - rate, now.y, rate, 0), np.float32)
    steepness = slow.steepness + np.float32(rate) * (now.steepness - slow.steepness)
    return Edges(x=x, y=y, power=cells(x * x + y * y), steepness=steepness)


def likeness(now: Edges, usual: Edges) -> Grid:
    """Correlation of the edges of each cell, -1 to 1; near 0 for whatever has nothing in common."""
    common = cells(now.x * usual.x + now.y * usual.y)
    return np.asarray(common / np.sqrt(now.power * usual.power + np.float32(1e-6)), np.float32)


def straightness(edges: Edges) -> Grid:
    """How much the edges of each cell are of one direction, 0 to 1: a texture's are of many.

    The coherence of the structure tensor (Bigün and Granlund, 1987).
    """
    across, down = cells(edges.x * edges.x), cells(edges.y * edges.y)
    both = cells(edges.x * edges.y)
    apart = np.sqrt((across - down) ** 2 + 4 * both * both)
    return np.asarray(apart / (across + down + np.float32(1e-6)), np.float32)


def cells(plane: Plane) -> Grid:
    """Means over cells."""
    height, width = plane.shape
    size = max(1, round(width / CELL)), max(1, round(height / CELL))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def weighed(values: Grid, weights: Grid) -> float:
    """Their weighted mean; 0 when nothing weighs anything."""
    whole = float(weights.sum())
    return float((values * weights).sum()) / whole if whole > 0 else 0.0
