"""Which pieces of a picture a detector must see for the regions that a gate asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from vigil.core import Box, Frame, Look, ModelInput
from vigil.infer.fitting import natural_scale

MARGIN = 0.25
"""Context on each side, as a share of that side: gates see parts of things."""
LEAST_MARGIN = 20
"""Canvas pixels of context on each side."""
LEAST = 96
"""Canvas pixels: the shorter side of a piece, where the picture has as much.

Small things need their surroundings: with 64 and a margin of 12, YOLOX-nano lost a sixth of the
cars under 20 pixels that it finds in whole pictures; with these, a thirtieth.
"""
SLENDER = 0.5
"""A piece is grown until its sides differ by no more: legs that move belong to a body."""
MERGED_WASTE = 1.5
"""Pieces that overlap become one unless it has this many times their area."""
WHOLE = 0.6
"""Share of the picture from which its pieces are no longer worth cutting out."""
LARGEST_FACTOR = 8.0
LEAST_FACTOR = 0.5
ENLARGED = 1.75
"""Pixels are drawn larger than they are, by so much: people 45 pixels high were found surely in 70
of 100 pictures then, and in 35 at their own size; beyond 2 nothing was won."""
SEEN_BEST = 160
"""Canvas pixels of a region's longer side, beyond which enlarging gains nothing."""
WORTH_ENLARGING = 1.5
SEEN_WELL = 64
"""Canvas pixels across, above which a thing may be drawn smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of one look's picture that goes to a canvas."""

    look: int
    region: Box
    """Whole source pixels."""
    asked: tuple[Box, ...]
    """What the gate asked for within it, source pixels."""
    scale_x: float
    """Canvas pixels per source pixel at which a whole picture would be seen."""
    scale_y: float
    least_factor: float
    """How much smaller the piece may be drawn: large things are seen well enough."""
    largest_factor: float
    """How much larger: no more than helps, nor than fits on the canvas."""

    @property
    def asked_area(self) -> float:
        return sum(box.area for box in self.asked)

    def size(self, factor: float) -> tuple[int, int]:
        """Width and height on the canvas, pixels, drawn `factor` times its natural size."""
        factor = min(max(factor, self.least_factor), self.largest_factor)
        width = max(1, round(self.region.width * self.scale_x * factor))
        return width, max(1, round(self.region.height * self.scale_y * factor))


def pieces_of(index: int, look: Look, size: ModelInput) -> list[Piece]:
    """Cut a look into pieces, the most asked-for first; none when it asks for nothing."""
    frame = look.frame
    scale_x, scale_y = natural_scale(frame.width, frame.height, size)
    asked = [Box(*map(float, row)).clipped(frame.width, frame.height) for row in look.regions]
    parts = _merged(
        [(_grown(box, frame.width, frame.height, scale_x, scale_y), (box,)) for box in asked]
    )
    if sum(region.area for region, _ in parts) >= WHOLE * frame.width * frame.height:
        parts = [(Box(0, 0, frame.width, frame.height), tuple(asked))]
    found = [_piece(index, look, region, within, size) for region, within in parts]
    return sorted(found, key=lambda piece: -piece.asked_area)


def alone(pieces: Sequence[Piece], look: Look, size: ModelInput) -> Piece:
    """One piece for all pieces of a look that shares its canvas with no other.

    The whole picture, unless a part of it holds them all and can be drawn much larger.
    """
    region, asked = pieces[0].region, pieces[0].asked
    for piece in pieces[1:]:
        region, asked = _union(region, piece.region), (*asked, *piece.asked)
    part = _piece(pieces[0].look, look, region, asked, size)
    if part.largest_factor >= WORTH_ENLARGING:
        return part
    whole = Box(0, 0, look.frame.width, look.frame.height)
    return _piece(part.look, look, whole, asked, size)


def _piece(index: int, look: Look, region: Box, asked: tuple[Box, ...], size: ModelInput) -> Piece:
    frame = look.frame
    scale_x, scale_y = natural_scale(frame.width, frame.height, size)
    return Piece(
        look=index,
        region=region,
        asked=asked,
        scale_x=scale_x,
        scale_y=scale_y,
        least_factor=_least_factor(region, asked, scale_x, scale_y, frame),
        largest_factor=_largest_factor(region, asked, scale_x, scale_y, size),
    )


def _grown(box: Box, width: int, height: int, scale_x: float, scale_y: float) -> Box:
    wide = box.width + 2 * max(MARGIN * box.width, LEAST_MARGIN / scale_x)
    high = box.height + 2 * max(MARGIN * box.height, LEAST_MARGIN / scale_y)
    wide, high = max(wide, SLENDER * high), max(high, SLENDER * wide)
    return around(box, max(wide, LEAST / scale_x), max(high, LEAST / scale_y), width, height)


def around(box: Box, wide: float, high: float, width: int, height: int) -> Box:
    """A box of `wide` x `high` about the middle of `box`, moved and cut to fit the picture.

    Corners fall on even pixels, so that chroma planes of half size are cut without a shift.
    """
    wide, high = min(wide, width), min(high, height)
    x = min(max((box.x1 + box.x2 - wide) / 2, 0), width - wide)
    y = min(max((box.y1 + box.y2 - high) / 2, 0), height - high)
    left, top = 2 * floor(x / 2), 2 * floor(y / 2)
    right, bottom = 2 * ceil((x + wide) / 2), 2 * ceil((y + high) / 2)
    return Box(left, top, min(right, width), min(bottom, height))


_Part = tuple[Box, tuple[Box, ...]]


def _merged(parts: Sequence[_Part]) -> list[_Part]:
    """Unite what overlaps, where the union wastes little."""
    done: list[_Part] = []
    for part in parts:
        region, asked = part
        rest = []
        for other, others_asked in done:
            union = _union(region, other)
            if _overlap(region, other) and union.area <= MERGED_WASTE * (region.area + other.area):
                region, asked = union, (*others_asked, *asked)
            else:
                rest.append((other, others_asked))
        done = [*rest, (region, asked)]
    return done


def _union(a: Box, b: Box) -> Box:
    return Box(min(a.x1, b.x1), min(a.y1, b.y1), max(a.x2, b.x2), max(a.y2, b.y2))


def _overlap(a: Box, b: Box) -> bool:
    return min(a.x2, b.x2) > max(a.x1, b.x1) and min(a.y2, b.y2) > max(a.y1, b.y1)


def _least_factor(
    region: Box, asked: tuple[Box, ...], scale_x: float, scale_y: float, frame: Frame
) -> float:
    if region.area >= frame.width * frame.height:
        return 1.0
    # The shorter side, since a broad region may hold many small things side by side.
    shortest = min(min(box.width * scale_x, box.height * scale_y) for box in asked)
    return min(1.0, max(LEAST_FACTOR, SEEN_WELL / max(shortest, 1)))


def _largest_factor(
    region: Box, asked: tuple[Box, ...], scale_x: float, scale_y: float, size: ModelInput
) -> float:
    enough = max(1.0, ENLARGED / max(scale_x, scale_y))
    smallest = min(max(box.width * scale_x, box.height * scale_y) for box in asked)
    best = max(1.0, SEEN_BEST / max(smallest, 1.0))
    room = min(size.width / (region.width * scale_x), size.height / (region.height * scale_y))
    return min(LARGEST_FACTOR, enough, best, room)
