"""What a classifier is shown, and what it is told of its mistakes: by people and by a teacher."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float16, Float32, Float64
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from vigil.core import DataError, Image, ModelCard, ModelInput
from vigil.models.glance import Exported, Glance
from vigil.train import fitting
from vigil.train.asking import Vectors, side_by_side
from vigil.train.copies import packed, varied
from vigil.train.features import FeatureLoss, Measure
from vigil.train.fitting import Answered, Fit, Lesson, Told, run_fit
from vigil.train.judging_words import Exam, judge_words
from vigil.train.shown import NOBODY, Shown

GOAL = "likelihood"
TEMPERATURE = 2.0
"""Softens what teacher and student say, so that what is unlikely is learnt, too."""
TEACHING = 0.5
"""Share of the teacher in what is learnt from a picture whose word somebody said."""
RAREST = 10.0
"""However rare a word is, its pictures weigh no more than so many of the mean one."""
FEATURES = 1.0
"""Of what embedders teach, against what is learnt of words."""
LEAST_AREA = 0.5
"""Of a picture that is cut: the word may be told by a part of it."""


class ClassifierLoss(nn.Module):
    """Cross entropy with the word that was said, and distillation where a teacher was asked.

    Distillation (Hinton et al. 2015, arXiv 1503.02531) compares what teacher and student find
    likely at a temperature T; times T² its slope is as steep as that of the cross entropy.
    """

    worth: Tensor

    def __init__(self, worth: Tensor) -> None:
        """`worth` (k,): of a picture of each word: frequent ones must not drown rare ones."""
        super().__init__()
        self.register_buffer("worth", worth)

    def forward(self, logits: Tensor, words: Tensor, weights: Tensor, taught: Tensor) -> Tensor:
        """A scalar. `logits` and `taught` (b, k), `words` and `weights` (b,).

        A word of -1 was not said; a row of zeros was not taught.
        """
        said, asked = words != NOBODY, taught.sum(1) > 0
        by_word = functional.cross_entropy(logits, words.clamp(min=0), reduction="none")
        goals = taught.clamp(min=1e-6) ** (1 / TEMPERATURE)
        by_teacher = TEMPERATURE**2 * functional.kl_div(
            functional.log_softmax(logits / TEMPERATURE, 1),
            goals / goals.sum(1, keepdim=True),
            reduction="none",
        ).sum(1)
        share = torch.where(said, TEACHING, 1.0) * asked
        each = (1 - share) * by_word + share * by_teacher
        worth = torch.where(said, self.worth[words.clamp(min=0)], taught @ self.worth)
        weight = weights * worth * (said | asked)
        return (each * weight).sum() / weight.sum().clamp(min=1e-6)


class TrainedClassifier(nn.Module):
    """A network with its loss, as a trainer wants it: a batch in, `loss` out."""

    def __init__(
        self, network: Glance, loss: ClassifierLoss, features: FeatureLoss | None = None
    ) -> None:
        """`features`: what embedders teach besides; None: none does."""
        super().__init__()
        self.network = network
        self.loss = loss
        self.features = features

    def forward(
        self,
        pictures: Tensor,
        words: Tensor,
        weights: Tensor,
        taught: Tensor,
        vectors: Tensor,
    ) -> dict[str, Tensor]:
        seen = self.network.embed(pictures.float())
        loss = self.loss(self.network.words(seen), words, weights, taught)
        if self.features is not None:
            loss = loss + FEATURES * self.features(seen, vectors.float()).mean()
        return {"loss": loss}


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedClassifier:
    """A network as it was when it was best on pictures that it did not learn from."""

    network: Glance
    steps: int


def fit_classifier(
    learnt: Sequence[Shown],
    judged: Sequence[Shown],
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    vectors: Sequence[Vectors] = (),
    measure: Measure = "cosine",
    told: Told = lambda done, total, best: None,
) -> FittedClassifier:
    """Fit `card.labels` to pictures, and judge by others after each epoch.

    `vectors`: of each embedder that teaches besides, a row a picture of `learnt`. The card's input
    must be `fit: stretch`. Raises `DataError`, also where a word has no picture to learn from, or
    none is left to judge by.
    """
    if card.input.fit != "stretch":
        raise DataError(f"{card.name}: fit {card.input.fit!r}; a classifier learns with: stretch")
    told_of = [each for each in learnt if vectors or each.word != NOBODY or each.taught is not None]
    counts = counts_of(told_of, len(card.labels))
    for word, count in zip(card.labels, counts, strict=True):
        if count < 1:
            raise DataError(f"split 'train': no picture of {word}")
    exam = Exam.of(judged, card)
    fitting.prepare(fit)
    network = Glance(len(card.labels))
    answer = Answered(Exported(network))
    worth = torch.from_numpy(worths(counts))
    features = FeatureLoss(network.numbers, vectors, measure=measure) if vectors else None
    shown = _Pictures(told_of, vectors, card.input, words=len(card.labels), seed=fit.seed)
    lesson = Lesson(
        model=TrainedClassifier(network, ClassifierLoss(worth), features),
        pictures=shown,
        together=_together,
        judged=lambda: judge_words(exam, answer, card.labels).metrics(),
        goal=GOAL,
    )
    steps = run_fit(lesson, card, folder, fit=fit, told=told)
    return FittedClassifier(network=network, steps=steps)


def counts_of(shown: Sequence[Shown], words: int) -> Float64[np.ndarray, " k"]:
    """Pictures of each word; one that only a teacher saw counts by its probabilities."""
    counts = np.zeros(words)
    for each in shown:
        if each.word != NOBODY:
            counts[each.word] += each.weight
        elif each.taught is not None:
            counts += each.weight * each.taught
    return counts


def worths(counts: Float64[np.ndarray, " k"]) -> Float32[np.ndarray, " k"]:
    """Of a picture of each word, the mean picture's being 1, so that words weigh the same."""
    even = counts.sum() / (len(counts) * counts)
    return np.asarray(np.minimum(even, RAREST), np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """A picture of the size that a network takes."""

    image: Image
    word: int
    weight: float
    taught: Float32[np.ndarray, " k"]
    vectors: Float16[np.ndarray, " d"]
    """Empty where no embedder teaches."""


class _Pictures(Dataset[_Seen]):
    """Whole pictures, cut, mirrored and weathered otherwise each time."""

    def __init__(
        self,
        shown: Sequence[Shown],
        vectors: Sequence[Vectors],
        size: ModelInput,
        *,
        words: int,
        seed: int,
    ) -> None:
        self._shown, self._vectors, self._size = shown, vectors, size
        self._untaught = np.zeros(words, np.float32)
        self._copies = [packed(each.image(), size) for each in shown]
        self._chance = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._shown)

    def __getitem__(self, number: int) -> _Seen:
        each = self._shown[number]
        copy = self._copies[number]
        return _Seen(
            image=varied(copy, self._size, self._chance, least_area=LEAST_AREA),
            word=each.word,
            weight=each.weight,
            taught=self._untaught if each.taught is None else each.taught,
            vectors=side_by_side(self._vectors, number),
        )


def _together(seen: Sequence[_Seen]) -> dict[str, Tensor]:
    pictures = np.stack([each.image for each in seen]).transpose(0, 3, 1, 2)
    return {
        "pictures": torch.from_numpy(np.ascontiguousarray(pictures)),
        "words": torch.tensor([each.word for each in seen]),
        "weights": torch.tensor([each.weight for each in seen]),
        "taught": torch.from_numpy(np.stack([each.taught for each in seen])),
        "vectors": torch.from_numpy(np.stack([each.vectors for each in seen])),
    }
