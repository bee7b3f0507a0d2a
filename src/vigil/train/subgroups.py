"""Whether errors gather somewhere: in the dark, on small people, at one place, on dark clothes.

Shares have intervals of 95 % by Wilson 1927, which hold for few clips and for shares near 0, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool

from vigil.core import Boxes, Image

Trait = Literal["light", "size", "place", "clothing"]
Said = Literal["", "worse", "better", "too few to say"]
TOO_FEW = 10
"""Clips: the interval of fewer is wider than any difference that could be acted on."""
Z = 1.96
UNKNOWN = "unknown"

DARK, BRIGHT = 60.0, 130.0
"""Mean luma of a picture, 0 to 255."""
SMALL, LARGE = 0.25, 0.6
"""Of the picture's height: of the tallest person."""
LITTLE, MUCH = 0.01, 0.06
"""Of the picture: what moves, where nobody knows the people."""
MOVES = 18
"""Change of luma from one picture to the next."""
DARK_CLOTHES, BRIGHT_CLOTHES = 70.0, 140.0
UPPER = (0.18, 0.5)
"""Of a person's height from the top: the trunk, below the face."""
TRUNK = (0.25, 0.75)
"""Of a person's width."""


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """The clips that share a trait."""

    trait: str
    value: str
    clips: int
    errors: int
    low: float
    """Of the share of errors, 95 %."""
    high: float
    said: Said
    """Against all other clips that are known in this trait; empty: the intervals overlap."""

    @property
    def rate(self) -> float:
        """Share of errors."""
        return self.errors / self.clips


def errors_by(right: Bool[np.ndarray, " n"], traits: Mapping[str, Sequence[str]]) -> list[Subgroup]:
    """A row for each value of each trait, those with most errors first.

    `right`: of each clip, whether it was told right; `traits`: of each clip its value. Raises
    `ValueError` where lengths differ.
    """
    rows = []
    for trait, values in traits.items():
        if len(values) != len(right):
            raise ValueError(f"{trait}: {len(values)} values for {len(right)} clips")
        marks = np.array(values)
        found = [
            _row(trait, value, right[marks == value], right[(marks != value) & (marks != UNKNOWN)])
            for value in sorted(set(values))
        ]
        rows += sorted(found, key=lambda row: -row.rate)
    return rows


def wilson(errors: int, clips: int) -> tuple[float, float]:
    """Bounds of the true share, 0 to 1."""
    if not clips:
        return 0.0, 1.0
    share, square = errors / clips, Z**2 / clips
    middle = (share + square / 2) / (1 + square)
    half = Z * float(np.sqrt(share * (1 - share) / clips + square / (4 * clips))) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def light_of(pictures: Sequence[Image]) -> str:
    """`dark`, `dim` or `bright`."""
    return _step(float(np.mean([_luma(each).mean() for each in pictures])), DARK, BRIGHT,
                 ("dark", "dim", "bright"))  # fmt: skip


def size_of(pictures: Sequence[Image], people: Sequence[Boxes] | None) -> str:
    """Of the tallest person; where nobody looked for people, of what moves."""
    if people is None:
        return _step(_moving(pictures), LITTLE, MUCH, ("little moves", "some moves", "much moves"))
    tallest = [float((boxes[:, 3] - boxes[:, 1]).max()) for boxes in people if len(boxes)]
    if not tallest:
        return UNKNOWN
    share = max(tallest) / pictures[0].shape[0]
    return _step(share, SMALL, LARGE, ("small", "middling", "large"))


def clothing_of(pictures: Sequence[Image], people: Sequence[Boxes] | None) -> str:
    """How bright what people wear above the hips is, against their own pictures' light.

    `unknown` where nobody looked for people, or none is there.
    """
    found = [
        float(_luma(trunk).mean())
        for picture, boxes in zip(pictures, people or (), strict=False)
        for box in boxes
        if (trunk := _trunk(picture, box)).size
    ]
    if not found:
        return UNKNOWN
    return _step(float(np.median(found)), DARK_CLOTHES, BRIGHT_CLOTHES,
                 ("dark clothes", "grey clothes", "bright clothes"))  # fmt: skip


def _row(
    trait: str, value: str, right: Bool[np.ndarray, " n"], others: Bool[np.ndarray, " m"]
) -> Subgroup:
    clips, errors = len(right), int((~right).sum())
    low, high = wilson(errors, clips)
    other_low, other_high = wilson(int((~others).sum()), len(others))
    said: Said = ""
    if min(clips, len(others)) < TOO_FEW:
        said = "too few to say"
    elif value == UNKNOWN:
        said = ""
    elif low > other_high:
        said = "worse"
    elif high < other_low:
        said = "better"
    return Subgroup(
        trait=trait, value=value, clips=clips, errors=errors, low=low, high=high, said=said
    )


def _step(value: float, low: float, high: float, words: tuple[str, str, str]) -> str:
    return words[0] if value < low else words[2] if value >= high else words[1]


def _luma(picture: Image) -> np.ndarray:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _moving(pictures: Sequence[Image]) -> float:
    greys = [cv2.blur(_luma(each), (3, 3)) for each in pictures]
    shares = [float((cv2.absdiff(one, other) > MOVES).mean()) for one, other in pairwise(greys)]
    return float(np.mean(shares)) if shares else 0.0


def _trunk(picture: Image, box: np.ndarray) -> Image:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = (float(side) for side in box)
    wide, high = x2 - x1, y2 - y1
    left, right = (round(min(max(x1 + share * wide, 0), width)) for share in TRUNK)
    top, foot = (round(min(max(y1 + share * high, 0), height)) for share in UPPER)
    return picture[top:foot, left:right]
