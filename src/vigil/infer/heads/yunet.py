"""YuNet faces (Wu et al. 2023, Machine Intelligence Research), the export with prior boxes."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from vigil.core import ModelCard
from vigil.infer.heads.candidates import Candidates, Output

STEPS = (8, 16, 32, 64)
SIZES = ((10, 16, 24), (32, 48), (64, 96), (128, 192, 256))
"""Sides of the square priors of each step, in pixels."""
CENTRE_VARIANCE, SIZE_VARIANCE = 0.1, 0.2


def yunet(outputs: Sequence[Output], card: ModelCard, score: float) -> Candidates:
    """Read boxes with landmarks (n, 14), background and face (n, 2), and expected IoU (n, 1).

    A face scores the root of probability times expected IoU, as its authors do.
    """
    places, probabilities, overlap = outputs
    scores = np.sqrt(probabilities[:, 1] * np.clip(overlap[:, 0], 0, 1))
    keep = scores >= score
    prior = priors(card.input.width, card.input.height)[keep]
    places = places[keep]
    centre = prior[:, :2] + places[:, :2] * CENTRE_VARIANCE * prior[:, 2:]
    half = prior[:, 2:] * np.exp(places[:, 2:4] * SIZE_VARIANCE) / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    return Candidates.of(boxes, scores[keep], np.zeros(len(boxes), np.int64))


@lru_cache(maxsize=4)
def priors(width: int, height: int) -> Float32[np.ndarray, "n 4"]:
    """Centre and size of every prior box, in pixels of the input; shared: do not write to it."""
    levels = []
    for step, sizes in zip(STEPS, SIZES, strict=True):
        columns, rows = np.meshgrid(np.arange(width // step), np.arange(height // step))
        centres = (np.stack([columns, rows], axis=-1).reshape(-1, 1, 2) + 0.5) * step
        sides = np.repeat(np.array(sizes, np.float32)[:, None], 2, axis=1)
        shape = (len(centres), len(sizes), 2)
        both = [np.broadcast_to(centres, shape), np.broadcast_to(sides, shape)]
        levels.append(np.concatenate(both, axis=2).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)
