"""Heads that are fitted in one go to what a network says: an SVM, or the nearest neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from jaxtyping import Float32, Int64
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from vigil.core import ModelError

Vectors = Float32[np.ndarray, "n d"]
NEIGHBOURS = 10
TEMPERATURE = 0.07
"""Of the votes of neighbours, as DINO has it (Caron et al. 2021, arXiv 2104.14294)."""
LEAST = 1e-6
COST = 0.1


class Shallow(Protocol):
    """From vectors to probabilities."""

    def shares(self, vectors: Vectors) -> Float32[np.ndarray, "n k"]:
        """Of each word."""
        ...

    def arrays(self) -> Mapping[str, np.ndarray]:
        """All that it knows."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Margins:
    """A linear SVM, and a line from its margins to probabilities (Platt 1999)."""

    middle: Float32[np.ndarray, " d"]
    spread: Float32[np.ndarray, " d"]
    weights: Float32[np.ndarray, "k d"]
    biases: Float32[np.ndarray, " k"]

    @classmethod
    def fitted(cls, vectors: Vectors, marks: Int64[np.ndarray, " n"], words: int) -> "Margins":
        """One word against the others, each word as heavy as another."""
        middle, spread = vectors.mean(0), np.maximum(vectors.std(0), LEAST)
        scaled = (vectors - middle) / spread
        machine = LinearSVC(C=COST / scaled.shape[1] ** 0.5, class_weight="balanced", max_iter=5000)
        machine.fit(scaled, marks)
        lines, ends = machine.coef_, machine.intercept_
        if words == 2:  # scikit-learn keeps one line for two words
            lines, ends = np.concatenate([-lines, lines]), np.concatenate([-ends, ends])
        slope = _slope(scaled @ lines.T + ends, marks)
        return cls(
            middle=middle.astype(np.float32),
            spread=spread.astype(np.float32),
            weights=(slope * lines).astype(np.float32),
            biases=(slope * ends).astype(np.float32),
        )

    def shares(self, vectors: Vectors) -> Float32[np.ndarray, "n k"]:
        scaled = (vectors - self.middle) / self.spread
        return _softmax(scaled @ self.weights.T + self.biases)

    def arrays(self) -> Mapping[str, np.ndarray]:
        return vars(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbours:
    """Votes of the clips that are nearest by angle, the nearer the heavier."""

    known: Vectors
    """Of length 1."""
    marks: Int64[np.ndarray, " n"]
    words: Int64[np.ndarray, ""]

    @classmethod
    def fitted(cls, vectors: Vectors, marks: Int64[np.ndarray, " n"], words: int) -> "Neighbours":
        return cls(known=_unit(vectors), marks=marks, words=np.array(words))

    def shares(self, vectors: Vectors) -> Float32[np.ndarray, "n k"]:
        near = _unit(vectors) @ self.known.T
        count = min(NEIGHBOURS, len(self.known))
        found = np.zeros((len(vectors), int(self.words)), np.float32)
        for row, likeness in enumerate(near):
            first = np.argsort(-likeness, kind="stable")[:count]
            votes = np.exp((likeness[first] - likeness[first[0]]) / TEMPERATURE)
            np.add.at(found[row], self.marks[first], votes)
        return np.asarray(found / found.sum(1, keepdims=True), np.float32)

    def arrays(self) -> Mapping[str, np.ndarray]:
        return vars(self)


KINDS: Mapping[str, type[Margins] | type[Neighbours]] = {"svm": Margins, "knn": Neighbours}


def fitted(
    kind: Literal["svm", "knn"], vectors: Vectors, marks: Int64[np.ndarray, " n"], words: int
) -> Shallow:
    """A head of that kind."""
    return KINDS[kind].fitted(vectors, marks, words)


def keep(head: Shallow, path: Path) -> None:
    """As plain arrays: what scikit-learn pickles could run code."""
    np.savez(path, allow_pickle=False, **head.arrays())


def opened(kind: Literal["svm", "knn"], path: Path) -> Shallow:
    """Raises `ModelError`."""
    try:
        with np.load(path, allow_pickle=False) as found:
            return KINDS[kind](**{name: found[name] for name in found.files})
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: no {kind} that can be read") from error


def _slope(margins: np.ndarray, marks: Int64[np.ndarray, " n"]) -> float:
    """By which margins become logits: one number for all words, so that their order stays."""
    right = margins[np.arange(len(marks)), marks]
    others = margins.sum(1) - right
    against = (right - others / max(1, margins.shape[1] - 1))[:, None]
    both = np.concatenate([against, -against])
    truth = np.repeat([1, 0], len(marks))
    line = LogisticRegression(fit_intercept=False).fit(both, truth)
    return max(float(line.coef_[0, 0]), LEAST)


def _softmax(logits: np.ndarray) -> Float32[np.ndarray, "n k"]:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True), np.float32)


def _unit(vectors: np.ndarray) -> Vectors:
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), LEAST)
    return np.asarray(vectors / lengths, np.float32)
