"""Take out duplicates of the same object."""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Int64

from vigil.core import Boxes, areas, intersections

ALIKE: tuple[frozenset[str], ...] = (
    frozenset({"car", "truck", "bus", "van", "vehicle"}),
    frozenset({"bicycle", "motorcycle", "bike"}),
)
"""Words that detectors mix up: one object never keeps two of a set."""
CONTAINED = 0.75
"""Share of the smaller box inside the larger from which both are one vehicle.

People are left out: a child before its mother is not her duplicate.
"""
MOST = 300
"""Boxes that enter; a picture that has more is noise."""


@lru_cache(maxsize=16)
def groups_of(labels: tuple[str, ...]) -> Int64[np.ndarray, "n"]:
    """For each label a number; equal numbers compete. Negative ones also by containment.

    The array is shared: do not write to it.
    """
    numbers = {label: index for index, label in enumerate(dict.fromkeys(labels))}
    for index, words in enumerate(ALIKE):
        numbers |= dict.fromkeys(words, -1 - index)
    return np.array([numbers[label] for label in labels], np.int64)


def survivors(
    boxes: Boxes,
    ranks: Float32[np.ndarray, "n"],
    groups: Int64[np.ndarray, "n"],
    *,
    iou: float,
) -> Int64[np.ndarray, "m"]:
    """Indices of the boxes that stay, best rank first.

    A box goes when a better one of its group overlaps it by more than `iou`, or, in a group of
    words that detectors mix up, holds most of it or lies mostly inside it.
    """
    order = np.argsort(-ranks, kind="stable")[:MOST]
    beaten = _rivals(boxes[order], groups[order], iou)
    keep = np.ones(len(order), bool)
    for index in range(len(order)):
        if keep[index]:
            keep[index + 1 :] &= ~beaten[index, index + 1 :]
    return order[keep]


def _rivals(boxes: Boxes, groups: Int64[np.ndarray, "n"], iou: float) -> Bool[np.ndarray, "n n"]:
    shared = intersections(boxes, boxes)
    size = areas(boxes)
    union = size[:, None] + size[None, :] - shared
    smaller = np.minimum(size[:, None], size[None, :])
    rivals = shared > iou * union
    rivals |= (groups < 0)[:, None] & (shared > CONTAINED * smaller)
    return np.asarray(rivals & (groups[:, None] == groups[None, :]))
