"""NanoDet: distances to the four sides as distributions (Li et al. 2020, arXiv 2006.04388)."""

from collections.abc import Sequence

import numpy as np

from vigil.core import ModelCard
from vigil.infer.heads.candidates import Candidates, Output
from vigil.infer.heads.grid import cells

STRIDES = (8, 16, 32)


def nanodet(outputs: Sequence[Output], card: ModelCard, score: float) -> Candidates:
    """Read class outputs (1, cells, classes) of all levels, then side outputs (1, cells, 4 x bins).

    Class values are probabilities already; a side is the mean of its distribution over the bins.
    """
    levels = len(outputs) // 2
    classes_all = np.concatenate([output[0] for output in outputs[:levels]])
    sides_all = np.concatenate([output[0] for output in outputs[levels:]])
    grid = cells(card.input.width, card.input.height, STRIDES)
    best = classes_all.max(axis=1)
    keep = best >= score
    grid, stride = grid[keep], grid[keep, 2:]
    sides = _mean_of_bins(sides_all[keep]) * stride
    centre = (grid[:, :2] + 0.5) * stride
    boxes = np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1)
    return Candidates.of(boxes, best[keep], classes_all[keep].argmax(axis=1))


def _mean_of_bins(logits: Output) -> Output:
    """(n, 4 x bins) to (n, 4), in strides."""
    bins = logits.reshape(len(logits), 4, logits.shape[1] // 4)
    weights = np.exp(bins - bins.max(axis=2, keepdims=True))
    places = np.arange(bins.shape[2], dtype=np.float32)
    return np.asarray((weights @ places) / weights.sum(axis=2))
