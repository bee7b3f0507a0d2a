"""How much of a zone is covered."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from vigil.core import Box, Scene
from vigil.stages.rules.geometry import Area

ROWS, COLUMNS = 48, 64
"""A zone that is a tenth of the picture wide and high is told in steps of three percent."""


class Cells:
    """The zone as cells of a grid over the picture; without corners, the whole picture."""

    def __init__(self, corners: Sequence[tuple[float, float]] | None) -> None:
        area = Area(corners)
        inside = [
            [area.whole or area.holds((x, y)) for x in _middles(COLUMNS)] for y in _middles(ROWS)
        ]
        self._inside = np.array(inside, bool)
        if not self._inside.any():
            self._inside[:] = True  # a zone narrower than a cell
        self._count = int(self._inside.sum())
        sums = np.zeros((ROWS + 1, COLUMNS + 1), int)
        sums[1:, 1:] = self._inside.cumsum(0).cumsum(1)
        self._above = cast(list[list[int]], sums.tolist())
        """Cells of the zone above and left of a corner: Crow, Summed-area tables (1984)."""

    def covered(self, boxes: Sequence[Box], scene: Scene) -> float:
        """The share of the zone that lies under any of the boxes, 0 to 1."""
        under = np.zeros((ROWS, COLUMNS), bool)
        for box in boxes:
            under[_cells(box, scene)] = True
        return float((under & self._inside).sum() / self._count)

    def touch(self, box: Box, scene: Scene) -> bool:
        """Whether a box covers any of the zone."""
        # Asked of everybody at each look: as `_cell` says of each side.
        x1, y1, x2, y2 = box
        width, height = scene.width, scene.height
        high = 0 if y1 <= 0.0 else ROWS if y1 >= height else round(y1 / height * ROWS)
        low = 0 if y2 <= 0.0 else ROWS if y2 >= height else round(y2 / height * ROWS)
        left = 0 if x1 <= 0.0 else COLUMNS if x1 >= width else round(x1 / width * COLUMNS)
        right = 0 if x2 <= 0.0 else COLUMNS if x2 >= width else round(x2 / width * COLUMNS)
        if low <= high or right <= left:
            return False  # less than a cell
        above, below = self._above[high], self._above[low]
        return below[right] - below[left] > above[right] - above[left]


def _cells(box: Box, scene: Scene) -> tuple[slice, slice]:
    """Cells whose middle lies in the box."""
    x1, y1, x2, y2 = box
    width, height = scene.width, scene.height
    return _span(y1, y2, height, ROWS), _span(x1, x2, width, COLUMNS)


def _span(low: float, high: float, length: int, cells: int) -> slice:
    return slice(_cell(low, length, cells), _cell(high, length, cells))


def _cell(at: float, length: int, cells: int) -> int:
    """The first cell whose middle lies beyond a place."""
    return 0 if at <= 0.0 else cells if at >= length else round(at / length * cells)


def _middles(cells: int) -> list[float]:
    return [(number + 0.5) / cells for number in range(cells)]
