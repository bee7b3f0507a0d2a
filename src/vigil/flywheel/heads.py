"""Fitting what is learnt on top of an embedder: one line between the words, calibrated.

Legend of shapes: n pictures, d numbers of an embedder, k words, r rows of a head (one for two
words, else one a word).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64
from scipy.optimize import minimize

from vigil.infer.head import Head, Marks, Vectors, sigmoid

Loss = Literal["logistic", "squared_hinge"]
Texts = Float32[np.ndarray, "k d"]
"""A vector of length 1 for each word, where the embedder knows text."""
STRENGTH = 300.0
"""Loss of all examples together against half the square of the weights. Vectors of unit length and
few examples want a line that fits them; chosen on draws of examples that no benchmark reports."""
USUAL = np.array([3.0, 0.0])
"""Slope, for margins of mean size 1, and offset that calibration begins from: the line stays where
the fit has put it until several examples say otherwise."""
DOUBT = 2.0
"""In examples: how many it takes to move calibration from there. Chosen, as the slope above, by the
calibration error of draws that no benchmark reports."""
MOST_STEPS = 300
ROUGH = 1e-5
"""Directions that hold less than this share of the largest are noise of float32."""


def fit_linear(
    vectors: Vectors,
    marks: Marks,
    words: Sequence[str],
    *,
    embedder: str,
    strength: float = STRENGTH,
    loss: Loss = "squared_hinge",
    texts: Texts | None = None,
) -> Head:
    """A line for each word against the others; each word weighs the same, however many pictures.

    `texts`: vectors of prompts, one a word, where the embedder knows text: the line then begins
    where the prompts put it, and examples move it only as far as they must. Not calibrated yet:
    its probabilities are those of the bare margin. Raises ValueError when a word has no picture.
    """
    rows = [0] if len(words) == 2 else list(range(len(words)))
    lines = []
    for row in rows:
        yes = marks == row
        prior = None if texts is None else _between_texts(texts, row)
        lines.append(_line(vectors, yes, strength, loss, prior))
    return Head(
        words=tuple(words),
        embedder=embedder,
        weights=np.stack([weights for weights, _ in lines]).astype(np.float32),
        bias=np.array([bias for _, bias in lines], np.float32),
        slope=np.ones(len(rows), np.float32),
        offset=np.zeros(len(rows), np.float32),
    )


def fit_prototypes(
    vectors: Vectors,
    marks: Marks,
    words: Sequence[str],
    *,
    embedder: str,
    texts: Texts | None = None,
    text_weight: float = 0.5,
) -> Head:
    """Nearest mean: each word is the mean direction of its pictures, and of its text if given.

    Works from one picture a word on, and from none where `texts` has a vector for it.
    """
    means = np.stack([_prototype(vectors[marks == number]) for number in range(len(words))])
    if texts is not None:
        shown = np.array([np.any(marks == number) for number in range(len(words))])
        share = np.where(shown, text_weight, 1.0)[:, None]
        means = _unit((1 - share) * means + share * _unit(texts))
    elif not np.all([np.any(marks == number) for number in range(len(words))]):
        raise ValueError("each word needs a picture, or a text")
    rows = means[:1] - means[1:2] if len(words) == 2 else len(words) * (means - means.mean(axis=0))
    middle = means[:2].mean(axis=0) if len(words) == 2 else means.mean(axis=0)
    count = len(rows)
    return Head(
        words=tuple(words),
        embedder=embedder,
        weights=rows.astype(np.float32),
        bias=np.asarray(-rows @ middle, np.float32),
        slope=np.full(count, 10.0, np.float32),
        offset=np.zeros(count, np.float32),
    )


def calibrated(
    head: Head, margins: Float64[np.ndarray, "n r"], marks: Marks, *, threshold: float = 0.5
) -> Head:
    """The head with Platt's slope and offset, from margins of pictures that it did not see."""
    fits = [platt(margins[:, row], marks == row) for row in range(margins.shape[1])]
    return replace(
        head,
        slope=np.array([slope for slope, _ in fits], np.float32),
        offset=np.array([offset for _, offset in fits], np.float32),
        threshold=threshold,
    )


def platt(margins: Float64[np.ndarray, " n"], yes: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the log odds, with Platt's own targets, which never say 0 or 1.

    The slope is never negative: a larger margin does not make a word less likely.
    """
    count = int(yes.sum())
    high, low = (count + 1) / (count + 2), 1 / (len(yes) - count + 2)
    target = np.where(yes, high, low)
    # Each word weighs the same, as in the fit: how often it comes up is not known from examples.
    share = np.where(yes, 0.5 / max(count, 1), 0.5 / max(len(yes) - count, 1))
    unit = max(float(np.abs(margins).mean()), 1e-9)
    scaled = margins / unit
    doubt = DOUBT / len(yes)

    def cost(given: Float64[np.ndarray, " 2"]) -> tuple[float, Float64[np.ndarray, " 2"]]:
        odds = given[0] * scaled + given[1]
        wrong = share * (sigmoid(odds) - target)
        value = float(np.sum(share * (np.logaddexp(0, odds) - target * odds)))
        away = given - USUAL
        value += 0.5 * doubt * float(away @ away)
        return value, np.array([wrong @ scaled, wrong.sum()]) + doubt * away

    found = minimize(cost, USUAL, jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)])
    return float(found.x[0]) / unit, float(found.x[1])


def _line(
    vectors: Vectors, yes: np.ndarray, strength: float, loss: Loss, prior: np.ndarray | None
) -> tuple[np.ndarray, float]:
    """Weights and bias between the pictures that show a word and those that do not."""
    count = int(yes.sum())
    if not 0 < count < len(yes):
        raise ValueError(f"pictures with and without are needed: {count} of {len(yes)}")
    middle = vectors.mean(axis=0, dtype=np.float64)
    moved = vectors - middle
    basis = _span(moved)
    shown = moved @ basis.T
    sign = np.where(yes, 1.0, -1.0)
    share = np.where(yes, 0.5 / count, 0.5 / (len(yes) - count))
    given = np.zeros(len(yes)) if prior is None else moved @ prior

    def cost(line: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _loss(sign * (shown @ line[:-1] + line[-1] + given), loss)
        pull = share * slope * sign
        total = float(share @ value) + 0.5 * float(line[:-1] @ line[:-1]) / strength
        return total, np.append(shown.T @ pull + line[:-1] / strength, pull.sum())

    found = minimize(
        cost, np.zeros(len(basis) + 1), jac=True, method="L-BFGS-B",
        options={"maxiter": MOST_STEPS},
    )  # fmt: skip
    weights = found.x[:-1] @ basis + (0 if prior is None else prior)
    return weights, float(found.x[-1] - middle @ weights)


def _loss(margin: np.ndarray, loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """Loss of each picture, and its slope along the margin."""
    if loss == "logistic":
        return np.logaddexp(0, -margin), -sigmoid(-margin)
    short = np.maximum(0, 1 - margin)
    return short * short, -2 * short


def _span(vectors: np.ndarray) -> np.ndarray:
    """Orthonormal directions that the pictures span: the best line lies there.

    So a fit costs what the few examples cost, however long their vectors are.
    """
    square = vectors @ vectors.T
    values, turns = np.linalg.eigh(square)
    kept = values > (ROUGH**2) * max(float(values[-1]), 1e-30)
    return np.asarray((turns[:, kept] / np.sqrt(values[kept])).T @ vectors)


def _between_texts(texts: np.ndarray, row: int) -> np.ndarray:
    others = np.delete(texts, row, axis=0).mean(axis=0)
    return np.asarray(texts[row] - others, np.float64) * TEXT_SCALE


TEXT_SCALE = 20.0
"""CLIP's cosines of right and wrong texts differ by a tenth or so; this makes odds of them."""


def _prototype(vectors: np.ndarray) -> np.ndarray:
    return _unit(vectors.mean(axis=0)) if len(vectors) else np.zeros(vectors.shape[1])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))
