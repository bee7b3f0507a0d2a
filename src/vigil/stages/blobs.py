"""From a mask of pixels to the things that made it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.core import Box

Mask = UInt8[np.ndarray, "height width"]
"""255 where something holds, else 0."""
Polygon = Sequence[tuple[float, float]]
"""Corners x, y in fractions of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blob:
    """Pixels that hang together, and their upright rectangle in pixels of the mask."""

    left: int
    top: int
    right: int
    bottom: int
    shape: Mask
    """Its own pixels within the rectangle."""
    area: int
    """How many they are."""

    def of(self, picture: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> "np.ndarray":
        """The rectangle cut from a picture of the mask's size; a view."""
        return picture[self.top : self.bottom, self.left : self.right]

    def box(self, scale_x: float, scale_y: float) -> Box:
        """The rectangle in pixels of a picture so many times larger."""
        return Box(
            self.left * scale_x, self.top * scale_y, self.right * scale_x, self.bottom * scale_y
        )


def find_blobs(mask: Mask, *, smallest: float, join: int = 0) -> list[Blob]:
    """Connected pixels (8 neighbours), at least `smallest` of them; gaps up to `join` are closed.

    The closing joins parts without growing them: a blob ends where its own pixels end.
    """
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        return []
    part = mask[y : y + height, x : x + width]
    if join > 1:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (join, join))
        part = cv2.morphologyEx(part, cv2.MORPH_CLOSE, disc)
    _, labels, rows, _ = cv2.connectedComponentsWithStats(part)
    blobs = []
    for number, (left, top, wide, high, area) in enumerate(rows[1:].tolist(), 1):
        if area >= smallest:
            own = labels[top : top + high, left : left + wide] == number
            blobs.append(
                Blob(
                    left=x + left,
                    top=y + top,
                    right=x + left + wide,
                    bottom=y + top + high,
                    shape=np.where(own, 255, 0).astype(np.uint8),
                    area=area,
                )
            )
    return blobs


def edges_along(shape: Mask, picture: UInt8[np.ndarray, "height width"]) -> float:
    """Mean gradient of `picture`, in levels a pixel, along the border of `shape` within it."""
    kernel = np.ones((3, 3), np.uint8)
    border = cv2.subtract(cv2.dilate(shape, kernel), cv2.erode(shape, kernel)) > 0
    if not border.any():
        return 0.0
    across = cv2.Sobel(picture, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(picture, cv2.CV_32F, 0, 1, scale=1 / 8)
    return float(cv2.magnitude(across, down)[border].mean())


def correlation(shape: Mask, now: Float32[np.ndarray, "h w"], was: Float32[np.ndarray, "h w"]) -> float:
    """Zero-mean normalised cross correlation of two pictures inside `shape`, -1 to 1."""
    inside = shape > 0
    a, b = now[inside], was[inside]
    a, b = a - a.mean(), b - b.mean()
    energy = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / energy if energy > 0 else 0.0


def polygons_mask(polygons: Sequence[Polygon], width: int, height: int) -> Mask:
    """255 outside every polygon, 0 inside one."""
    mask = np.full((height, width), 255, np.uint8)
    for polygon in polygons:
        corners = np.array(polygon, np.float64) * (width, height)
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 0)
    return mask


def boxes_mask(
    boxes: Float32[np.ndarray, "n 4"], width: int, height: int, scale_x: float, scale_y: float
) -> Mask:
    """255 inside the boxes, each divided by the scales and rounded outwards."""
    mask = np.zeros((height, width), np.uint8)
    for left, top, right, bottom in boxes / (scale_x, scale_y, scale_x, scale_y):
        rows = slice(max(0, int(top)), max(0, int(np.ceil(bottom))))
        mask[rows, max(0, int(left)) : max(0, int(np.ceil(right)))] = 255
    return mask
