"""FastestDet (github.com/dog-qiuqiu/FastestDet): one level, one box a cell."""

from collections.abc import Sequence

import numpy as np

from vigil.core import ModelCard
from vigil.infer.heads.candidates import Candidates, Output


def fastestdet(outputs: Sequence[Output], card: ModelCard, score: float) -> Candidates:
    """Read one output (1, 1 + 4 + classes, rows, columns): objectness, offset and size, classes.

    Offsets pass tanh and count cells; sizes pass a sigmoid and count whole inputs. A box scores
    objectness^0.6 x class^0.4.
    """
    grid = outputs[0][0]
    _, rows, columns = grid.shape
    values = grid.reshape(len(grid), -1)
    scores = values[0] ** 0.6 * values[5:].max(axis=0) ** 0.4
    at = np.flatnonzero(scores >= score)
    found = values[:, at]
    size = np.array([card.input.width, card.input.height], np.float32)
    cell = np.stack([at % columns, at // columns], axis=1)
    centre = (cell + np.tanh(found[1:3].T)) / (columns, rows) * size
    half = size / (1 + np.exp(-found[3:5].T)) / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    return Candidates.of(boxes, scores[at], found[5:].argmax(axis=0))
