"""Sentry's head: each cell says how far the sides are and which words it shows (as FCOS does)."""

from collections.abc import Sequence

import numpy as np

from vigil.core import ModelCard
from vigil.infer.heads.candidates import Candidates, Output
from vigil.infer.heads.grid import cells

STRIDES = (8, 16, 32)


def points(outputs: Sequence[Output], card: ModelCard, score: float) -> Candidates:
    """Read one output (1, cells, 4 + classes): left, top, right, bottom in strides, probabilities.

    Distances count from the middle of a cell. The best word's probability is the score. Where the
    card has options `column/WORD`, only these columns of probabilities are read, from 0.
    """
    rows = outputs[0][0]
    grid = cells(card.input.width, card.input.height, STRIDES)
    words = rows[:, 4:][:, _columns(card)]
    best = words.max(axis=1)
    keep = np.flatnonzero(best >= score)
    rows, words, grid, best = rows[keep], words[keep], grid[keep], best[keep]
    stride = grid[:, 2:]
    centre = (grid[:, :2] + 0.5) * stride
    sides = rows[:, :4] * stride
    boxes = np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1)
    return Candidates.of(boxes, best, words.argmax(axis=1))


def _columns(card: ModelCard) -> list[int]:
    """A network may have learnt words that are not good enough to be told."""
    return [int(card.options.get(f"column/{word}", at)) for at, word in enumerate(card.labels)]
