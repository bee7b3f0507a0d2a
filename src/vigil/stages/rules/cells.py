"""How much of a zone is covered."""

from collections.abc import Sequence

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

    def covered(self, boxes: Sequence[Box], scene: Scene) -> float:
        """The share of the zone that lies under any of the boxes, 0 to 1."""
        under = np.zeros((ROWS, COLUMNS), bool)
        for box in boxes:
            under[_cells(box, scene)] = True
        return float((under & self._inside).sum() / self._count)

    def touch(self, box: Box, scene: Scene) -> bool:
        """Whether a box covers any of the zone."""
        return bool(self._inside[_cells(box, scene)].any())


def _cells(box: Box, scene: Scene) -> tuple[slice, slice]:
    """Cells whose middle lies in the box."""
    x1, y1, x2, y2 = box.clipped(scene.width, scene.height)
    columns = _span(x1 / scene.width, x2 / scene.width, COLUMNS)
    return _span(y1 / scene.height, y2 / scene.height, ROWS), columns


def _span(low: float, high: float, cells: int) -> slice:
    return slice(max(0, round(low * cells)), max(0, round(high * cells)))


def _middles(cells: int) -> list[float]:
    return [(number + 0.5) / cells for number in range(cells)]
