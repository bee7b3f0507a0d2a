"""YOLOX (Ge et al. 2021, arXiv 2107.08430), exported without decoding in the graph."""

from collections.abc import Sequence

import numpy as np

from vigil.core import ModelCard
from vigil.infer.heads.candidates import Candidates, Output
from vigil.infer.heads.grid import cells

STRIDES = (8, 16, 32)


def yolox(outputs: Sequence[Output], card: ModelCard, score: float) -> Candidates:
    """Read one output (1, cells, 4 + 1 + classes): centre and log size, objectness, classes.

    Objectness and classes are probabilities already; a box scores their product.
    """
    rows = outputs[0][0]
    grid = cells(card.input.width, card.input.height, STRIDES)
    # The product cannot exceed objectness: most cells end here, before any class is read.
    promising = np.flatnonzero(rows[:, 4] >= score)
    rows, grid = rows[promising], grid[promising]
    classes = rows[:, 5:].argmax(axis=1)
    scores = rows[:, 4] * rows[np.arange(len(rows)), 5 + classes]
    keep = scores >= score
    rows, grid = rows[keep], grid[keep]
    stride = grid[:, 2:]
    centre = (rows[:, :2] + grid[:, :2]) * stride
    half = np.exp(np.minimum(rows[:, 2:4], 10)) * stride / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    return Candidates.of(boxes, scores[keep], classes[keep])
