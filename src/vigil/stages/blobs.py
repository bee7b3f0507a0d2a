"""From a mask of pixels to the things that made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.core import Box, Luma

Mask = UInt8[np.ndarray, "height width"]
"""255 where something holds, else 0."""
Levels = np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.float32]]
"""One channel, height and width."""
Polygon = Sequence[tuple[float, float]]
"""Corners x, y in fractions of the picture."""

RING = 4
"""Pixels of surroundings that a blob is compared with."""

Kind = TypeVar("Kind", bound=np.dtype[np.generic])


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

    def of(self, picture: np.ndarray[tuple[int, ...], Kind]) -> np.ndarray[tuple[int, ...], Kind]:
        """The rectangle cut from a picture of the mask's size; a view."""
        return picture[self.top : self.bottom, self.left : self.right]

    def grown(self, margin: int, width: int, height: int) -> "Blob":
        """The same pixels in a rectangle larger by `margin`, within `width` x `height`."""
        left, top = max(0, self.left - margin), max(0, self.top - margin)
        right, bottom = min(width, self.right + margin), min(height, self.bottom + margin)
        shape = np.zeros((bottom - top, right - left), np.uint8)
        shape[self.top - top : self.bottom - top, self.left - left : self.right - left] = self.shape
        return Blob(left=left, top=top, right=right, bottom=bottom, shape=shape, area=self.area)

    def moved(self, right: int, down: int) -> "Blob":
        """The same blob, counted from another corner."""
        return Blob(
            left=self.left + right,
            top=self.top + down,
            right=self.right + right,
            bottom=self.bottom + down,
            shape=self.shape,
            area=self.area,
        )

    def box(self, scale_x: float, scale_y: float) -> Box:
        """The rectangle in pixels of a picture so many times larger."""
        return Box(
            self.left * scale_x, self.top * scale_y, self.right * scale_x, self.bottom * scale_y
        )


def over(picture: Levels, level: float) -> Mask:
    """Where a picture of one channel is above `level`."""
    return np.asarray(cv2.compare(picture, level, cv2.CMP_GT), np.uint8)  # type: ignore[call-overload]


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


def blends_in(blob: Blob, picture: Luma) -> float:
    """How much the blob looks like what surrounds it, 0 to 1.

    The intersection (Swain and Ballard, "Color indexing", 1991) of the smoothed histograms of
    the blob and of a ring around it. A thing blends in less than the ground that it hides.
    """
    around = blob.grown(RING, picture.shape[1], picture.shape[0])
    patch, inside = around.of(picture), around.shape
    near = cv2.dilate(inside, np.ones((3, 3), np.uint8))
    ring = (cv2.dilate(inside, np.ones((2 * RING + 1,) * 2, np.uint8)) > 0) & (near == 0)
    if not ring.any():
        return 0.0
    return float(np.minimum(shades(patch[inside > 0]), shades(patch[ring])).sum())


def outlined(blob: Blob, picture: Luma) -> float:
    """How clearly the blob's outline is an edge of the picture, mean levels a pixel.

    Only what changes across the outline counts, as in the test for bags left or taken of Connell
    et al., "Detection and tracking in the IBM PeopleVision system" (2004): a thing has edges where
    it ends, and the ground that is seen in its place goes on beyond.
    """
    around = blob.grown(RING, picture.shape[1], picture.shape[0])
    patch = cv2.GaussianBlur(around.of(picture), (3, 3), 0)
    soft = cv2.GaussianBlur(around.shape, (0, 0), 1.5)
    across = cv2.Sobel(soft, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    steep = cv2.magnitude(across, down)
    band = steep > steep.max() * 0.4
    if not band.any():
        return 0.0
    right = cv2.Sobel(patch, cv2.CV_32F, 1, 0, scale=1 / 8)[band]
    below = cv2.Sobel(patch, cv2.CV_32F, 0, 1, scale=1 / 8)[band]
    through = np.abs(right * across[band] + below * down[band]) / steep[band]
    return float(through.mean())


def shades(levels: Luma) -> Float32[np.ndarray, "32"]:
    """A smoothed histogram that sums to 1."""
    counts = np.bincount(levels >> 3, minlength=32).astype(np.float32)
    smooth = np.convolve(counts, (0.1, 0.2, 0.4, 0.2, 0.1), mode="same")
    return np.asarray(smooth / max(smooth.sum(), 1e-6), np.float32)


def new_structure(blob: Blob, now: Luma, was: Luma) -> float:
    """Mean gradient, in levels a pixel, that is in one picture and not in the other.

    Light alone scales what was there: a shadow, a lamp or a cloud brings almost nothing new.
    """
    margin = 2
    around = blob.grown(margin, now.shape[1], now.shape[0])
    inside = cv2.dilate(around.shape, np.ones((2 * margin + 1,) * 2, np.uint8)) > 0
    light, dark = around.of(now).astype(np.float32), around.of(was).astype(np.float32)
    own = around.shape > 0
    gain = (light[own].mean() + 1) / (dark[own].mean() + 1)
    change = light - dark * np.float32(gain)
    across = cv2.Sobel(change, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(change, cv2.CV_32F, 0, 1, scale=1 / 8)
    return float(cv2.magnitude(across, down)[inside].mean())


def alike(blob: Blob, now: Luma, was: Luma) -> float:
    """Zero-mean normalised cross correlation of two pictures around the blob, -1 to 1.

    Near 1 for the same surface in another light, where the surface has any texture.
    """
    around = blob.grown(RING, now.shape[1], now.shape[0])
    kernel = np.ones((2 * RING + 1,) * 2, np.uint8)
    inside = cv2.dilate(around.shape, kernel) > 0
    a = around.of(now)[inside].astype(np.float32)
    b = around.of(was)[inside].astype(np.float32)
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
