"""What Sentry is told of its mistakes, by people and by those who are less sure."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from vigil.models.sentry import Sentry, boxes_of, cell_centres
from vigil.models.yolox import YoloxNano
from vigil.train.assigning import Assigned, Truth, assign
from vigil.train.overlaps import generalised_ious

SIDES_WEIGHT = 2.0
"""Of a box that is off, against a word that is wrong."""
DOUBTFUL = 0.5
"""A box believed less than this is no reason to find nothing there either."""
FOCUS = 2.0


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

    `soft`: it does not weigh less, but how far it is believed is a factor of its cells' goals: a
    student is to be as sure as its teacher, not sure of whatever its teacher says (as the soft
    labels of doubtful boxes in Xu et al. 2023, arXiv 2302.07577). Its sides still weigh less.
    """

    def __init__(self, *, soft: bool = False) -> None:
        super().__init__()
        self._soft = soft

    def forward(self, logits: Tensor, sides: Tensor, batch: Batch) -> Tensor:
        """A scalar. `logits` (b, n, k) and `sides` (b, n, 4) as `Sentry` gives them."""
        height, width = batch.pictures.shape[2:]
        centres, strides = cell_centres(height, width, device=logits.device)
        boxes = boxes_of(sides, centres, strides)
        assigned = assign(logits.sigmoid(), boxes, centres, strides, batch.truth)
        goals, trust = assigned.goals, _trust(assigned, centres, batch.truth)
        if self._soft:
            trust = torch.where(goals.sum(2) > 0, torch.ones_like(trust), trust)
            goals = goals * assigned.weights[..., None]
        worth = goals.sum(2) * trust
        share = worth.sum().clamp(min=1.0)
        return (
            self._words(logits, goals, trust) + SIDES_WEIGHT * _sides(boxes, assigned, worth)
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


class TrainedSentry(nn.Module):
    """A network with its loss, as a trainer wants it: a batch in, `loss` out."""

    def __init__(self, network: Sentry | YoloxNano, *, soft: bool = False) -> None:
        super().__init__()
        self.network = network
        self.loss = DetectorLoss(soft=soft)

    def forward(
        self, pictures: Tensor, boxes: Tensor, words: Tensor, weights: Tensor
    ) -> dict[str, Tensor]:
        batch = Batch(
            pictures=pictures.float(), truth=Truth(boxes=boxes, words=words, weights=weights)
        )
        # Colours of a pixel side by side: on a processor a step takes two thirds of the time.
        pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
        logits, sides = self.network(pictures)
        return {"loss": self.loss(logits.float(), sides.float(), batch)}
