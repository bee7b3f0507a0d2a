"""What a student is told by embedders: to find alike what they find alike, in fewer numbers.

What the student says of a picture goes through one line a teacher and is compared with what that
teacher says (Romero et al. 2015, arXiv 1412.6550). Teachers may differ in all things: each has a
line of its own, and weighs the same. The lines are forgotten after training.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float16
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from vigil.core import DataError, Image, ModelCard, ModelInput
from vigil.models.gist import Gist
from vigil.models.likeness import Likeness
from vigil.models.spread import Spread
from vigil.train import fitting
from vigil.train.asking import Vectors, side_by_side
from vigil.train.beginning import begin_from_published
from vigil.train.copies import packed, varied
from vigil.train.fitting import Fit, Lesson, Metrics, Told, run_fit
from vigil.train.shown import Shown

Measure = Literal["cosine", "mse"]
Network = Literal["likeness", "gist"]
GOAL = "likeness"
LEAST_AREA = 0.8
"""Of a picture that is cut: the teachers have seen all of it."""
LEAST = 1e-6
KEPT = 7
"""Blocks of published weights that stay as they are. They see edges and textures, which are the
same at all sizes, and learning them costs more than all that follows."""
SPREAD = 400
"""Pictures by which the vectors are spread."""
SIDES = ((0.5, 0.5), (0.8, 0.75))
"""Until which share of all batches a network that begins from nothing is shown which share of the
sides: what is learnt first, edges and colours, is learnt from small pictures at a quarter of the
price (Tan and Le 2021, arXiv 2104.00298)."""
STEP = 32
"""Pixels of which sides are multiples."""
BATCH = 32
"""Pictures that are judged at once, and from which a network's norms begin."""


class FeatureLoss(nn.Module):
    """How far a student's vectors are, through a line, from those of each teacher.

    `cosine`: 1 less the cosine; `mse`: the mean square, for each unit of the teacher's own spread.
    Of both the teacher's mean is taken away before: vectors of one network share most of their
    direction, and what pictures differ in is what a head needs.
    """

    means: Tensor
    spreads: Tensor

    def __init__(
        self, numbers: int, teachers: Sequence[Vectors], *, measure: Measure = "cosine"
    ) -> None:
        """`numbers`: of the student's vector. `teachers`: what each says of what is learnt."""
        super().__init__()
        self.measure = measure
        self.widths = [each.shape[1] for each in teachers]
        self.lines = nn.ModuleList(nn.Linear(numbers, width) for width in self.widths)
        means = [torch.from_numpy(each.mean(0, dtype=np.float32)) for each in teachers]
        spreads = [float(each.var(0, dtype=np.float32).mean()) for each in teachers]
        self.register_buffer("means", torch.cat(means))
        self.register_buffer("spreads", torch.tensor(spreads).clamp(min=LEAST))

    def forward(self, vectors: Tensor, taught: Tensor) -> Tensor:
        """(b,). `vectors` (b, numbers); `taught` (b, the numbers of all teachers in a row)."""
        goals = (taught - self.means).split(self.widths, 1)
        each = [
            self._off(line(vectors), goal, spread)
            for line, goal, spread in zip(self.lines, goals, self.spreads, strict=True)
        ]
        return torch.stack(each).mean(0)

    def _off(self, said: Tensor, goal: Tensor, spread: Tensor) -> Tensor:
        if self.measure == "mse":
            return (said - goal / spread.sqrt()).square().mean(1)
        return 1 - functional.cosine_similarity(said, goal, dim=1)


class TrainedLikeness(nn.Module):
    """A network with its loss, as a trainer wants it: a batch in, `loss` out."""

    done: Tensor

    def __init__(self, network: Spread, loss: FeatureLoss, *, grows_over: int = 0) -> None:
        """`grows_over`: batches in which pictures become as large as they are; 0: they are so."""
        super().__init__()
        self.network = network
        self.loss = loss
        self._grows_over = grows_over
        # With the weights, so that a run that was cut short goes on at its size.
        self.register_buffer("done", torch.zeros((), dtype=torch.int64))

    def forward(self, pictures: Tensor, taught: Tensor) -> dict[str, Tensor]:
        shown = pictures.float()
        if self.training:
            shown = self._smaller(shown)
            self.done += 1
        # Channels last: half the time on a processor.
        shown = shown.contiguous(memory_format=torch.channels_last)
        return {"loss": self.loss(self.network(shown), taught.float()).mean()}

    def _smaller(self, pictures: Tensor) -> Tensor:
        share = int(self.done) / max(self._grows_over, 1)
        scale = next((sides for until, sides in SIDES if share < until), 1.0)
        if not self._grows_over or scale == 1:
            return pictures
        size = [max(STEP, round(side * scale / STEP) * STEP) for side in pictures.shape[2:]]
        return functional.interpolate(pictures, size, mode="bilinear", antialias=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedLikeness:
    """A network as it was when it was best on pictures that it did not learn from."""

    network: Spread
    steps: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Taught:
    """Pictures and what each teacher says of them, in the same order."""

    pictures: Sequence[Shown]
    vectors: Sequence[Vectors]


def fit_likeness(
    learnt: Taught,
    judged: Taught,
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    network: Network = "likeness",
    measure: Measure = "cosine",
    begin: Path | None = None,
    told: Told = lambda done, total, best: None,
) -> FittedLikeness:
    """Fit a network's vectors to those of teachers, and judge by other pictures after each epoch.

    `begin`: as `begin_from_published`, of `likeness` alone. The card's input must be
    `fit: stretch`. Raises `DataError` without a picture on either side.
    """
    for side, what in ((learnt, "train"), (judged, "val")):
        if not side.pictures:
            raise DataError(f"split {what!r}: no picture")
    if card.input.fit != "stretch":
        raise DataError(f"{card.name}: fit {card.input.fit!r}; an embedder learns with: stretch")
    fitting.prepare(fit)
    pictures = _Pictures(learnt, card.input)
    student = Gist() if network == "gist" else Likeness()
    if begin is not None:
        if not isinstance(student, Likeness):
            raise DataError(f"network {network}: begins from nothing; allowed with begin: likeness")
        begin_from_published(student, begin, pictures.some(BATCH, seed=fit.seed))
        student.trunk[:KEPT].requires_grad_(False)
    loss = FeatureLoss(student.numbers, learnt.vectors, measure=measure)
    in_all = fit.epochs * -(-len(pictures) // fit.batch)
    model = TrainedLikeness(student, loss, grows_over=in_all if network == "gist" else 0)
    unseen = _Pictures(judged, card.input)

    @torch.no_grad()
    def metrics() -> Metrics:
        # The same weather in every epoch, so that epochs compare.
        batches = unseen.again(seed=fit.seed)
        off = [float(model(**each)["loss"]) * len(each["pictures"]) for each in batches]
        return {GOAL: 1 - sum(off) / len(judged.pictures)}

    lesson = Lesson(model=model, pictures=pictures, together=_together, judged=metrics, goal=GOAL)
    steps = run_fit(lesson, card, folder, fit=fit, told=told)
    student.spread(pictures.some(SPREAD, seed=fit.seed))
    return FittedLikeness(network=student, steps=steps)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """A picture of the size that a network takes."""

    image: Image
    taught: Float16[np.ndarray, " d"]


class _Pictures(Dataset[_Seen]):
    """Pictures, nearly whole, weathered otherwise each time; the teachers saw them clear."""

    def __init__(self, taught: Taught, size: ModelInput) -> None:
        self._size, self._vectors = size, taught.vectors
        self._copies = [packed(each.image(), size) for each in taught.pictures]

    def __len__(self) -> int:
        return len(self._copies)

    def __getitem__(self, number: int) -> _Seen:
        # From the chance that a trainer keeps with its checkpoints: what was cut short goes on
        # with the weather that it would have had.
        return self._seen(number, np.random.default_rng(random.getrandbits(64)))

    def _seen(self, number: int, chance: np.random.Generator) -> _Seen:
        return _Seen(
            image=varied(self._copies[number], self._size, chance, least_area=LEAST_AREA),
            taught=side_by_side(self._vectors, number),
        )

    def again(self, *, seed: int) -> Iterator[dict[str, Tensor]]:
        """All in batches, with the chance of this seed."""
        chance = np.random.default_rng(seed)
        for start in range(0, len(self), BATCH):
            rows = range(start, min(start + BATCH, len(self)))
            yield _together([self._seen(row, chance) for row in rows])

    def some(self, count: int, *, seed: int) -> Tensor:
        """Pictures from all over, (b, 3, h, w); the same for the same seed."""
        chance = np.random.default_rng(seed)
        rows = np.linspace(0, len(self) - 1, min(count, len(self))).astype(int)
        return _together([self._seen(int(row), chance) for row in rows])["pictures"].float()


def _together(seen: Sequence[_Seen]) -> dict[str, Tensor]:
    pictures = np.stack([each.image for each in seen]).transpose(0, 3, 1, 2)
    return {
        "pictures": torch.from_numpy(np.ascontiguousarray(pictures)),
        "taught": torch.from_numpy(np.stack([each.taught for each in seen])),
    }
