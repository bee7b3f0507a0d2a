"""Who is who: the cheapest pairing of tracks with detections."""

import numpy as np
from jaxtyping import Bool, Float32, Float64

from vigil.stages.track.motion import Motion, noise, sizes
from vigil.stages.track.seen import Rows

Pairs = tuple[Rows, Rows]
"""Rows of tracks, and the detections they were given."""
NOBODY: Pairs = (np.zeros(0, np.int64), np.zeros(0, np.int64))

SIZE_WEIGHT = 0.5
"""Width and height are cut by occlusion: their error counts half of the foot's."""
FARTHEST = 12.0
"""Squared standard deviations between prediction and detection (chi-squared, 2 values, .998)."""
OVERLAP = 0.4
"""Intersection over union that counts as near, whatever the filter says."""
OVERLAP_WEIGHT = 1.0
"""Cost of no overlap for a track whose place is certain; 1 is the cost of the farthest pair."""
APPEARANCE_WEIGHT = 2.0
"""Cost of opposite appearance, likewise."""
WORST = 1.5
"""A pair dearer than this stays apart."""
REFUSED = 1e6
"""Cost of a pair that must not be."""


def costs(
    predicted: Motion, measured: Float64[np.ndarray, "m 4"], overlap: Float32[np.ndarray, "n m"]
) -> Float64[np.ndarray, "n m"]:
    """How badly each detection fits each track; `REFUSED` when out of reach.

    The squared distance of foot and size, in standard deviations of the prediction, makes the
    sum over pairs a likelihood: two people who walk side by side are not swapped when one now
    stands where the other stood. Overlap counts as far as the prediction can be trusted.
    """
    size = sizes(predicted.place)
    fuzz = noise(size)
    variance = predicted.doubt[:, 0] + fuzz
    apart = measured[None] - predicted.place[:, None]
    apart[..., 2:] *= SIZE_WEIGHT
    distance = np.einsum("nmk,nmk->nm", apart, apart) / (variance * size**2)[:, None]
    near = (distance < FARTHEST) | (overlap > OVERLAP)
    trust = OVERLAP_WEIGHT * fuzz / variance
    cost = np.minimum(distance / FARTHEST, 1.0) + trust[:, None] * (1 - overlap)
    return np.where(near, cost, REFUSED)


def likeness(
    known: Float64[np.ndarray, "n d"], seen: Float64[np.ndarray, "m d"], gate: float
) -> Float64[np.ndarray, "n m"]:
    """Cost of different looks; nothing where either is unknown (zeros)."""
    distance = 1 - known @ seen.T
    cost = np.where(distance > gate, REFUSED, APPEARANCE_WEIGHT * distance)
    return np.where((known != 0).any(1)[:, None] & (seen != 0).any(1)[None], cost, 0.0)


def pair(cost: Float64[np.ndarray, "n m"], limit: float) -> Pairs:
    """The pairing with the least total cost; a pair dearer than `limit` stays apart."""
    possible = cost < limit
    if _decided(possible):
        rows, columns = np.nonzero(possible)
        return rows, columns
    # Importing it takes longer than all of the tracker, and a lone thing never needs it.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    rows, columns = linear_sum_assignment(np.minimum(cost, limit))
    chosen = possible[rows, columns]
    return rows[chosen], columns[chosen]


def _decided(possible: Bool[np.ndarray, "n m"]) -> bool:
    """Whether nobody has two choices."""
    return not possible.size or (
        int(possible.sum(0).max()) <= 1 and int(possible.sum(1).max()) <= 1
    )
