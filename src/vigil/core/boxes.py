"""Axis-aligned boxes: one of them, and many as an array."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

Boxes = Float32[np.ndarray, "n 4"]
"""Corners x1, y1, x2, y2, in pixels of the source picture unless a docstring says otherwise."""


class Box(NamedTuple):
    """One box: corners in pixels of the source picture, y pointing down."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def foot(self) -> tuple[float, float]:
        """Where the object meets the ground: the middle of the lower edge."""
        return (self.x1 + self.x2) / 2, self.y2

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Square pixels; 0 for a box turned inside out."""
        # Asked for thousands of times a look: nothing is called for it.
        x1, y1, x2, y2 = self
        return (x2 - x1) * (y2 - y1) if x2 > x1 and y2 > y1 else 0.0

    def clipped(self, width: float, height: float) -> "Box":
        """Cut to a picture of `width` x `height`."""
        return Box(
            min(max(self.x1, 0.0), width),
            min(max(self.y1, 0.0), height),
            min(max(self.x2, 0.0), width),
            min(max(self.y2, 0.0), height),
        )


def areas(boxes: Boxes) -> Float32[np.ndarray, "n"]:
    """Square pixels of each box."""
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(size[:, 0] * size[:, 1], np.float32)


def intersections(a: Boxes, b: Boxes) -> Float32[np.ndarray, "n m"]:
    """Shared square pixels of every pair."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    size = np.maximum(high - low, 0)
    return np.asarray(size[..., 0] * size[..., 1], np.float32)


def iou(a: Boxes, b: Boxes) -> Float32[np.ndarray, "n m"]:
    """Intersection over union of every pair, 0 to 1; empty boxes give 0."""
    shared = intersections(a, b)
    union = areas(a)[:, None] + areas(b)[None, :] - shared
    result = np.zeros_like(shared)
    np.divide(shared, union, out=result, where=union > 0)
    return result


def as_array(boxes: "list[Box] | tuple[Box, ...]") -> Boxes:
    """Stack boxes into an (n, 4) array; none gives (0, 4)."""
    return np.array(boxes, np.float32).reshape(-1, 4)
