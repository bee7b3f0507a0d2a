"""Where a picture holds words, without a model: rows of thin, sharp strokes of one height.

A heuristic, so that words may be blurred before a picture is shown again. `docs/verifiers.md`
tells how many of the overlays it finds and how often it sees words where there are none.
"""

from collections.abc import Sequence
from math import ceil

import cv2
import numpy as np
from jaxtyping import UInt8

from vigil.core import Box, Image, Luma

ENLARGED = 2
"""Stills are small: strokes of one pixel become two."""
STROKE = 9
"""Enlarged pixels; nothing broader is a stroke."""
CONTRAST = 45.0
"""Levels by which a stroke stands out from what is beside it."""
LETTER = (9, 90)
"""Enlarged pixels: height of a row of letters."""
ROW = 2.2
"""A row is so many times longer than high: three letters or so."""
DENSE = (0.16, 0.72)
"""Share of a row's rectangle that is stroke."""
CROSSED = 0.55
"""Strokes that a line through the row crosses, for each height along it."""
SHARP = 70.0
"""Median contrast of the strokes."""
MARGIN = 0.25
"""Of the row's height: so much around a row is blurred with it."""
BLUR = 0.6
"""Of the row's height: letters so blurred cannot be guessed."""


def word_boxes(picture: Image) -> list[Box]:
    """Rows of letters, upright or slightly tilted, in pixels of the picture."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = (grey.shape[1] * ENLARGED, grey.shape[0] * ENLARGED)
    large = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    found: list[Box] = []
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (STROKE, STROKE))
    # Bright letters on dark ground, and dark ones on bright ground, never in one row.
    for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        strokes = np.asarray(cv2.morphologyEx(large, kind, kernel), np.uint8)
        found += _rows(strokes)
    return [Box(*(side / ENLARGED for side in box)) for box in found]


def without_words(picture: Image, boxes: Sequence[Box]) -> Image:
    """A copy in which what is inside the boxes can no longer be read."""
    done = picture.copy()
    height, width = done.shape[:2]
    for box in boxes:
        x1, y1, x2, y2 = _grown(box, width, height)
        if x2 > x1 and y2 > y1:
            sigma = max(2.0, BLUR * box.height)
            done[y1:y2, x1:x2] = cv2.GaussianBlur(done[y1:y2, x1:x2], (0, 0), sigma)
    return done


def share_inside(boxes: Sequence[Box], region: Box) -> float:
    """Of a region of the picture, how much is blurred with these words; 0 to 1."""
    right, foot = ceil(region.x2), ceil(region.y2)
    blurred = np.zeros((max(0, foot), max(0, right)), bool)
    for box in boxes:
        x1, y1, x2, y2 = _grown(box, right, foot)
        blurred[y1:y2, x1:x2] = True
    inside = blurred[max(0, int(region.y1)) :, max(0, int(region.x1)) :]
    return float(inside.mean()) if inside.size else 0.0


def _grown(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """With the rim of its letters, in whole pixels of the picture."""
    margin = MARGIN * box.height
    grown = Box(box.x1 - margin, box.y1 - margin, box.x2 + margin, box.y2 + margin)
    x1, y1, x2, y2 = (round(side) for side in grown.clipped(width, height))
    return x1, y1, x2, y2


def _rows(strokes: Luma) -> list[Box]:
    _, thin = cv2.threshold(strokes, CONTRAST, 255, cv2.THRESH_BINARY)
    mask = np.asarray(thin, np.uint8)
    boxes = []
    # Letters of each size are joined by gaps of their own size.
    for gap in (7, 15, 29):
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, gap), np.uint8))
        joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, gap // 2), np.uint8))
        _, _, rows, _ = cv2.connectedComponentsWithStats(joined)
        for left, top, wide, high, _ in rows[1:].tolist():
            part = np.s_[top : top + high, left : left + wide]
            if _is_a_row(mask[part], strokes[part]):
                boxes.append(Box(left, top, left + wide, top + high))
    return boxes


def _is_a_row(mask: UInt8[np.ndarray, "h w"], strokes: Luma) -> bool:
    high, wide = mask.shape
    if not LETTER[0] <= high <= LETTER[1] or wide < ROW * high:
        return False
    inside = mask > 0
    if not DENSE[0] <= inside.mean() <= DENSE[1] or np.median(strokes[inside]) < SHARP:
        return False
    middle = inside[high // 4 : high - high // 4]
    crossings = np.count_nonzero(middle[:, 1:] > middle[:, :-1], axis=1)
    return bool(np.median(crossings) >= CROSSED * wide / high)
