"""Model inputs that hold pieces of many pictures, and the way back to each picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from vigil.core import Box, Boxes, Image, Look, ModelInput, areas, as_array, intersections
from vigil.infer.heads import Candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A piece of one look's picture, and where on the canvas it lies."""

    look: int
    """Index of the look."""
    region: Box
    """The piece, in source pixels."""
    asked: tuple[Box, ...]
    """What the gate asked for within the piece, source pixels."""
    x: int
    """Left edge on the canvas, pixels."""
    y: int
    width: int
    """Size on the canvas, pixels."""
    height: int


Canvas = tuple[Cell, ...]
"""One model input."""


def compose(canvas: Canvas, looks: Sequence[Look], size: ModelInput) -> Image:
    """Draw the pieces; what no piece covers has the card's padding value."""
    if len(canvas) == 1 and (canvas[0].width, canvas[0].height) == (size.width, size.height):
        return _piece(canvas[0], looks)
    picture = np.full((size.height, size.width, 3), size.pad, np.uint8)
    for cell in canvas:
        rows, columns = slice(cell.y, cell.y + cell.height), slice(cell.x, cell.x + cell.width)
        picture[rows, columns] = _piece(cell, looks)
    return picture


def _piece(cell: Cell, looks: Sequence[Look]) -> Image:
    frame = looks[cell.look].frame
    is_whole = cell.region == (0, 0, frame.width, frame.height)
    return frame.pixels.rgb(cell.width, cell.height, None if is_whole else cell.region)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """Candidates of one cell, back in the pixels of its source."""

    look: int
    found: Candidates
    """Boxes in source pixels."""
    cut: Bool[np.ndarray, "n"]
    """True where a box touches an edge of the piece that is no edge of the picture.

    Only things that were asked about are kept when they are cut.
    """


EDGE = 2
"""Canvas pixels within which a box touches an edge."""
ASKED_FOR = 0.5
INSIDE = 0.6
"""Share of a box that must lie in its cell; below, it is made of two neighbours."""


def to_source(canvas: Canvas, found: Candidates, looks: Sequence[Look]) -> list[Findings]:
    """Give every candidate to the cell in which its centre lies, cut it there, map it back."""
    centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    results = []
    for cell in canvas:
        low = np.array([cell.x, cell.y], np.float32)
        high = low + np.array([cell.width, cell.height], np.float32)
        mine = found.where(((centres >= low) & (centres < high)).all(axis=1))
        results.append(_map_back(cell, mine, looks))
    return results


def _map_back(cell: Cell, found: Candidates, looks: Sequence[Look]) -> Findings:
    frame = looks[cell.look].frame
    low = np.array([cell.x, cell.y] * 2, np.float32)
    size = np.array([cell.width, cell.height] * 2, np.float32)
    local = found.boxes - low
    inside = np.clip(local, 0, size)
    region = np.array(cell.region, np.float32)
    scale = (region[2:] - region[:2]) / (cell.width, cell.height)
    edges = np.array([0, 0, frame.width, frame.height], np.float32)
    at_edge = np.abs(inside - np.concatenate([size[:2] * 0, size[:2]])) <= EDGE
    cut = (at_edge & (region != edges)).any(axis=1)
    whole, left = (np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (local, inside))
    boxes = inside * np.tile(scale, 2) + np.tile(region[:2], 2)
    back = Candidates.of(boxes, found.scores, found.classes)
    keep = (left >= INSIDE * whole) & (~cut | _is_asked_for(boxes, cell))
    return Findings(look=cell.look, found=back.where(keep), cut=cut[keep])


def _is_asked_for(boxes: Boxes, cell: Cell) -> Bool[np.ndarray, "n"]:
    """True for boxes that hold most of a region that the gate asked for, or lie mostly in one."""
    asked = as_array(cell.asked)
    shared = intersections(boxes, asked)
    smaller = np.minimum(areas(boxes)[:, None], areas(asked)[None, :])
    return np.asarray((shared >= ASKED_FOR * smaller).any(axis=1))
