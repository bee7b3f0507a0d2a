"""Things cut out of footage of a fixed camera, to be put into other pictures (copy and paste).

What a camera always shows is the median of its pictures; what stands out from it within a box is
the thing. So a few people who crossed one room can be seen before a hundred other backgrounds
(Dwibedi et al. 2017, arXiv 1708.01642; Ghiasi et al. 2021, arXiv 2012.07177).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.core import Image
from vigil.train.stills import Still

FEWEST = 8
"""Pictures of one camera from which its background can be told."""
BACKGROUND_OF = 21
"""Pictures whose median it is: more tell hardly more."""
STANDS_OUT = 28
"""Levels by which a pixel must differ from it, in its strongest colour."""
COVERED = (0.25, 0.92)
"""Share of its box that a thing fills: less is half a thing, more is a light that was switched."""
SURE = 0.5
"""Boxes that are believed less are not cut out."""
SIDES_PX = (24, 220)
"""Of the longer side: smaller things show nothing, larger ones are shrunk."""
MOST = 80
"""Of one camera and word."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cutting:
    """One thing without its background."""

    image: Image
    cover: UInt8[np.ndarray, "h w"]
    """255 where the thing is."""
    word: int
    weight: float
    """How far its label is believed."""


def cuttings_of(stills: Sequence[Still]) -> list[Cutting]:
    """All that can be cut out, of every camera; none where the camera moves or nothing does.

    Raises `DataError` for a picture that cannot be read.
    """
    cameras: defaultdict[str, list[Still]] = defaultdict(list)
    for still in stills:
        cameras[still.group].append(still)
    return [cutting for each in cameras.values() for cutting in _of_camera(each)]


def pasted(
    canvas: Image,
    cutting: Cutting,
    chance: np.random.Generator,
    *,
    height_px: float,
    clear: Float32[np.ndarray, "m 4"],
) -> Float32[np.ndarray, "4"] | None:
    """Draw a thing somewhere on the canvas, that high; its box, or None when it is in the way.

    `clear`: boxes that must not be hidden by more than a third.
    """
    height, width = cutting.cover.shape
    scale = height_px / height
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    room = canvas.shape[1] - size[0], canvas.shape[0] - size[1]
    if min(room) < 1:
        return None
    x, y = (int(chance.integers(side)) for side in room)
    box = np.array([x, y, x + size[0], y + size[1]], np.float32)
    if len(clear) and _hidden(clear, box).max() > 1 / 3:
        return None
    mirror = slice(None, None, -1 if chance.random() < 0.5 else 1)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = cv2.resize(cutting.image[:, mirror], size, interpolation=way)
    cover = cv2.resize(cutting.cover[:, mirror], size, interpolation=way)
    soft = cv2.GaussianBlur(cover, (3, 3), 0)[..., None].astype(np.float32) / 255
    part = canvas[y : y + size[1], x : x + size[0]]
    lit = image.astype(np.float32) * chance.uniform(0.7, 1.25) + chance.uniform(-15, 15)
    part[:] = np.clip(part + (lit - part) * soft, 0, 255).astype(np.uint8)
    return box


def _of_camera(stills: Sequence[Still]) -> Iterator[Cutting]:
    if len(stills) < FEWEST or not any(len(still.boxes) for still in stills):
        return
    chosen = np.linspace(0, len(stills) - 1, min(BACKGROUND_OF, len(stills))).astype(int)
    pictures = [stills[index].image() for index in chosen]
    if len({picture.shape for picture in pictures}) > 1:
        return
    background = np.median(np.stack(pictures), axis=0).astype(np.uint8)
    counts: defaultdict[int, int] = defaultdict(int)
    step = max(1, len(stills) // MOST)
    for still in stills[::step]:
        image = still.image() if (still.weights >= SURE).any() else None
        if image is None or image.shape != background.shape:
            continue
        for box, word, weight in zip(still.boxes, still.words, still.weights, strict=True):
            cutting = _cut(image, background, box, int(word), float(weight))
            if weight >= SURE and cutting is not None and counts[int(word)] < MOST:
                counts[int(word)] += 1
                yield cutting


def _cut(
    image: Image, background: Image, box: Float32[np.ndarray, "4"], word: int, weight: float
) -> Cutting | None:
    height, width = image.shape[:2]
    left, top, right, low = (round(float(side)) for side in box)
    # A thing at the border is cut off there; pasted elsewhere it would be half a thing.
    if left <= 1 or top <= 1 or right >= width - 1 or low >= height - 1:
        return None
    if max(right - left, low - top) < SIDES_PX[0]:
        return None
    here = slice(top, low), slice(left, right)
    differs = cv2.absdiff(image[here], background[here]).max(axis=2)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    speckled = np.where(differs > STANDS_OUT, 255, 0).astype(np.uint8)
    whole = cv2.morphologyEx(speckled, cv2.MORPH_CLOSE, kernel)
    cover = np.asarray(cv2.morphologyEx(whole, cv2.MORPH_OPEN, kernel), np.uint8)
    if not COVERED[0] <= (cover > 0).mean() <= COVERED[1]:
        return None
    shrink = min(1.0, SIDES_PX[1] / max(right - left, low - top))
    size = (max(2, round((right - left) * shrink)), max(2, round((low - top) * shrink)))
    return Cutting(
        image=np.asarray(cv2.resize(image[here], size, interpolation=cv2.INTER_AREA), np.uint8),
        cover=np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), np.uint8),
        word=word,
        weight=weight,
    )


def _hidden(boxes: Float32[np.ndarray, "m 4"], by: Float32[np.ndarray, "4"]) -> np.ndarray:
    """Share of each box that another one hides."""
    low = np.maximum(boxes[:, :2], by[:2])
    high = np.minimum(boxes[:, 2:], by[2:])
    both = np.clip(high - low, 0, None).prod(1)
    return np.asarray(both / np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(1), 1e-6))
