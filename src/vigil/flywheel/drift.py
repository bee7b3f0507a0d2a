"""Whether cameras show a model something else than the data set by which it was judged.

Looks that were drawn by chance are compared with the pictures of the data set, figure by figure,
by the two-sample test of Kolmogorov and Smirnov. It needs no bins: the population stability index
does, and with a few dozen looks exceeds its rules of thumb by luck. One look gives one value of
each figure, since the things of one picture are no draws of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from vigil.core import Image
from vigil.infer.live import OpenModel
from vigil.train.judging import boxes_in

FIGURES = ("score", "size", "luma")
"""Of one look: the score of the surest thing, its side as a share of the picture's (the root of
areas), 0 where nothing is found; and the mean brightness, 0 to 1."""
LEAST = 30
"""Looks, and pictures, below which nothing is said."""
LEVEL = 0.01
"""Chance that anything of one camera is called drift where nothing has changed."""
FAR = 0.3
"""Distance below which a difference, however certain, is none to train for."""
TERMS = 100
"""Of a sum that has converged long before."""

Looks = Float64[np.ndarray, "n 3"]
"""One row a look, one column a figure."""
Column = Float64[np.ndarray, " n"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One figure of one camera that is not what it was in the data set."""

    camera: str
    figure: str
    distance: float
    """Of the two distributions, 0 (the same) to 1 (nothing in common)."""
    looks: int

    def __str__(self) -> str:
        return f"{self.camera}: {self.figure} is off by {self.distance:.2f} in {self.looks} looks"


def figures_of(image: Image, model: OpenModel) -> tuple[float, float, float]:
    """What `FIGURES` says of one picture, RGB, as this model sees it."""
    found = boxes_in(image, model.session.run, model.card, model.card.score)
    score = size = 0.0
    if len(found):
        left, top, right, low = (float(side) for side in found.boxes[0])  # the surest
        height, width = image.shape[:2]
        score = float(found.scores[0])
        size = float(np.sqrt((right - left) * (low - top) / (width * height)))
    return score, size, float(image.mean()) / 255


def drifts_of(camera: str, live: Looks, known: Mapping[str, Looks]) -> list[Drift]:
    """Figures in which a camera differs from the pictures of a data set, the farthest first.

    `known`: those pictures by camera or video. A camera that is among them is compared with
    itself; another one with each that has enough pictures, and with all together, and differs only
    where it is unlike every one of them.
    """
    references = _references(camera, known)
    if len(live) < LEAST or not references:
        return []
    found = []
    for column, figure in enumerate(FIGURES):
        compared = [kolmogorov_smirnov(live[:, column], each[:, column]) for each in references]
        distance, chance = min(compared)
        if distance >= FAR and chance < LEVEL / len(FIGURES):  # Bonferroni
            found.append(
                Drift(camera=camera, figure=figure, distance=distance, looks=len(live))
            )  # fmt: skip
    return sorted(found, key=lambda drift: -drift.distance)


def _references(camera: str, known: Mapping[str, Looks]) -> list[Looks]:
    if len(known.get(camera, ())) >= LEAST:
        return [known[camera]]
    everything = np.concatenate([*known.values()]) if known else np.zeros((0, len(FIGURES)))
    return [each for each in (everything, *known.values()) if len(each) >= LEAST]


def kolmogorov_smirnov(
    one: Sequence[float] | Column, other: Sequence[float] | Column
) -> tuple[float, float]:
    """The greatest distance of two empirical distributions, and its chance if they were one.

    Asymptotic, with the correction of Stephens 1970 for few values; ties make it err on the side
    of no difference. Both must hold a value.
    """
    a, b = np.sort(one), np.sort(other)
    both = np.concatenate([a, b])
    below = [np.searchsorted(each, both, side="right") / len(each) for each in (a, b)]
    distance = float(np.abs(below[0] - below[1]).max())
    root = np.sqrt(len(a) * len(b) / (len(a) + len(b)))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:  # where the sum converges slowly the chance is one to ten digits
        return distance, 1.0
    terms = np.arange(1, TERMS + 1)
    chance = 2 * float(np.sum((-1.0) ** (terms - 1) * np.exp(-2 * (terms * scaled) ** 2)))
    return distance, min(max(chance, 0.0), 1.0)
