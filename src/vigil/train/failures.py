"""What a model gets wrong, one by one: missed, false, and doubtful."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Boxes, ModelCard, iou
from vigil.train.judging import MATCHED, Found, slices_of
from vigil.train.judging_words import Exam

PLACE_OFF = 0.1
"""Overlap with a thing of its word from which a box is not false, but off its place."""
UNSURE = 0.2
"""A word that is likelier than the next one by less is doubtful, right or wrong."""


class Kind(StrEnum):
    """What is wrong."""

    MISSED = "missed"
    FALSE = "false"
    DOUBTFUL = "doubtful"
    """Nearly right or nearly wrong: below the score, off its place, another word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One mistake, or nearly one, on one picture."""

    kind: Kind
    word: str
    """Of what is there; of a false find what was told."""
    told: str
    """What the model says, in a few words."""
    score: float
    """How sure it is; 0: it says nothing."""
    path: Path
    slices: tuple[str, ...]
    """`camera/NAME`, `light/…`, `size/…`, `crowd/…`."""
    truth: Box | None = None
    """Where the thing is, source pixels; None: none is there, or it is the whole picture."""
    found: Box | None = None
    """Where the model sees one."""


def failures_of(found: Sequence[Found], card: ModelCard, score: float) -> list[Failure]:
    """Of a detector that tells boxes from `score` on."""
    return [
        each for one in found for each in (*_missed(one, card, score), *_false(one, card, score))
    ]


def _missed(one: Found, card: ModelCard, score: float) -> list[Failure]:
    """Things without a box that is told; doubtful where one was nearly told."""
    failures = []
    for thing in np.flatnonzero(one.sure):
        boxes = np.flatnonzero(one.hits == thing)
        best = float(one.scores[boxes].max()) if len(boxes) else 0.0
        if best >= score:
            continue
        failures.append(
            Failure(
                kind=Kind.DOUBTFUL if len(boxes) else Kind.MISSED,
                word=card.labels[one.still.words[thing]],
                told=f"unsure {best:.2f}" if len(boxes) else "",
                score=best,
                path=one.still.path,
                slices=slices_of(one, _area(one.still.boxes[thing])),
                truth=_box(one.still.boxes[thing]),
                found=_box(one.boxes[boxes[0]]) if len(boxes) else None,
            )
        )
    return failures


def _false(one: Found, card: ModelCard, score: float) -> list[Failure]:
    """Boxes that are told and find nothing; doubtful where there is something after all."""
    failures = []
    overlaps = iou(one.boxes, one.still.boxes)
    for number in np.flatnonzero((one.hits < 0) & (one.scores >= score)):
        word = int(one.classes[number])
        near = overlaps[number]
        alike = np.where(one.still.words == word, near, 0.0)
        other = np.where(one.still.words != word, near, 0.0)
        kind, thing, told = Kind.FALSE, -1, f"{card.labels[word]} {one.scores[number]:.2f}"
        if len(near) and other.max() >= MATCHED:
            kind, thing = Kind.DOUBTFUL, int(other.argmax())
        elif len(near) and alike.max() >= PLACE_OFF:
            kind, thing = Kind.DOUBTFUL, int(alike.argmax())
            told += ", off its place or twice"
        failures.append(
            Failure(
                kind=kind,
                word=card.labels[word if thing < 0 else one.still.words[thing]],
                told=told,
                score=float(one.scores[number]),
                path=one.still.path,
                slices=slices_of(one, _area(one.boxes[number])),
                truth=None if thing < 0 else _box(one.still.boxes[thing]),
                found=_box(one.boxes[number]),
            )
        )
    return failures


def word_failures(
    exam: Exam, shares: Float32[np.ndarray, "n k"], words: Sequence[str]
) -> list[Failure]:
    """Of a classifier: a word for another is missed, and the other one false; told as one."""
    failures = []
    for row, probabilities in enumerate(shares):
        order = np.argsort(-probabilities)
        first, second = int(order[0]), int(order[1]) if len(order) > 1 else int(order[0])
        sure = float(probabilities[first])
        close = first != second and sure - float(probabilities[second]) < UNSURE
        right = first == exam.marks[row]
        if right and not close:
            continue
        failures.append(
            Failure(
                kind=Kind.DOUBTFUL if close else Kind.MISSED,
                word=words[exam.marks[row]],
                told=f"{words[first]} {sure:.2f}",
                score=sure,
                path=exam.paths[row],
                slices=exam.slices_of(row),
            )
        )
    return failures


def _area(box: Boxes) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _box(box: Boxes) -> Box:
    return Box(*(float(side) for side in box))
