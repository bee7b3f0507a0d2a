"""What is learnt on top of an embedder: one line between the words, and how far to trust it.

Legend of shapes: n pictures, d numbers of an embedder, k words, r rows of a head (one for two
words, else one a word).
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy.optimize import minimize

from vigil.core import DataError
from vigil.core.durable import write_durably

Loss = Literal["logistic", "squared_hinge"]
Vectors = Float32[np.ndarray, "n d"]
Marks = Int64[np.ndarray, " n"]
"""The number of each picture's word."""
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
FORMAT = 1
MOST_BYTES = 64 << 20
"""No head is larger; a zip file's own word about its size is not believed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """Turns vectors of one embedder into probabilities of words. Two words need one row only."""

    words: tuple[str, ...]
    """Of two, the first is what is looked for."""
    embedder: str
    """Which vectors it takes; others mean nothing to it."""
    weights: Float32[np.ndarray, "r d"]
    bias: Float32[np.ndarray, " r"]
    slope: Float32[np.ndarray, " r"]
    """Log odds that one unit of margin adds (Platt 1999)."""
    offset: Float32[np.ndarray, " r"]
    """Log odds at margin 0."""
    threshold: float = 0.5
    """Of two words: from which probability of the first on it is told."""

    def __post_init__(self) -> None:
        rows = 1 if len(self.words) == 2 else len(self.words)
        shapes = {getattr(self, name).shape for name in ("bias", "slope", "offset")}
        if len(self.words) < 2 or self.weights.ndim != 2 or len(self.weights) != rows:
            raise ValueError(f"{len(self.words)} words need {rows} rows: {self.weights.shape}")
        if shapes != {(rows,)}:
            raise ValueError(f"bias, slope and offset must have {rows} numbers: {shapes}")
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold: {self.threshold}; allowed: between 0 and 1")

    @property
    def version(self) -> str:
        """Hash of all that decides, 16 hexadecimal digits."""
        said = json.dumps([self.words, self.embedder, self.threshold]).encode()
        arrays = (self.weights, self.bias, self.slope, self.offset)
        content = [np.ascontiguousarray(a, "<f4").tobytes() for a in arrays]
        return hashlib.sha256(b"\0".join([said, *content])).hexdigest()[:16]

    def margins(self, vectors: Vectors) -> Float64[np.ndarray, "n r"]:
        """Signed distances from the line, in units of the fit. Raises ValueError."""
        if vectors.ndim != 2 or vectors.shape[1] != self.weights.shape[1]:
            raise ValueError(f"vectors (n, {self.weights.shape[1]}) wanted: {vectors.shape}")
        line = self.weights.T.astype(np.float64)
        return np.asarray(np.asarray(vectors, np.float64) @ line + self.bias)

    def probabilities(self, vectors: Vectors) -> Float64[np.ndarray, "n k"]:
        """Of each word; a row sums to 1."""
        return likelihoods(self.margins(vectors), self.slope, self.offset)

    def decide(self, vectors: Vectors) -> Marks:
        """The number of the word of each picture."""
        shares = self.probabilities(vectors)
        if len(self.words) == 2:
            return np.asarray(shares[:, 0] < self.threshold, np.int64)
        return np.asarray(np.argmax(shares, axis=1), np.int64)

    def save(self, path: Path) -> None:
        """One NPZ file: the arrays, and `about.json` that a person can read. Raises OSError."""
        about = {
            "format": FORMAT,
            "words": self.words,
            "embedder": self.embedder,
            "threshold": self.threshold,
            "version": self.version,
        }
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("about.json", json.dumps(about, indent=1, ensure_ascii=False))
            for name in ARRAYS:
                content = io.BytesIO()
                np.save(content, getattr(self, name).astype("<f4"), allow_pickle=False)
                archive.writestr(f"{name}.npy", content.getvalue())
        write_durably(path, memory.getvalue())


ARRAYS = tuple(
    field.name for field in fields(Head) if field.name not in {"words", "embedder", "threshold"}
)


def load_head(path: Path) -> Head:
    """Read what `Head.save` wrote; raises `DataError` when it is not that, unchanged."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(_entry(archive, "about.json"))
            arrays = {
                name: np.load(io.BytesIO(_entry(archive, f"{name}.npy")), allow_pickle=False)
                for name in ARRAYS
            }
        if about["format"] != FORMAT:
            raise DataError(f"{path.name}: format {about['format']}; allowed: {FORMAT}")
        head = Head(
            words=tuple(map(str, about["words"])),
            embedder=str(about["embedder"]),
            threshold=float(about["threshold"]),
            **arrays,
        )
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise DataError(f"{path.name}: no head that can be read ({error})") from error
    if head.version != about.get("version"):
        raise DataError(f"{path.name}: its content is not what its version says")
    return head


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as entry:
        content = entry.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DataError(f"{name}: larger than {MOST_BYTES >> 20} MB")
    return content


def fit_linear(
    vectors: Vectors,
    marks: Marks,
    words: Sequence[str],
    *,
    embedder: str,
    strength: float = STRENGTH,
    loss: Loss = "squared_hinge",
    texts: Float32[np.ndarray, "k d"] | None = None,
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
    texts: Float32[np.ndarray, "k d"] | None = None,
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


def likelihoods(
    margins: Float64[np.ndarray, "n r"],
    slope: Float32[np.ndarray, " r"],
    offset: Float32[np.ndarray, " r"],
) -> Float64[np.ndarray, "n k"]:
    """Probabilities of words from margins.

    A row was calibrated with its word as frequent as all others together. Where each word is as
    frequent as each other one, they are as likely as their odds compare.
    """
    odds = margins * slope + offset
    if margins.shape[1] == 1:
        yes = sigmoid(odds)
        return np.concatenate([yes, 1 - yes], axis=1)
    shares = np.exp(odds - odds.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


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


def sigmoid(odds: np.ndarray) -> np.ndarray:
    """The probability of log odds, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))


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
