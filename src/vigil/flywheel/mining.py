"""What makes a picture instructive: doubt, distance, and how many others it stands for.

Legend of shapes: n candidates, d numbers of an embedder, k words, l labelled pictures,
r references.
"""

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from vigil.flywheel.views import NEAR_COSINE

Vectors = Float32[np.ndarray, "n d"]
Shares = Float64[np.ndarray, "n k"]
"""Probabilities of words; a row sums to 1."""
REFERENCES = 1000
"""Candidates, drawn by chance, that stand for all where there are more. So time and memory grow
with the number of candidates, and not with its square."""
ROWS_AT_ONCE = 4096
AGAIN_AT_ONCE = 32
NEARNESS = 0.7
"""Width of the bell that says how far one picture stands for another, in distances of a picture to
its nearest neighbour. Chosen between 0.5 and 1.5 on draws that no benchmark reports."""


def margin_doubt(shares: Shares) -> Float64[np.ndarray, " n"]:
    """1 less the lead of the likeliest word over the next (Scheffer et al. 2001)."""
    highest = np.partition(shares, -2, axis=1)[:, -2:]
    return np.asarray(np.clip(1 - (highest[:, 1] - highest[:, 0]), 0, 1))


def entropy_doubt(shares: Shares) -> Float64[np.ndarray, " n"]:
    """Entropy of the words over the most that so many words can have (Shannon 1948)."""
    bits = -np.sum(shares * np.log(np.maximum(shares, 1e-300)), axis=1)
    return np.asarray(np.clip(bits / np.log(shares.shape[1]), 0, 1))


def threshold_doubt(
    shares: Float64[np.ndarray, " n"], threshold: float
) -> Float64[np.ndarray, " n"]:
    """1 at the threshold, 0 at probabilities 0 and 1, on straight lines between.

    Raises ValueError for a threshold that is not between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold: {threshold}; allowed: between 0 and 1")
    away = np.where(shares < threshold, threshold, 1 - threshold)
    return np.asarray(np.clip(1 - np.abs(shares - threshold) / away, 0, 1))


def disagreement(small: Shares, large: Shares) -> Float64[np.ndarray, " n"]:
    """Of two models, the Jensen-Shannon divergence of what they say, 0 to 1 (Lin 1991)."""
    middle = (small + large) / 2

    def away(shares: Shares) -> np.ndarray:
        ratio = np.log2(np.maximum(shares, 1e-300) / np.maximum(middle, 1e-300))
        return np.asarray(np.sum(shares * ratio, axis=1))

    return np.asarray(np.clip((away(small) + away(large)) / 2, 0, 1))


class KCentre:
    """The candidate farthest from all that is labelled: k-centre greedy (Sener & Savarese 2018)."""

    def __init__(
        self,
        vectors: Vectors,
        *,
        labelled: Float32[np.ndarray, "l d"] | None = None,
        chance: np.random.Generator,
    ) -> None:
        self._vectors = vectors
        self._far = np.full(len(vectors), np.inf)
        # Without a label every one is equally far: then chance says where to begin.
        self._first = int(chance.integers(max(1, len(vectors))))
        for vector in () if labelled is None else labelled:
            self._near(vector)

    def best(self, left: Bool[np.ndarray, " n"]) -> int:
        """The row of most worth among those left."""
        if left[self._first] and np.isinf(self._far[self._first]):
            return self._first
        return int(np.argmax(np.where(left, self._far, -1.0)))

    def took(self, row: int) -> None:
        """It is labelled from now on."""
        self._near(self._vectors[row])

    def _near(self, vector: Float32[np.ndarray, " d"]) -> None:
        self._far = np.minimum(self._far, 1.0 - self._vectors @ vector)


class Herding:
    """The candidate that stands for most of the doubt that no label stands for yet.

    Each labelled picture covers others by a bell of their distance; the next is the one that adds
    most to the sum of doubt times coverage. Without a model all doubt is equal, so that the typical
    of every kind come first, as cold starts want; where doubt is known it turns to what is both
    unsure and common. Uncertainty herding (Bae, Oliveira and Sutherland 2025), which grew out of
    MaxHerding (Bae, Noh and Sutherland 2024) and serves as typicality does (Hacohen, Dekel and
    Weinshall 2022). The sum is submodular, so what a candidate was once found to add bounds what it
    adds later, and few must be asked again (Minoux 1978).

    A candidate without a vector covers itself alone; without any vectors, doubt alone decides.
    """

    def __init__(
        self,
        vectors: Vectors | None,
        doubt: Float64[np.ndarray, " n"] | None,
        count: int,
        *,
        labelled: Float32[np.ndarray, "l d"] | None = None,
        chance: np.random.Generator,
    ) -> None:
        self._vectors = np.zeros((count, 1), np.float32) if vectors is None else vectors
        doubt = np.ones(count) if doubt is None else doubt
        self._alone = np.asarray(~self._vectors.any(axis=1))
        there = np.flatnonzero(~self._alone)
        rows = (
            there if len(there) <= REFERENCES else chance.choice(there, REFERENCES, replace=False)
        )
        self._references = self._vectors[rows]
        self._width = bell_width(self._references)
        # A reference speaks for as many as there are candidates to one of them.
        self._doubt = (doubt[rows] * (len(there) / max(1, len(rows)))).astype(np.float32)
        self._covered = np.zeros(len(rows), np.float32)
        for vector in () if labelled is None else labelled:
            self._cover(vector)
        self._worth = doubt.copy()
        for start in range(0, len(there), ROWS_AT_ONCE):
            some = there[start : start + ROWS_AT_ONCE]
            self._worth[some] = self._adds(some)
        self._fresh = np.ones(count, bool)

    def best(self, left: Bool[np.ndarray, " n"]) -> int:
        """The row of most worth among those left."""
        worth = np.asarray(np.where(left, self._worth, -1.0))
        some = min(AGAIN_AT_ONCE, len(worth))
        row = int(np.argmax(worth))
        while not self._fresh[row]:
            high = np.argpartition(worth, -some)[-some:]
            old = np.union1d(high[~self._fresh[high] & left[high]], [row])
            self._worth[old] = worth[old] = self._adds(old)
            self._fresh[old] = True
            row = int(np.argmax(worth))
        return row

    def took(self, row: int) -> None:
        """It is labelled from now on."""
        if not self._alone[row]:
            self._cover(self._vectors[row])
            self._fresh = self._alone.copy()

    def _cover(self, vector: Float32[np.ndarray, " d"]) -> None:
        bell = _bell(self._references @ vector, self._width)
        self._covered = np.maximum(self._covered, bell)

    def _adds(self, rows: Int64[np.ndarray, " m"]) -> Float32[np.ndarray, " m"]:
        bells = _bell(self._vectors[rows] @ self._references.T, self._width)
        more = np.maximum(bells - self._covered, 0)
        return np.asarray(more @ self._doubt)


def bell_width(references: Float32[np.ndarray, "r d"]) -> float:
    """From the middle distance of one to its nearest neighbour; near-duplicates are itself."""
    if not len(references):
        return 1.0
    cosines = references @ references.T
    cosines[cosines >= NEAR_COSINE] = -1.0
    nearest = np.sqrt(2 - 2 * cosines.max(axis=1))
    return NEARNESS * float(np.median(nearest))


def _bell(cosines: np.ndarray, width: float) -> Float32[np.ndarray, "..."]:
    """How far unit vectors with these cosines stand for each other, 0 to 1."""
    return np.asarray(np.exp((2 * np.minimum(cosines, 1) - 2) / np.float32(width**2)), np.float32)
