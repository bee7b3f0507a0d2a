"""How good a classifier is: accuracy, F1, and how far its probabilities may be believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from vigil.core import DataError, Image, ModelCard
from vigil.infer.calibration import calibration_error
from vigil.infer.classify import shares_of
from vigil.infer.fitting import fitted_image
from vigil.train.judging import Answer
from vigil.train.shown import NOBODY, Shown
from vigil.train.slices import Slices, light_of

LEAST = 1e-6
"""Probability below which a mistake costs no more."""


@dataclass(frozen=True, kw_only=True)
class JudgedWords:
    """What a classifier reached on pictures that it has not learnt from."""

    pictures: int
    accuracy: float
    """Share of pictures whose word it finds likeliest."""
    f1: float
    """Mean over the words that are there."""
    calibration: float
    """Expected calibration error."""
    likelihood: float
    """Geometric mean of the probability of the right word: moves where accuracy stands still."""
    recall: Mapping[str, float] = field(default_factory=dict)
    """Of each word that is there."""
    precision: Mapping[str, float] = field(default_factory=dict)
    """Of each word that is there; 0 where it was never told."""
    accuracy_by: Mapping[str, float] = field(default_factory=dict)
    """Of each camera, as `camera/NAME`, and of `light/day` and `light/dark`."""
    pictures_by: Mapping[str, int] = field(default_factory=dict)
    """How many pictures that is a share of."""

    def metrics(self) -> dict[str, float]:
        """As a model card keeps them."""
        plain = {
            "accuracy": self.accuracy,
            "f1": self.f1,
            "calibration_error": self.calibration,
            "likelihood": self.likelihood,
        }
        words = {f"recall/{word}": value for word, value in self.recall.items()}
        words |= {f"precision/{word}": value for word, value in self.precision.items()}
        slices = {f"accuracy/{name}": value for name, value in self.accuracy_by.items()}
        return {name: round(value, 4) for name, value in (plain | words | slices).items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Exam:
    """Pictures as a card wants them, read once, with what is true of them."""

    images: Sequence[Image]
    marks: Int64[np.ndarray, " n"]
    """The number of each picture's word."""
    groups: Sequence[str]
    lights: Sequence[str]
    """`light/day` or `light/dark`."""
    paths: Sequence[Path]

    @classmethod
    def of(cls, shown: Sequence[Shown], card: ModelCard) -> "Exam":
        """Those of which somebody, or else a teacher, said something; raises `DataError`."""
        known = [each for each in shown if each.truth() != NOBODY]
        if not known:
            raise DataError(f"no picture to judge {card.name} by")
        fitted, lights = [], []
        for each in known:
            image = each.image()
            fitted.append(fitted_image(image, card.input))
            lights.append(light_of(image))
        return cls(
            images=fitted,
            marks=np.array([each.truth() for each in known], np.int64),
            groups=[each.group for each in known],
            lights=lights,
            paths=[each.path for each in known],
        )

    def slices_of(self, row: int) -> tuple[str, ...]:
        """Those to which a picture belongs."""
        camera = (f"camera/{self.groups[row]}",) if self.groups[row] else ()
        return (*camera, self.lights[row])

    def asked(self, answer: Answer) -> Float32[np.ndarray, "n k"]:
        """Probabilities of the words, asking for each picture once, as the watch would."""
        return np.stack([shares_of(answer(image)) for image in self.images])


def judge_words(exam: Exam, answer: Answer, words: Sequence[str]) -> JudgedWords:
    """How good the answers to an exam are."""
    return judged_words(exam, exam.asked(answer), words)


def judged_words(
    exam: Exam, shares: Float32[np.ndarray, "n k"], words: Sequence[str]
) -> JudgedWords:
    """The same of answers at hand."""
    told = shares.argmax(1)
    right = told == exam.marks
    there = sorted(set(exam.marks.tolist()))
    recall = {words[mark]: float(right[exam.marks == mark].mean()) for mark in there}
    precision = {words[mark]: _share(right[told == mark]) for mark in there}
    likely = shares[np.arange(len(shares)), exam.marks]
    slices = Slices()
    for row in range(len(shares)):
        slices.add(exam.slices_of(row), right=bool(right[row]))
    return JudgedWords(
        pictures=len(shares),
        accuracy=float(right.mean()),
        f1=float(np.mean([_f1(recall[words[mark]], precision[words[mark]]) for mark in there])),
        calibration=calibration_error(shares, exam.marks),
        likelihood=float(np.exp(np.log(np.maximum(likely, LEAST)).mean())),
        recall=recall,
        precision=precision,
        accuracy_by=slices.shares,
        pictures_by=slices.counts,
    )


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if len(right) else 0.0


def _f1(recall: float, precision: float) -> float:
    return 2 * recall * precision / max(recall + precision, LEAST)
