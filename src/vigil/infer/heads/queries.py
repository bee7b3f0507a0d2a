"""Heads of the DETR family (Carion et al. 2020, arXiv 2005.12872) whose words pass a sigmoid.

Deformable DETR, RT-DETR, D-FINE and their kin, as they are exported without post-processing.
"""

from collections.abc import Sequence

import numpy as np

from vigil.core import ModelCard
from vigil.infer.heads.candidates import Candidates, Output

MOST = 300
"""Boxes of a picture: a query may stand for several words."""


def queries(outputs: Sequence[Output], card: ModelCard, score: float) -> Candidates:
    """Read logits (1, queries, classes), then boxes (1, queries, 4): centre and size as shares.

    Each word of each query is a box of its own; the surest of all are kept.
    """
    logits, boxes = outputs[0][0], outputs[1][0]
    scores = 1 / (1 + np.exp(-logits.astype(np.float32)))
    asked, classes = np.nonzero(scores >= score)
    found = scores[asked, classes]
    best = np.argsort(-found, kind="stable")[:MOST]
    asked, classes, found = asked[best], classes[best], found[best]
    half = boxes[asked, 2:] / 2
    corners = np.concatenate([boxes[asked, :2] - half, boxes[asked, :2] + half], axis=1)
    size = np.array([card.input.width, card.input.height] * 2, np.float32)
    return Candidates.of(corners * size, found, classes)
