"""What a detector is shown, and what it is told of its mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from vigil.core import DataError, ModelCard, ModelInput
from vigil.models.sentry import Exported, Sentry, boxes_of, cell_centres
from vigil.train import fitting
from vigil.train.assigning import Assigned, Truth, assign
from vigil.train.drawing import Drawn, varied
from vigil.train.fitting import Answered, Fit, Lesson, Told, run_fit
from vigil.train.judging import judge
from vigil.train.overlaps import generalised_ious
from vigil.train.stills import Still

SIDES_WEIGHT = 2.0
"""Of a box that is off, against a word that is wrong."""
DOUBTFUL = 0.5
"""A box believed less than this is no reason to find nothing there either."""
FOCUS = 2.0
GOAL = "average_precision_50"
NO_WORD = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Pictures with what is on them, on one device."""

    pictures: Tensor
    """(b, 3, h, w) RGB, 0 to 255."""
    truth: Truth


class DetectorLoss(nn.Module):
    """Words by focal cross entropy, boxes by generalised overlap.

    Quality focal loss (Li et al. 2020, arXiv 2006.04388): a cell's goal is how well its box fits,
    so that the score that a watch reads is an estimate of it. A box that is believed less, such
    as a teacher's unsure one, weighs less, and its cells are not taught that nothing is there.
    """

    def forward(self, logits: Tensor, sides: Tensor, batch: Batch) -> Tensor:
        """A scalar. `logits` (b, n, k) and `sides` (b, n, 4) as `Sentry` gives them."""
        height, width = batch.pictures.shape[2:]
        centres, strides = cell_centres(height, width, device=logits.device)
        boxes = boxes_of(sides, centres, strides)
        assigned = assign(logits.sigmoid(), boxes, centres, strides, batch.truth)
        trust = _trust(assigned, centres, batch.truth)
        worth = assigned.goals.sum(2) * trust
        share = worth.sum().clamp(min=1.0)
        return (
            self._words(logits, assigned.goals, trust)
            + SIDES_WEIGHT * _sides(boxes, assigned, worth)
        ) / share

    def _words(self, logits: Tensor, goals: Tensor, trust: Tensor) -> Tensor:
        off = (logits.sigmoid() - goals).abs() ** FOCUS
        each = functional.binary_cross_entropy_with_logits(logits, goals, reduction="none")
        return (off * each * trust[..., None]).sum()


def _sides(boxes: Tensor, assigned: Assigned, worth: Tensor) -> Tensor:
    learns = worth > 0
    off = 1 - generalised_ious(boxes[learns], assigned.boxes[learns])
    return (off * worth[learns]).sum()


def _trust(assigned: Assigned, centres: Tensor, truth: Truth) -> Tensor:
    """(b, n) how far what a cell is told is believed: 1 where no box is near."""
    near = (centres[:, None] >= truth.boxes[:, None, :, :2]).all(-1)
    near &= (centres[:, None] <= truth.boxes[:, None, :, 2:]).all(-1)  # (b, n, m)
    near &= (truth.words >= 0)[:, None]
    weights = truth.weights[:, None].expand_as(near)
    least = torch.where(near, weights, torch.ones_like(weights)).amin(2)
    most = torch.where(near, weights, torch.zeros_like(weights)).amax(2)
    told = assigned.goals.sum(2) > 0
    quiet = torch.where(least < DOUBTFUL, torch.zeros_like(least), torch.ones_like(least))
    return torch.where(told, most, quiet)


class TrainedDetector(nn.Module):
    """A network with its loss, as a trainer wants it: a batch in, `loss` out."""

    def __init__(self, network: Sentry) -> None:
        super().__init__()
        self.network = network
        self.loss = DetectorLoss()

    def forward(
        self, pictures: Tensor, boxes: Tensor, words: Tensor, weights: Tensor
    ) -> dict[str, Tensor]:
        batch = Batch(
            pictures=pictures.float(), truth=Truth(boxes=boxes, words=words, weights=weights)
        )
        logits, sides = self.network(batch.pictures)
        return {"loss": self.loss(logits, sides, batch)}


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedDetector:
    """A network as it was when it was best on pictures that it did not learn from."""

    network: Sentry
    steps: int


def fit_detector(
    learnt: Sequence[Still],
    judged: Sequence[Still],
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    begin: Mapping[str, Tensor] | None = None,
    told: Told = lambda done, total, best: None,
) -> FittedDetector:
    """Fit `card.labels` to stills, and judge by others after each epoch.

    `begin`: weights of an older network; what does not fit it (other words) begins anew.
    Raises `DataError` without a box on either side.
    """
    for stills, what in ((learnt, "train"), (judged, "val")):
        if not any(len(still.boxes) for still in stills):
            raise DataError(f"split {what!r}: no box of {', '.join(card.labels)}")
    fitting.prepare(fit)
    network = Sentry(len(card.labels))
    if begin is not None:
        fitting.begin_from(network, begin)
    answer = Answered(Exported(network))

    def metrics() -> dict[str, float]:
        found = judge(judged, answer, card)
        return {
            GOAL: found.average_precision_50,
            "average_precision": found.average_precision,
            "recall": found.recall,
            "precision": found.precision,
        }

    lesson = Lesson(
        model=TrainedDetector(network),
        pictures=_Pictures(learnt, card.input, seed=fit.seed),
        together=_together,
        judged=metrics,
        goal=GOAL,
    )
    steps = run_fit(lesson, card, folder, fit=fit, told=told)
    return FittedDetector(network=network, steps=steps)


class _Pictures(Dataset[Drawn]):
    """Stills, otherwise each time, but the same for the same seed, number and epoch."""

    def __init__(self, stills: Sequence[Still], size: ModelInput, *, seed: int) -> None:
        self._stills, self._size = stills, size
        self._chance = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._stills)

    def __getitem__(self, number: int) -> Drawn:
        return varied(self._stills, number, self._size, self._chance)


def _together(drawn: Sequence[Drawn]) -> dict[str, Tensor]:
    """A batch: rows after a picture's last box say so."""
    most = max(1, *(len(each.boxes) for each in drawn))
    boxes = np.zeros((len(drawn), most, 4), np.float32)
    words = np.full((len(drawn), most), NO_WORD, np.int64)
    weights = np.zeros((len(drawn), most), np.float32)
    for row, each in enumerate(drawn):
        boxes[row, : len(each.boxes)] = each.boxes
        words[row, : len(each.boxes)] = each.words
        weights[row, : len(each.boxes)] = each.weights
    pictures = np.stack([each.image for each in drawn]).transpose(0, 3, 1, 2)
    return {
        "pictures": torch.from_numpy(np.ascontiguousarray(pictures)),
        "boxes": torch.from_numpy(boxes),
        "words": torch.from_numpy(words),
        "weights": torch.from_numpy(weights),
    }
