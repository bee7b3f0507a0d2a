"""Boxes as large models write them: in pixels, in thousandths, or in shares of the picture."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from vigil.core import Box

Convention = Literal["auto", "pixels", "thousand", "unit"]
"""`pixels`: of the picture as it was shown (Qwen2.5-VL); `thousand`: 0 to 1000 in width and in
height (Qwen3-VL, Gemini); `unit`: 0 to 1; `auto`: in thousandths, unless the numbers say that they
cannot be."""
THOUSAND = 1000.0
BEYOND = 0.05
"""Share of the picture by which a box may reach out of it, as rounding does; more is a mistake."""
LEAST_PX = 2.0
"""Of each side: less is a point, not a thing."""


def in_pixels(
    rows: Sequence[Sequence[float]],
    convention: Convention,
    *,
    shown: tuple[int, int],
    full: tuple[int, int],
) -> list[Box | None]:
    """Corners x1, y1, x2, y2 of one answer as boxes of the full picture, cut to it.

    `shown`, `full`: width and height of the picture as the model saw it and as it is. None: no
    box of this picture. One answer keeps to one convention.
    """
    wide, high = _units(rows, convention, shown)
    width, height = full
    found: list[Box | None] = []
    for x1, y1, x2, y2 in rows:
        box = Box(x1 / wide * width, y1 / high * height, x2 / wide * width, y2 / high * height)
        found.append(box.clipped(width, height) if _fits(box, width, height) else None)
    return found


def _units(
    rows: Sequence[Sequence[float]], convention: Convention, shown: tuple[int, int]
) -> tuple[float, float]:
    """What stands for the whole width, and for the whole height."""
    if convention == "auto":
        largest = float(np.max(rows, initial=0.0))
        over = largest > THOUSAND * (1 + BEYOND)
        convention = "unit" if largest <= 1 else "pixels" if over else "thousand"
    if convention == "pixels":
        return shown
    return (1.0, 1.0) if convention == "unit" else (THOUSAND, THOUSAND)


def _fits(box: Box, width: int, height: int) -> bool:
    inside = (
        min(box.x1 / width, box.y1 / height) >= -BEYOND
        and max(box.x2 / width, box.y2 / height) <= 1 + BEYOND
    )
    cut = box.clipped(width, height)
    return inside and cut.width >= LEAST_PX and cut.height >= LEAST_PX
