"""Who is who: the cheapest pairing of tracks with detections."""

import numpy as np
from jaxtyping import Float64

from vigil.core import Boxes
from vigil.stages.track.motion import Motion, Places, noise, sizes
from vigil.stages.track.seen import Rows, Seen

Pairs = tuple[Rows, Rows]
"""Rows of tracks, in order, and the detections they were given."""
NOBODY: Pairs = (np.zeros(0, np.int64), np.zeros(0, np.int64))

WEIGHTS = np.array([1.0, 1.0, 0.5, 0.5])
"""Width and height are cut by occlusion: their error counts half of the foot's."""
FARTHEST = 12.0
"""Squared standard deviations between prediction and detection (chi-squared, 2 values, .998)."""
OVERLAP = 0.4
"""Intersection over union that counts as near, whatever the filter says."""
PLAIN, RIVAL = 0.5, 0.3
"""A pair that overlaps by more than the first while no other does by the second needs no sum."""
SHARP = 0.2
"""A detection that nobody else wants may be a track that overlaps it by more."""
APPEARANCE_WEIGHT = 1.0
"""Cost of opposite appearance; 1 is the cost of the farthest pair."""
WORST = 0.7
"""A pair dearer than this stays apart."""
REFUSED = 1e6
"""Cost of a pair that must not be."""


def overlaps(boxes: Boxes, place: Places, seen: Seen) -> Float64[np.ndarray, "n m"]:
    """Intersection over union of predicted boxes, whose places are `place`, with detections."""
    low = np.maximum(boxes[:, None, :2], seen.box[:, :2])
    high = np.minimum(boxes[:, None, 2:], seen.box[:, 2:])
    side = np.maximum(high - low, 0)
    shared = side[..., 0] * side[..., 1]
    area = (place[:, 2] * place[:, 3])[:, None]
    return np.asarray(
        shared / np.maximum(area + seen.place[:, 2] * seen.place[:, 3] - shared, 1e-6)
    )


def plain(overlap: Float64[np.ndarray, "n m"]) -> Pairs | None:
    """The pairing, when everything overlaps its one partner and nothing else; otherwise None."""
    rows, columns = np.nonzero(overlap > RIVAL)
    n = len(rows)
    if (n, n) != overlap.shape or len(set(columns.tolist())) < n or len(set(rows.tolist())) < n:
        return None
    return (rows, columns) if overlap[rows, columns].min() > PLAIN else None


def costs(
    predicted: Motion, measured: Places, overlap: Float64[np.ndarray, "n m"]
) -> Float64[np.ndarray, "n m"]:
    """How badly each detection fits each track; `REFUSED` when out of reach.

    The squared distance of foot and size, in standard deviations of the prediction, makes the
    sum over pairs a likelihood: two people who walk side by side are not swapped when one now
    stands where the other stood. Overlap counts as far as the prediction can be trusted.
    """
    size = sizes(predicted.place)
    fuzz = noise(predicted.place)
    variance = predicted.doubt[:, :1] + fuzz
    apart = (measured - predicted.place[:, None]) * WEIGHTS
    distance = np.einsum("nmk,nmk->nm", apart, apart) / (FARTHEST * variance * size**2)
    trust = fuzz / variance
    cost = (np.minimum(distance, 1.0) + trust * (1 - overlap)) / (1 + trust)
    cost[(distance >= 1) & (overlap < OVERLAP)] = REFUSED
    return np.asarray(cost)


def turns(overlap: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n m"]:
    """How badly each detection fits when motion is no guide: overlap alone decides."""
    return WORST * (1 - overlap) / (1 - SHARP)


def likeness(
    known: Float64[np.ndarray, "n d"], seen: Float64[np.ndarray, "m d"], gate: float
) -> Float64[np.ndarray, "n m"]:
    """Cost of different looks; nothing where either is unknown (zeros)."""
    distance = 1 - known @ seen.T
    cost = np.where(distance > gate, REFUSED, APPEARANCE_WEIGHT * distance)
    return np.where((known != 0).any(1)[:, None] & (seen != 0).any(1)[None], cost, 0.0)


def pair(cost: Float64[np.ndarray, "n m"]) -> Pairs:
    """The pairing with the least total cost; what is dearer than `WORST` stays apart."""
    if not cost.size:
        return NOBODY
    possible = cost < WORST
    rows, columns = np.nonzero(possible)
    if len(set(rows.tolist())) == len(rows) == len(set(columns.tolist())):
        return rows, columns  # nobody has two choices
    # Importing it takes longer than all of the tracker, and a lone thing never needs it.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    rows, columns = linear_sum_assignment(np.minimum(cost, WORST))
    chosen = possible[rows, columns]
    return rows[chosen], columns[chosen]
