"""Whether luck alone would have told as many examples right."""

import numpy as np
from jaxtyping import Float32, Float64, Int64

from vigil.infer.head import Marks

SHUFFLES = 199


def luck_of(
    vectors: Float32[np.ndarray, "n d"],
    marks: Marks,
    groups: Int64[np.ndarray, " n"],
    folds: Int64[np.ndarray, " n"],
    words: int,
    chance: np.random.Generator,
) -> float:
    """The share of random labellings, this one included, that folds tell as well (Ojala 2010).

    Judged by a ridge line instead of the real one: the same directions, in one multiplication.
    """
    smoother = _smoother(vectors, folds)
    true = _ridge_right(smoother, marks, words)
    firsts = np.unique(groups, return_index=True)[1]
    place = np.searchsorted(groups[firsts], groups)
    as_well = 1
    for _ in range(SHUFFLES):
        dealt = chance.permutation(marks[firsts])[place]
        as_well += _ridge_right(smoother, dealt, words) >= true
    return as_well / (SHUFFLES + 1)


def _smoother(
    vectors: Float32[np.ndarray, "n d"], folds: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, "n n"]:
    """Row i times the targets gives the ridge score of example i from the other folds."""
    near = np.asarray(vectors, np.float64) @ vectors.T.astype(np.float64)
    found = np.zeros_like(near)
    for fold in np.unique(folds):
        out, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        square = near[np.ix_(rest, rest)]
        middle = square.mean(axis=0)
        centred = square - middle - middle[:, None] + square.mean()
        across = near[np.ix_(out, rest)]
        across = across - across.mean(axis=1, keepdims=True) - middle + square.mean()
        ridge = 0.1 * np.trace(centred) / len(rest)
        line = np.linalg.solve(centred + ridge * np.eye(len(rest)), across.T).T
        found[np.ix_(out, rest)] = line
    return found


def _ridge_right(smoother: Float64[np.ndarray, "n n"], marks: Marks, words: int) -> float:
    target = np.eye(words)[marks]
    target -= target.mean(axis=0)
    return balanced(np.argmax(smoother @ target, axis=1), marks, words)


def balanced(told: Marks, marks: Marks, words: int) -> float:
    """Mean share of each word that is told right."""
    return float(np.mean([np.mean(told[marks == word] == word) for word in range(words)]))
