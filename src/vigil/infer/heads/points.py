"""Sentry's head: each cell says how far the sides are and which words it shows (as FCOS does)."""

from collections.abc import Sequence

import numpy as np

from vigil.core import ModelCard
from vigil.infer.heads.candidates import Candidates, Output
from vigil.infer.heads.grid import cells

STRIDES = (8, 16, 32)


def points(outputs: Sequence[Output], card: ModelCard, score: float) -> Candidates:
    """Read one output (1, cells, 4 + classes): left, top, right, bottom in strides, probabilities.

    Distances count from the middle of a cell. The best word's probability is the score.
    """
    rows = outputs[0][0]
    grid = cells(card.input.width, card.input.height, STRIDES)
    best = rows[:, 4:].max(axis=1)
    keep = np.flatnonzero(best >= score)
    rows, grid, best = rows[keep], grid[keep], best[keep]
    stride = grid[:, 2:]
    centre = (grid[:, :2] + 0.5) * stride
    sides = rows[:, :4] * stride
    boxes = np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1)
    return Candidates.of(boxes, best, rows[:, 4:].argmax(axis=1))
