"""OpenVINO's DetectionOutput: boxes that the graph has decoded itself."""

from collections.abc import Sequence

import numpy as np

from vigil.core import ModelCard
from vigil.infer.heads.candidates import Candidates, Output


def ssd(outputs: Sequence[Output], card: ModelCard, score: float) -> Candidates:
    """Read one output (1, 1, n, 7): picture, class, score, x1, y1, x2, y2 in fractions.

    Class 0 is the background and not among the card's labels; a negative picture ends the list.
    """
    rows = outputs[0].reshape(-1, 7)
    classes = rows[:, 1].astype(np.int64) - 1
    known = (classes >= 0) & (classes < len(card.labels))
    keep = (rows[:, 0] >= 0) & (rows[:, 2] >= score) & known
    size = np.array([card.input.width, card.input.height] * 2, np.float32)
    return Candidates.of(rows[keep, 3:] * size, rows[keep, 2], classes[keep])
