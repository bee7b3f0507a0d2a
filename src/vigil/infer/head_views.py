"""What of a frame is shown to heads that were learnt on whole pictures."""

from collections.abc import Sequence

from vigil.core import Box, Frame, Image

SIDE = 320
"""Pixels of the shorter side, as example pictures are kept."""
MARGIN = 0.5
"""Around a region, of its size on each side: a picture that somebody took shows the place too."""
LEAST = 0.45
"""Of the picture's width and height that a region shows at least. Less of it is unlike any picture
that somebody takes: at 0.25 a head of 24 fires told one in two of four clips without."""
WIDEST = 16 / 9
"""A region is no longer than so many times its other side; pictures of people are not either."""


def views_of(frame: Frame, boxes: Sequence[Box]) -> list[tuple[Box | None, Image]]:
    """The whole view, and what is around each box (source pixels) unless that is much the same."""
    whole = Box(0, 0, frame.width, frame.height)
    found: list[tuple[Box | None, Image]] = [(None, _shown(frame, whole))]
    for box in boxes:
        region = around(box, frame.width, frame.height)
        if region.width * region.height < 0.7 * whole.width * whole.height:
            found.append((box, _shown(frame, region)))
    return found


def around(box: Box, width: int, height: int) -> Box:
    """The region shown for a box: with a margin, not too small, not too long, in the picture."""
    wide = max(box.width * (1 + 2 * MARGIN), LEAST * width)
    high = max(box.height * (1 + 2 * MARGIN), LEAST * height)
    wide, high = max(wide, high / WIDEST), max(high, wide / WIDEST)
    wide, high = min(wide, width), min(high, height)
    # Moved, not cut, where it would reach beyond the picture.
    left = min(max((box.x1 + box.x2 - wide) / 2, 0.0), width - wide)
    top = min(max((box.y1 + box.y2 - high) / 2, 0.0), height - high)
    return Box(left, top, left + wide, top + high)


def _shown(frame: Frame, region: Box) -> Image:
    shorter = min(region.width, region.height)
    return frame.rgb(max(1, round(region.width * min(1.0, SIDE / shorter))), region=region)
