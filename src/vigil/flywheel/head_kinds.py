"""Kinds of heads on the vectors of an embedder. All are told, afterwards, by numpy alone.

line       our own, squared hinge: a linear support vector machine (see `heads`)
softmax    multinomial logistic regression
svm        a support vector machine with a Gaussian kernel
knn        the nearest examples, the nearer the more
"""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Float64

from vigil.core import ModelError
from vigil.flywheel.heads import Texts, fit_linear
from vigil.infer.head import Head, Marks, Vectors

HeadKind = Literal["line", "softmax", "svm", "knn"]
HeadChoice = Literal["line", "softmax", "svm", "knn", "best"]
KINDS: tuple[HeadKind, ...] = get_args(HeadKind)
BOUND = 10.0
"""How much a mistake costs against a plain answer (scikit-learn's C), on vectors of unit length and
a few dozen examples. A plausible value, like the two below; none was fitted to data."""
NEAREST = 5
"""Examples that have a say, of a view each."""
SHARPNESS = 10.0
"""An example with a cosine of 0.9 says 1/e of one with 1."""


def fit_head(
    vectors: Vectors,
    marks: Marks,
    words: Sequence[str],
    *,
    embedder: str,
    kind: HeadKind = "line",
    texts: Texts | None = None,
) -> Head:
    """A head of a kind, each word weighing the same, not calibrated yet.

    `texts`: where a line begins, as `fit_linear`; other kinds take none. Raises ValueError when a
    word has no picture, `ModelError` where scikit-learn is needed and is not there.
    """
    if kind == "line":
        return fit_linear(vectors, marks, words, embedder=embedder, texts=texts)
    if len(np.unique(marks)) < len(words):
        raise ValueError(f"each of {len(words)} words needs a picture")
    if kind == "softmax":
        weights, bias = _softmax(vectors, marks, len(words))
        return _head(words, embedder, weights, bias)
    if kind == "svm":
        return _machine(vectors, marks, words, embedder)
    counts = np.bincount(marks, minlength=len(words))
    votes = np.stack([np.where(marks == row, 1.0, -1.0) for row in _rows(words)])
    return _head(
        words, embedder, votes * (len(marks) / len(words) / counts[marks]), np.zeros(len(votes)),
        shown=vectors, nearest=min(NEAREST, len(vectors)), sharpness=SHARPNESS,
    )  # fmt: skip


def _softmax(
    vectors: Vectors, marks: Marks, words: int
) -> tuple[Float64[np.ndarray, "r d"], Float64[np.ndarray, " r"]]:
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  takes a second
    except ImportError as error:
        raise _missing("softmax") from error
    found = LogisticRegression(C=BOUND, class_weight="balanced", max_iter=1000)
    found.fit(vectors, marks)
    # Of two words scikit-learn has one line, which says the second.
    sign = -1.0 if words == 2 else 1.0
    return sign * found.coef_, sign * found.intercept_


def _machine(vectors: Vectors, marks: Marks, words: Sequence[str], embedder: str) -> Head:
    try:
        from sklearn.svm import SVC  # noqa: PLC0415  takes a second
    except ImportError as error:
        raise _missing("svm") from error
    # As wide as the pictures are apart: scikit-learn's "scale".
    spread = float(vectors.var(axis=0, dtype=np.float64).sum())
    gamma = 1 / max(spread, 1e-6)
    weights = np.zeros((len(_rows(words)), len(vectors)))
    bias = np.zeros(len(weights))
    for row, word in enumerate(_rows(words)):
        machine = SVC(C=BOUND, gamma=gamma, class_weight="balanced").fit(vectors, marks == word)
        weights[row, machine.support_] = machine.dual_coef_[0]
        bias[row] = machine.intercept_[0]
    # Of vectors of unit length, |a - b|² is 2 (1 - cosine).
    kept = np.flatnonzero(weights.any(axis=0))
    return _head(words, embedder, weights[:, kept], bias, shown=vectors[kept], sharpness=2 * gamma)


def _rows(words: Sequence[str]) -> range:
    return range(1 if len(words) == 2 else len(words))


def _head(
    words: Sequence[str],
    embedder: str,
    weights: Float64[np.ndarray, "r w"],
    bias: Float64[np.ndarray, " r"],
    *,
    shown: Float32[np.ndarray, "m d"] | None = None,
    nearest: int = 0,
    sharpness: float = 0.0,
) -> Head:
    return Head(
        words=tuple(words),
        embedder=embedder,
        weights=np.asarray(weights, np.float32),
        bias=np.asarray(bias, np.float32),
        slope=np.ones(len(weights), np.float32),
        offset=np.zeros(len(weights), np.float32),
        shown=None if shown is None else np.asarray(shown, np.float32),
        nearest=nearest,
        sharpness=sharpness,
    )


def _missing(kind: str) -> ModelError:
    return ModelError(
        f"a head of kind {kind!r} needs scikit-learn to be learnt; install it with: "
        "pip install 'vigil-video[train]'"
    )
