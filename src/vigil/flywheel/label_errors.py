"""Which labels are worth a second look by a person, the most doubtful first.

Words of whole pictures: Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in
Dataset Labels" (Journal of Artificial Intelligence Research, 2021). Boxes: what teachers that did
not learn from them say instead.

Legend of shapes: n pictures, k words.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from vigil.core import Box, Detections, iou

Fits = Callable[[float, str], bool]
"""Whether a proposal counts, by its overlap and its word."""
Kind = Literal["word", "missing", "spurious", "place"]
SAME_IOU = 0.5
TOUCHING_IOU = 0.1
"""From which overlap on a proposal that is not the same box is about the same thing."""


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """One label, or the lack of one, that may be wrong."""

    kind: Kind
    """`word`: it is something else; `missing`: nobody has labelled it; `spurious`: there is
    nothing; `place`: the box is elsewhere."""
    score: float
    """0 to 1, the higher the more doubtful."""
    word: str
    """Of the label; of what is missing, the one that it should have."""
    box: Box | None = None
    """Of the label, or of what is missing; None: the whole picture."""
    instead: str = ""
    """The word that it should have."""


def confident_joint(
    shares: Float64[np.ndarray, "n k"], marks: Int64[np.ndarray, " n"]
) -> tuple[Int64[np.ndarray, "k k"], Int64[np.ndarray, " n"]]:
    """How many pictures of each label (rows) surely are of each word (columns), and which.

    `shares`: probabilities by who did not learn from the label. A picture surely is of a word when
    it is as likely as that word is on average where it is the label; of several, of the likeliest.
    The second array holds that word, -1 where nothing is sure.
    """
    count = shares.shape[1]
    usual = np.array(
        [
            shares[marks == word, word].mean() if (marks == word).any() else 2
            for word in range(count)
        ]
    )
    able = np.where(shares >= usual, shares, -1.0)
    sure = np.where(able.max(axis=1) >= 0, able.argmax(axis=1), -1)
    joint = np.zeros((count, count), np.int64)
    np.add.at(joint, (marks[sure >= 0], sure[sure >= 0]), 1)
    return joint, np.asarray(sure, np.int64)


def word_doubts(
    shares: Float64[np.ndarray, "n k"], marks: Int64[np.ndarray, " n"], words: Sequence[str]
) -> list[tuple[int, Doubt]]:
    """Pictures that surely are of another word than their label's; by how much more likely it is.

    Each with its index, the most doubtful first.
    """
    _, sure = confident_joint(shares, marks)
    found = []
    for index in np.flatnonzero((sure >= 0) & (sure != marks)):
        more = float(shares[index, sure[index]] - shares[index, marks[index]])
        doubt = Doubt(
            kind="word",
            score=(1 + more) / 2,
            word=words[marks[index]],
            instead=words[sure[index]],
        )
        found.append((int(index), doubt))
    return sorted(found, key=lambda each: -each[1].score)


def box_doubts(labels: Detections, teachers: Sequence[Detections]) -> list[Doubt]:
    """What teachers say against the labels of one picture, the most doubtful first.

    `labels`: their scores do not matter. Each teacher has the same weight, as sure as it is.
    """
    found = [_of_label(labels, index, teachers) for index in range(len(labels))]
    found += _missing(labels, teachers)
    return sorted((each for each in found if each.score > 0), key=lambda each: -each.score)


def _of_label(labels: Detections, index: int, teachers: Sequence[Detections]) -> Doubt:
    """The strongest thing that is said against one box."""
    word, box = labels.labels[index], Box(*map(float, labels.boxes[index]))
    near = [_near(labels.boxes[index : index + 1], each) for each in teachers]
    agreed = _mean(near, teachers, _same(word))
    names = {name for each in teachers for name in each.labels} - {word}
    others = {name: _mean(near, teachers, _same(name)) for name in names}
    best = max(others, key=lambda name: others[name], default="")
    if best and others[best] > agreed:
        score = others[best] * (1 - agreed)
        return Doubt(kind="word", score=score, word=word, box=box, instead=best)
    beside = _mean(
        near, teachers, lambda overlap, said: TOUCHING_IOU <= overlap < SAME_IOU and said == word
    )
    if beside > agreed:
        return Doubt(kind="place", score=beside * (1 - agreed), word=word, box=box)
    return Doubt(kind="spurious", score=1 - agreed, word=word, box=box)


def _missing(labels: Detections, teachers: Sequence[Detections]) -> Iterator[Doubt]:
    """What teachers see where nobody has labelled anything; the same thing once."""
    told: list[Box] = []
    seen = [
        (float(score), word, Box(*map(float, box)))
        for each in teachers
        for box, score, word in zip(each.boxes, each.scores, each.labels, strict=True)
    ]
    for _, word, box in sorted(seen, reverse=True):
        row = np.array([box], np.float32)
        taken = np.concatenate([labels.boxes, np.array(told, np.float32).reshape(-1, 4)])
        if len(taken) and iou(row, taken).max() >= TOUCHING_IOU:
            continue
        told.append(box)
        near = [_near(row, each) for each in teachers]
        score = _mean(near, teachers, _same(word))
        yield Doubt(kind="missing", score=score, word=word, box=box)


def _same(word: str) -> Fits:
    return lambda overlap, said: overlap >= SAME_IOU and said == word


def _near(box: np.ndarray, found: Detections) -> np.ndarray:
    return np.asarray(iou(box, found.boxes)[0])


def _mean(near: Sequence[np.ndarray], teachers: Sequence[Detections], fits: Fits) -> float:
    """How sure teachers are, on average, of the best box that fits."""
    best = [
        max(
            (
                float(score)
                for overlap, score, word in zip(over, each.scores, each.labels, strict=True)
                if fits(float(overlap), word)
            ),
            default=0.0,
        )
        for over, each in zip(near, teachers, strict=True)
    ]
    return float(np.mean(best)) if best else 0.0
