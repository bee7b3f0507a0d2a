"""Examples dealt into folds, each judged by a head of the others; and which kind tells most.

Legend of shapes: n examples, v views of each, d numbers of an embedder, k words, r rows of a head.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from vigil.flywheel.head_kinds import KINDS, HeadKind, fit_head
from vigil.flywheel.heads import Texts, calibrated
from vigil.infer.head import Head, Marks, likelihoods

MOST_FOLDS = 10


def deal(
    marks: Marks, groups: Int64[np.ndarray, " n"], chance: np.random.Generator
) -> Int64[np.ndarray, " n"]:
    """A fold for each example: groups stay whole, words are spread evenly."""
    smallest = min(len(np.unique(groups[marks == mark])) for mark in np.unique(marks))
    count = max(2, min(MOST_FOLDS, smallest))
    load = np.zeros((count, int(marks.max()) + 1))
    folds = np.zeros(len(marks), np.int64)
    numbers, sizes = np.unique(groups, return_counts=True)
    # The large groups first, while there is room to balance them.
    for group in numbers[np.lexsort((chance.random(len(numbers)), -sizes))]:
        inside = groups == group
        counts = np.bincount(marks[inside], minlength=load.shape[1])
        fold = int(np.lexsort((chance.random(count), load.sum(axis=1), load @ counts))[0])
        folds[inside] = fold
        load[fold] += counts
    return folds


def unseen_margins(
    views: Float32[np.ndarray, "v n d"],
    marks: Marks,
    folds: Int64[np.ndarray, " n"],
    words: Sequence[str],
    texts: Texts | None = None,
    teachers: Bool[np.ndarray, " n"] | None = None,
    kind: HeadKind = "line",
) -> Float64[np.ndarray, "n r"]:
    """Of each example's own picture, the margins that a head of the other folds gives it.

    `teachers`: which examples are learnt from; None: all.
    """
    margins = np.zeros((len(marks), 1 if len(words) == 2 else len(words)))
    for fold in np.unique(folds):
        out = folds == fold
        seen = ~out if teachers is None else ~out & teachers
        shown = flat(views[:, seen], marks[seen])
        head = fit_head(*shown, words, embedder="", kind=kind, texts=texts)
        margins[out] = head.margins(views[0, out])
    return margins


def unseen_shares(
    margins: Float64[np.ndarray, "n r"],
    marks: Marks,
    folds: Int64[np.ndarray, " n"],
) -> Float64[np.ndarray, "n k"]:
    """Of each example, probabilities whose calibration did not see the example either."""
    rows = margins.shape[1]
    blank = Head(
        words=tuple("ab") if rows == 1 else tuple(map(str, range(rows))),
        embedder="",
        weights=np.zeros((rows, 1), np.float32),
        bias=np.zeros(rows, np.float32),
        slope=np.ones(rows, np.float32),
        offset=np.zeros(rows, np.float32),
    )
    shares = np.zeros((len(marks), max(2, rows)))
    for fold in np.unique(folds):
        out = folds == fold
        scale = calibrated(blank, margins[~out], marks[~out])
        shares[out] = likelihoods(margins[out], scale.slope, scale.offset)
    return shares


def best_kind(
    views: Float32[np.ndarray, "v n d"],
    marks: Marks,
    folds: Int64[np.ndarray, " n"],
    words: Sequence[str],
) -> HeadKind:
    """The kind that tells most unseen examples right; a line where none is clearly better.

    Clearly: by more than a standard error of the difference. So it is seldom luck that chooses, and
    what is said of the chosen one, of the same folds, flatters it little.
    """
    right = {kind: _right(views, marks, folds, words, kind) for kind in KINDS}
    share = 1 / (len(words) * np.bincount(marks, minlength=len(words))[marks])
    best, most = KINDS[0], 0.0
    for kind in KINDS[1:]:
        gained = right[kind] - right[KINDS[0]]
        mean = float(share @ gained)
        error = float(np.sqrt(np.sum((share * (gained - mean)) ** 2)))
        if mean > max(error, most):
            best, most = kind, mean
    return best


def _right(
    views: Float32[np.ndarray, "v n d"],
    marks: Marks,
    folds: Int64[np.ndarray, " n"],
    words: Sequence[str],
    kind: HeadKind,
) -> Float64[np.ndarray, " n"]:
    margins = unseen_margins(views, marks, folds, words, kind=kind)
    told = np.argmax(unseen_shares(margins, marks, folds), axis=1)
    return np.asarray(told == marks, np.float64)


def flat(
    views: Float32[np.ndarray, "v n d"], marks: Marks
) -> tuple[Float32[np.ndarray, "m d"], Marks]:
    """All views as pictures of their own."""
    return views.reshape(-1, views.shape[-1]), np.tile(marks, len(views))
