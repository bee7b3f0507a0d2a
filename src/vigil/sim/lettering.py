"""Words in a picture, in any script that the installed OpenCV can draw.

OpenCV 5 carries a font with Chinese characters; OpenCV 4 knows Latin letters only.
"""

from functools import cache
from typing import Any

import cv2

from vigil.core import Image

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

WEIGHT = 500
LATIN = cv2.FONT_HERSHEY_SIMPLEX
LATIN_HEIGHT_PX = 22.0
"""Of a capital letter at scale 1, rounded up."""
MARGIN_EM = 0.35
"""Of paper around the words, in heights of a letter."""


def can_write(text: str) -> bool:
    """Whether the installed OpenCV has every letter of a text."""
    return text.isascii() or _font() is not None


def written(
    picture: Image,
    text: str,
    *,
    at: tuple[float, float],
    size_px: float,
    ink: Colour = (255, 255, 255),
    paper: Colour | None = None,
) -> Image:
    """A copy of the picture with words in it, made smaller where they would not fit.

    `at`: the middle of the words, in fractions of the picture. Without `paper` behind them they
    have a dark rim, as the clocks of cameras do. Raises ValueError for letters that cannot be
    drawn.
    """
    if not can_write(text):
        raise ValueError(f"{text!r}: this OpenCV draws Latin letters only; allowed: OpenCV 5")
    height, width = picture.shape[:2]
    margin = MARGIN_EM * size_px
    wide, high = _extent(text, size_px)
    shrunk = min(1.0, (width - 2 * margin) / wide)
    size_px, wide, high = size_px * shrunk, wide * shrunk, high * shrunk
    left = min(max(at[0] * width - wide / 2, margin), width - wide - margin)
    foot = min(max(at[1] * height + high / 2, high + margin), height - margin)
    drawn: Image = picture.copy()
    if paper is not None:
        corner = (round(left - margin), round(foot - high - margin))
        opposite = (round(left + wide + margin), round(foot + margin))
        cv2.rectangle(drawn, corner, opposite, paper, -1)
    foot_left = (round(left), round(foot))
    if paper is None:
        for x, y in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            _put(drawn, text, (foot_left[0] + x, foot_left[1] + y), size_px, (0, 0, 0))
    _put(drawn, text, foot_left, size_px, ink)
    return drawn


@cache
def _font() -> Any:
    """The font of OpenCV 5; None where there is none."""
    return cv2.FontFace("uni") if hasattr(cv2, "FontFace") else None


def _extent(text: str, size_px: float) -> tuple[float, float]:
    """Width and height of the words in pixels."""
    if (font := _font()) is not None:
        _, _, wide, high = cv2.getTextSize((0, 0), text, (0, 0), font, round(size_px), WEIGHT)
        return float(wide), float(high)
    (wide, high), _ = cv2.getTextSize(text, LATIN, size_px / LATIN_HEIGHT_PX, _stroke_px(size_px))
    return float(wide), float(high)


def _put(picture: Image, text: str, foot: tuple[int, int], size_px: float, ink: Colour) -> None:
    if (font := _font()) is not None:
        cv2.putText(picture, text, foot, ink, font, max(1, round(size_px)), WEIGHT)
    else:
        scale, stroke = size_px / LATIN_HEIGHT_PX, _stroke_px(size_px)
        cv2.putText(picture, text, foot, LATIN, scale, ink, stroke, cv2.LINE_AA)


def _stroke_px(size_px: float) -> int:
    return max(1, round(size_px / 14))
