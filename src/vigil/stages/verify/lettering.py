"""Where a picture holds words, without a model: rows of thin, sharp strokes of one height.

What may be a row of letters is cut out generously and then weighed by traits that letters share.
The weights are fitted by `python -m benchmarks lettering --fit`, which also tells how many
overlays it finds and how often it sees words where there are none.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, log
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float64

from vigil.core import Box, Image, Luma

FILE = Path(__file__).with_name("lettering.json")
"""The fitted weights, and what they were fitted to."""
ENLARGED = 2
"""Stills are small: strokes of one pixel become two."""
STROKE = 9
"""Enlarged pixels; nothing broader is a stroke."""
CONTRASTS = (28, 60)
"""Levels by which a stroke stands out from what is beside it, of faint and of clear letters."""
GAPS = (7, 15, 29)
"""Enlarged pixels; letters of each size are joined by gaps of their own size."""
LETTER = (9, 90)
"""Enlarged pixels: height of a row of letters."""
ROW = 2.0
"""A row is so many times longer than high: three letters or so."""
DENSE = (0.1, 0.8)
"""Share of a row's rectangle that is stroke."""
CROSSED = 0.3
"""Strokes that a line through the row crosses, for each height along it; no row has fewer."""
FAR = 4.0
"""Standard deviations; traits farther from the mean say no more."""
MARGIN = 0.25
"""Of the row's height: so much around a row is blurred with it."""
BLUR = 0.6
"""Of the row's height: letters so blurred cannot be guessed."""

Traits = tuple[float, ...]
"""Of one row: its height, its length in heights, strokes crossed for each height, share of stroke,
contrast of the strokes, unrest of what is between them, strokes one above the other, and share of
outlines that stand upright."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What may be a row of letters."""

    box: Box
    """In pixels of the picture."""
    traits: Traits


def word_boxes(picture: Image) -> list[Box]:
    """Rows of letters, upright or slightly tilted, in pixels of the picture."""
    rows = list(rows_of(picture))
    if not rows:
        return []
    weights = _weights()
    usual = (np.array([row.traits for row in rows]) - weights.mean) / weights.spread
    found = weighed(usual) @ weights.by_trait > weights.least
    return [row.box for row, is_text in zip(rows, found, strict=True) if is_text]


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


def rows_of(picture: Image) -> Iterator[Row]:
    """All that may be rows of letters, most of which are none."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = (grey.shape[1] * ENLARGED, grey.shape[0] * ENLARGED)
    large = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    kernel = np.ones((STROKE, STROKE), np.uint8)
    # Bright letters on dark ground, and dark ones on bright ground, never in one row.
    for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        strokes = np.asarray(cv2.morphologyEx(large, kind, kernel), np.uint8)
        for contrast in CONTRASTS:
            yield from _rows(large, strokes, contrast)


def weighed(usual: Float64[np.ndarray, "n traits"]) -> Float64[np.ndarray, "n weights"]:
    """One, each trait and its square: there may be too little of it and too much."""
    near = np.clip(usual, -FAR, FAR)
    return np.hstack([np.ones((len(near), 1)), near, near**2])


def _rows(large: Luma, strokes: Luma, contrast: int) -> Iterator[Row]:
    mask = np.asarray(cv2.threshold(strokes, contrast, 255, cv2.THRESH_BINARY)[1], np.uint8)
    for gap in GAPS:
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, gap), np.uint8))
        joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, gap // 2), np.uint8))
        for left, top, wide, high in _places(np.asarray(joined, np.uint8)):
            if LETTER[0] <= high <= LETTER[1] and wide >= ROW * high:
                part = np.s_[top : top + high, left : left + wide]
                traits = _traits(mask[part] > 0, strokes[part], large[part])
                if traits is not None:
                    sides = (left, top, left + wide, top + high)
                    yield Row(box=Box(*(side / ENLARGED for side in sides)), traits=traits)


def _places(joined: Luma) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, width and height of what hangs together."""
    # Five times as fast as to number the components, which come out the same.
    outlines, levels = cv2.findContours(joined, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for n, outline in enumerate(outlines):
        is_hole = levels[0][n][3] >= 0
        if not is_hole:
            left, top, wide, high = cv2.boundingRect(outline)
            yield left, top, wide, high


def _traits(inside: Bool[np.ndarray, "h w"], strokes: Luma, grey: Luma) -> Traits | None:
    """Of one place; None when it is no row of letters at the first glance."""
    high, wide = inside.shape
    dense = float(inside.mean())
    if not DENSE[0] <= dense <= DENSE[1]:
        return None
    middle = inside[high // 4 : high - high // 4]
    crossings = np.count_nonzero(middle[:, 1:] > middle[:, :-1], axis=1)
    crossed = float(np.median(crossings)) * high / wide
    if crossed < CROSSED:
        return None
    stacked = np.count_nonzero(inside[1:] > inside[:-1]) / wide
    upright = np.count_nonzero(inside[:, 1:] != inside[:, :-1])
    level = np.count_nonzero(inside[1:] != inside[:-1])
    return (
        log(high),
        log(wide / high),
        crossed,
        dense,
        log(float(np.median(strokes[inside])) + 1),
        log(float(grey[~inside].std()) + 1),
        stacked,
        upright / (upright + level + 1),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Weights:
    mean: Float64[np.ndarray, "traits"]
    spread: Float64[np.ndarray, "traits"]
    by_trait: Float64[np.ndarray, "weights"]
    least: float
    """Rows that weigh more are words."""


@cache
def _weights() -> _Weights:
    said = json.loads(FILE.read_text("utf-8"))
    return _Weights(
        mean=np.array(said["mean"]),
        spread=np.array(said["spread"]),
        by_trait=np.array(said["by_trait"]),
        least=said["least"],
    )
