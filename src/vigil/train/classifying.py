"""What a classifier is shown, and what it is told of its mistakes: by people and by a teacher."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float16, Float32, Float64, UInt8
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from vigil.core import DataError, ModelCard, ModelInput
from vigil.infer.content import sha256_of
from vigil.infer.fitting import fitted_image
from vigil.models.glance import Exported, Glance
from vigil.models.namer import Namer
from vigil.train import fitting
from vigil.train.asking import Vectors, side_by_side
from vigil.train.beginning import Begin, namer_from
from vigil.train.copies import packed, varied
from vigil.train.features import FeatureLoss, Measure
from vigil.train.fitting import Answered, Fit, Lesson, Metrics, Told, run_fit
from vigil.train.judging_words import Exam, judge_words, judged_words
from vigil.train.keeping import KeptMaps
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
BODY_RATE = 0.1
"""Of the rate at which words are learnt: a body that has learnt to see only adapts."""
FIRST = 32
"""Pictures from which the norms of a body that was taken over begin."""
MAPS_FOLDER = "maps"
AT_ONCE = 64
"""Pictures that are judged in one go."""
Given = UInt8[np.ndarray, "3 h w"] | Float16[np.ndarray, "c h w"]
"""A picture, or its map behind the kept blocks of a network."""
Judge = Callable[[], Metrics]


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
        self,
        network: Glance | Namer,
        loss: ClassifierLoss,
        features: FeatureLoss | None = None,
    ) -> None:
        """`features`: what embedders teach besides; None: none does.

        Of a network whose first blocks are kept, a batch holds maps behind these, no pictures.
        """
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
        given, network = pictures.float(), self.network
        from_maps = isinstance(network, Namer) and network.kept
        seen = network.late(given) if from_maps else network.embed(given)
        loss = self.loss(self.network.words(seen), words, weights, taught)
        if self.features is not None:
            loss = loss + FEATURES * self.features(seen, vectors.float()).mean()
        return {"loss": loss}


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedClassifier:
    """A network as it was when it was best on pictures that it did not learn from."""

    network: Glance | Namer
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
    begin: Begin | None = None,
    told: Told = lambda done, total, best: None,
) -> FittedClassifier:
    """Fit `card.labels` to pictures, and judge by others after each epoch.

    `vectors`: of each embedder that teaches besides, a row a picture of `learnt`. `begin`: of which
    not the whole body stays (see `body`); None: a `Glance` that begins with nothing. The card's
    input must be `fit: stretch`. Raises `DataError`, also where a word has no picture to learn
    from, or none is left to judge by, and `ModelError` for a file that no student can begin as.
    """
    if card.input.fit != "stretch":
        raise DataError(f"{card.name}: fit {card.input.fit!r}; a classifier learns with: stretch")
    told_of = [each for each in learnt if vectors or each.word != NOBODY or each.taught is not None]
    counts = counts_of_all(told_of, card)
    known = [each for each in judged if each.truth() != NOBODY]
    exam = Exam.of(known, card)
    fitting.prepare(fit)
    network = _network(begin, told_of, card)
    if begin is not None and isinstance(network, Namer) and network.kept:
        maps = KeptMaps(
            network, weights=sha256_of(begin.path), size=card.input,
            folder=begin.maps or folder / MAPS_FOLDER,
        )  # fmt: skip
        given, judge = _kept(told_of, maps, fit.seed), _behind(network, maps, known, exam, card)
    else:
        given, judge = _varied(told_of, card.input, fit.seed), _as_the_watch(network, exam, card)
    features = FeatureLoss(network.numbers, vectors, measure=measure) if vectors else None
    lesson = Lesson(
        model=TrainedClassifier(
            network, ClassifierLoss(torch.from_numpy(worths(counts))), features
        ),
        pictures=_Pictures(told_of, vectors, given, words=len(card.labels)),
        together=_together,
        judged=judge,
        goal=GOAL,
        share_of_rate=None if begin is None else _share_of_rate,
    )
    steps = run_fit(lesson, card, folder, fit=fit, told=told)
    return FittedClassifier(network=network, steps=steps)


def _network(begin: Begin | None, shown: Sequence[Shown], card: ModelCard) -> Glance | Namer:
    if begin is None:
        return Glance(len(card.labels))
    rows = np.linspace(0, len(shown) - 1, min(FIRST, len(shown))).astype(int)
    images = np.stack([fitted_image(shown[row].image(), card.input) for row in rows])
    pictures = torch.from_numpy(images.transpose(0, 3, 1, 2).copy()).float()
    return namer_from(begin, len(card.labels), pictures)


def _share_of_rate(parameter: str) -> float:
    return BODY_RATE if parameter.startswith("network.trunk") else 1.0


def _as_the_watch(network: Glance | Namer, exam: Exam, card: ModelCard) -> Judge:
    answer = Answered(Exported(network))
    return lambda: judge_words(exam, answer, card.labels).metrics()


def _behind(
    network: Namer, maps: KeptMaps, known: Sequence[Shown], exam: Exam, card: ModelCard
) -> Judge:
    """The same by the maps of pictures, all at once; `known` are those of the exam."""
    whole = torch.from_numpy(np.stack([maps.of(each)[0] for each in known]))

    def judge() -> Metrics:
        network.eval()
        there = whole.to(network.word_logits.weight.device)
        with torch.no_grad():
            parts = [network.words(network.late(some.float())) for some in there.split(AT_ONCE)]
        shares = functional.softmax(torch.cat(parts), 1).cpu().numpy()
        return judged_words(exam, shares, card.labels).metrics()

    return judge


def counts_of(shown: Sequence[Shown], words: int) -> Float64[np.ndarray, " k"]:
    """Pictures of each word; one that only a teacher saw counts by its probabilities."""
    counts = np.zeros(words)
    for each in shown:
        if each.word != NOBODY:
            counts[each.word] += each.weight
        elif each.taught is not None:
            counts += each.weight * each.taught
    return counts


def counts_of_all(shown: Sequence[Shown], card: ModelCard) -> Float64[np.ndarray, " k"]:
    """The same; raises `DataError` where a word of the card has no picture to learn from."""
    counts = counts_of(shown, len(card.labels))
    for word, count in zip(card.labels, counts, strict=True):
        if count < 1:
            raise DataError(f"split 'train': no picture of {word}")
    return counts


def worths(counts: Float64[np.ndarray, " k"]) -> Float32[np.ndarray, " k"]:
    """Of a picture of each word, the mean picture's being 1, so that words weigh the same."""
    even = counts.sum() / (len(counts) * counts)
    return np.asarray(np.minimum(even, RAREST), np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What a network is given of a picture, and what it is told."""

    given: Given
    word: int
    weight: float
    taught: Float32[np.ndarray, " k"]
    vectors: Float16[np.ndarray, " d"]
    """Empty where no embedder teaches."""


class _Pictures(Dataset[_Seen]):
    """Whole pictures."""

    def __init__(
        self,
        shown: Sequence[Shown],
        vectors: Sequence[Vectors],
        given: Callable[[int], Given],
        *,
        words: int,
    ) -> None:
        """`given`: of the picture in that row."""
        self._shown, self._vectors, self._given = shown, vectors, given
        self._untaught = np.zeros(words, np.float32)

    def __len__(self) -> int:
        return len(self._shown)

    def __getitem__(self, number: int) -> _Seen:
        each = self._shown[number]
        return _Seen(
            given=self._given(number),
            word=each.word,
            weight=each.weight,
            taught=self._untaught if each.taught is None else each.taught,
            vectors=side_by_side(self._vectors, number),
        )


def _varied(shown: Sequence[Shown], size: ModelInput, seed: int) -> Callable[[int], Given]:
    """Pictures, cut, mirrored and weathered otherwise each time."""
    copies = [packed(each.image(), size) for each in shown]
    chance = np.random.default_rng(seed)

    def given(number: int) -> Given:
        image = varied(copies[number], size, chance, least_area=LEAST_AREA)
        return image.transpose(2, 0, 1)

    return given


def _kept(shown: Sequence[Shown], maps: KeptMaps, seed: int) -> Callable[[int], Given]:
    """Maps of pictures, of any variation each time."""
    every = [maps.of(each) for each in shown]
    chance = np.random.default_rng(seed)
    return lambda number: every[number][chance.integers(len(every[number]))]


def _together(seen: Sequence[_Seen]) -> dict[str, Tensor]:
    return {
        "pictures": torch.from_numpy(np.stack([each.given for each in seen])),
        "words": torch.tensor([each.word for each in seen]),
        "weights": torch.tensor([each.weight for each in seen]),
        "taught": torch.from_numpy(np.stack([each.taught for each in seen])),
        "vectors": torch.from_numpy(np.stack([each.vectors for each in seen])),
    }
