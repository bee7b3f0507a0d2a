"""Which cells are to answer for which box: those that are sure of the word and fit the box.

Task-aligned assignment (Feng et al. 2021, arXiv 2108.07755). Legend: b pictures, n cells, m boxes
of the fullest picture, k words.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from vigil.train.overlaps import ious

CELLS = 10
"""So many cells learn a box, at most."""
WORD_POWER, FIT_POWER = 0.5, 4.0
"""How much a cell's word and its overlap weigh against each other."""
LEAST = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """What is on the pictures of a batch."""

    boxes: Tensor
    """(b, m, 4) x1 y1 x2 y2, pixels; rows after a picture's last box are zeros."""
    words: Tensor
    """(b, m) numbers of words; -1: no box."""
    weights: Tensor
    """(b, m) how far each is believed, 0 to 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Assigned:
    """What each cell is to say."""

    goals: Tensor
    """(b, n, k) probability of each word."""
    boxes: Tensor
    """(b, n, 4); means nothing where no goal is."""
    weights: Tensor
    """(b, n) how far that box is believed; means nothing where no goal is."""


@torch.no_grad()
def assign(
    probabilities: Tensor, boxes: Tensor, centres: Tensor, strides: Tensor, truth: Truth
) -> Assigned:
    """Give each box its best cells, by what the network says now.

    `probabilities` (b, n, k), `boxes` (b, n, 4), `centres` (n, 2), `strides` (n,). A cell that two
    boxes want learns the one that it overlaps more. The goal of a box's best cell is its
    overlap; those of its other cells are in proportion.
    """
    there = truth.words >= 0
    if not there.any():
        return Assigned(
            goals=torch.zeros_like(probabilities),
            boxes=torch.zeros_like(boxes),
            weights=torch.zeros_like(boxes[..., 0]),
        )
    overlaps = ious(truth.boxes, boxes)  # (b, m, n)
    words = truth.words.clamp(min=0)
    index = words[:, :, None].expand(-1, -1, probabilities.shape[1])
    sure = probabilities.transpose(1, 2).gather(1, index)
    alignment = sure**WORD_POWER * overlaps**FIT_POWER + LEAST
    alignment = alignment * (_may(centres, strides, truth.boxes) & there[:, :, None])
    chosen = _best(alignment) & (alignment > 0)
    # One box a cell: the one that it overlaps more.
    contested = torch.where(chosen, overlaps, -torch.ones_like(overlaps))
    owner = contested.argmax(1)  # (b, n)
    chosen &= torch.zeros_like(chosen).scatter_(1, owner[:, None], value=True)

    alignment = alignment * chosen
    strongest = alignment.amax(2, keepdim=True).clamp(min=LEAST)
    fit = (overlaps * chosen).amax(2, keepdim=True)
    worth = (alignment / strongest * fit).gather(1, owner[:, None])[:, 0]  # (b, n)
    goals = torch.zeros_like(probabilities)
    goals.scatter_(2, words.gather(1, owner)[..., None], worth[..., None])
    wanted = truth.boxes.gather(1, owner[..., None].expand(-1, -1, 4))
    return Assigned(goals=goals, boxes=wanted, weights=truth.weights.gather(1, owner))


def _may(centres: Tensor, strides: Tensor, boxes: Tensor) -> Tensor:
    """(b, m, n): the cell's centre lies in the box; small boxes count as large as a fine cell."""
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    least = strides.min()
    half = torch.maximum((boxes[..., 2:] - boxes[..., :2]) / 2, least / 2)
    away = (centres - middle[:, :, None]).abs()
    return (away <= half[:, :, None]).all(-1)


def _best(alignment: Tensor) -> Tensor:
    """(b, m, n): whether a cell is among the best of the box."""
    most = min(CELLS, alignment.shape[2])
    top = alignment.topk(most, dim=2).indices
    return torch.zeros_like(alignment, dtype=torch.bool).scatter_(2, top, value=True)
