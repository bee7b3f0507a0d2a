"""Lay pieces of many pictures on as few canvases as possible, as large as these allow."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from vigil.core import Look, ModelInput
from vigil.stages.detect.canvas import Canvas, Cell
from vigil.stages.detect.pieces import LARGEST_FACTOR, LEAST_FACTOR, Piece, alone, around, pieces_of

GAP = 8
"""Canvas pixels between two pieces."""
FACTORS = (LARGEST_FACTOR, 5.0, 3.5, 2.5, 2.0, 1.5, 1.25, 1.0, 0.75, LEAST_FACTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a detector is to see."""

    canvases: tuple[Canvas, ...]
    skipped: int = 0
    """Pieces left out to keep within the limit."""


def plan(looks: Sequence[Look], size: ModelInput, *, most: int | None = None) -> Plan:
    """Arrange the looks' regions on canvases of the model's input size.

    Small things are never drawn smaller than in a pass over their whole picture, so that nothing
    gets harder to see; where pieces would save no canvas, the looks keep their surroundings.
    With `most` canvases at most, looks take turns, each with its largest region first; the first
    of every look is always served.
    """
    by_look = [pieces_of(index, look, size) for index, look in enumerate(looks)]
    pieces, skipped = _fair(by_look, size, most)
    needed = _canvases(pieces, size)
    asking = [(look, found) for look, found in zip(looks, by_look, strict=True) if found]
    if needed >= len(asking):
        pieces, skipped = [alone(found, look, size) for look, found in asking], 0
        needed = _canvases(pieces, size)
    for factor in FACTORS:
        sizes = [piece.size(factor) for piece in pieces]
        places, used = _shelves(sizes, size)
        if used <= needed:
            break
    laid: list[list[Cell]] = [[] for _ in range(used)]
    for piece, place, drawn in zip(pieces, places, sizes, strict=True):
        laid[place[0]].append(_cell(piece, place, drawn))
    filled = [_with_context(tuple(cells), looks, size) for cells in laid]
    return Plan(canvases=tuple(filled), skipped=skipped)


def _fair(
    by_look: list[list[Piece]], size: ModelInput, most: int | None
) -> tuple[list[Piece], int]:
    """Pieces in turns of the looks, as many as fit in `most` canvases."""
    rounds = [[p for p in turn if p is not None] for turn in zip_longest(*by_look)]
    taken = list(rounds[0]) if rounds else []
    later = [piece for turn in rounds[1:] for piece in turn]
    if most is None:
        return taken + later, 0
    skipped = 0
    for piece in later:
        if _canvases([*taken, piece], size) <= most:
            taken.append(piece)
        else:
            skipped += 1
    return taken, skipped


def _canvases(pieces: list[Piece], size: ModelInput) -> int:
    """How many canvases the pieces take when drawn as small as they may be."""
    return _shelves([piece.size(LEAST_FACTOR) for piece in pieces], size)[1]


@dataclass(slots=True)
class _Shelf:
    y: int
    height: int
    used: int = 0


@dataclass(slots=True)
class _Sheet:
    shelves: list[_Shelf] = field(default_factory=list)

    def place(self, width: int, height: int, size: ModelInput) -> tuple[int, int] | None:
        """Find room on a shelf, or on a new one below; None when there is none."""
        for shelf in self.shelves:
            if height <= shelf.height and shelf.used + width <= size.width:
                return self._put(shelf, width)
        y = self.shelves[-1].y + self.shelves[-1].height + GAP if self.shelves else 0
        if y + height > size.height:
            return None
        self.shelves.append(_Shelf(y=y, height=height))
        return self._put(self.shelves[-1], width)

    def _put(self, shelf: _Shelf, width: int) -> tuple[int, int]:
        x = shelf.used
        shelf.used += width + GAP
        return x, shelf.y


_Place = tuple[int, int, int]
"""Number of the canvas, x, y."""


def _shelves(sizes: list[tuple[int, int]], size: ModelInput) -> tuple[list[_Place], int]:
    """First fit by falling height: a place for each of `sizes`, and how many canvases it takes."""
    sheets: list[_Sheet] = []
    places: dict[int, _Place] = {}
    for index in sorted(range(len(sizes)), key=lambda i: -sizes[i][1]):
        places[index] = _first_fit(sheets, *sizes[index], size)
    return [places[index] for index in range(len(sizes))], len(sheets)


def _first_fit(sheets: list[_Sheet], width: int, height: int, size: ModelInput) -> _Place:
    for number, sheet in enumerate(sheets):
        found = sheet.place(width, height, size)
        if found is not None:
            return number, *found
    # No piece is larger than a canvas, so that an empty one always has room at its corner.
    sheets.append(_Sheet([_Shelf(y=0, height=height, used=width + GAP)]))
    return len(sheets) - 1, 0, 0


def _cell(piece: Piece, place: _Place, drawn: tuple[int, int]) -> Cell:
    return Cell(
        look=piece.look,
        region=piece.region,
        asked=piece.asked,
        x=place[1],
        y=place[2],
        width=drawn[0],
        height=drawn[1],
    )


def _with_context(canvas: Canvas, looks: Sequence[Look], size: ModelInput) -> Canvas:
    """A piece that has a canvas to itself shows its surroundings instead of padding."""
    if len(canvas) != 1:
        return canvas
    cell, frame = canvas[0], looks[canvas[0].look].frame
    scale_x, scale_y = cell.width / cell.region.width, cell.height / cell.region.height
    # Whole pairs of pixels less, since the corners are rounded outwards.
    wide, high = size.width / scale_x - 4, size.height / scale_y - 4
    if wide <= cell.region.width and high <= cell.region.height:
        return canvas
    region = around(
        cell.region,
        max(wide, cell.region.width),
        max(high, cell.region.height),
        frame.width,
        frame.height,
    )
    width = min(size.width, round(region.width * scale_x))
    height = min(size.height, round(region.height * scale_y))
    return (replace(cell, region=region, width=width, height=height),)
