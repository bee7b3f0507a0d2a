"""What teachers say of pictures, in the few directions that tell most.

A network of half a million parameters cannot say thousands of numbers, and a line to them costs
as much as the network does. The strongest directions of a teacher, the loud ones made quieter as
`Spread` does it, are what is left to be learnt.
"""

import numpy as np
import torch

from vigil.models.spread import loudness
from vigil.train.asking import Vectors

COUNT = 256
"""Directions of each teacher."""
SAMPLE = 2048
"""Vectors from which they are found, from all over."""
ROWS = 1024
"""Vectors that are turned at once: a whole set in full precision may not fit in memory."""


def strongest(vectors: Vectors, learnt: int, *, count: int = COUNT) -> Vectors:
    """What one teacher says of pictures, of which the first `learnt` are learnt from.

    Less the mean of those learnt, in the `count` directions in which these differ most, or in as
    many as there are.
    """
    rows = np.linspace(0, learnt - 1, min(SAMPLE, learnt)).astype(int)
    sample = torch.from_numpy(vectors[rows].astype(np.float32))
    middle = sample.mean(0)
    _, lengths, directions = torch.linalg.svd(sample - middle, full_matrices=False)
    kept = min(count, len(lengths))
    turn = directions[:kept].T * loudness(lengths[:kept].square() / len(sample))
    parts = (
        torch.from_numpy(vectors[start : start + ROWS].astype(np.float32))
        for start in range(0, len(vectors), ROWS)
    )
    return np.concatenate([((part - middle) @ turn).numpy().astype(np.float16) for part in parts])
