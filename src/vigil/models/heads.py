"""What is made of a vector, or of a row of them: classes, several at once, numbers, or moments.

Legend: b clips, t moments, d numbers of a vector, k classes.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Task = Literal["one", "several", "number"]
"""One class of many, any number of them, or a number."""
Distance = Literal["squared", "absolute", "huber"]


class Head(nn.Module):
    """A line from vectors (b, d) to logits or numbers (b, k), with the loss that belongs to it."""

    def __init__(
        self, width: int, classes: int, *, task: Task = "one", dropout: float = 0.0,
        distance: Distance = "huber", balance: Tensor | None = None,
    ) -> None:  # fmt: skip
        """`balance`: (k,) how much a class weighs, where some are rare."""
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.line = nn.Linear(width, classes)
        self.task, self.distance = task, distance
        self.register_buffer("balance", balance)

    def forward(self, vectors: Tensor) -> Tensor:
        return self.line(self.dropout(vectors))

    def loss(self, said: Tensor, truth: Tensor) -> Tensor:
        """A scalar. `truth`: numbers of classes (b,), shares of them (b, k), or numbers (b, k)."""
        if self.task == "one":
            return functional.cross_entropy(said, truth, weight=self.balance)
        if self.task == "several":
            return functional.binary_cross_entropy_with_logits(
                said, truth.float(), pos_weight=self.balance
            )
        match self.distance:
            case "squared":
                return functional.mse_loss(said, truth)
            case "absolute":
                return functional.l1_loss(said, truth)
            case "huber":
                return functional.huber_loss(said, truth)

    @torch.no_grad()
    def answer(self, said: Tensor) -> Tensor:
        """Probabilities, or the numbers themselves."""
        if self.task == "one":
            return said.softmax(-1)
        return said.sigmoid() if self.task == "several" else said


class AttentiveProbe(nn.Module):
    """One question to a row of vectors (b, t, d), learnt, for (b, d).

    For frozen networks (Bardes et al. 2024, arXiv 2404.08471): the mean hides the one moment.
    """

    def __init__(self, width: int, *, heads: int = 4) -> None:
        super().__init__()
        self.question = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.norm = nn.LayerNorm(width)
        self.attend = nn.MultiheadAttention(width, heads, batch_first=True)
        self.after = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, rows: Tensor, there: Tensor | None = None) -> Tensor:
        """`there`: (b, t), which moments are real where clips differ in length."""
        seen = self.norm(rows)
        question = self.question.expand(len(rows), -1, -1)
        heard, _ = self.attend(
            question, seen, seen, key_padding_mask=None if there is None else ~there
        )
        return (heard + self.after(heard))[:, 0]


class Moments(nn.Module):
    """When: what is said of each moment (b, t, d), from it and those around, as (b, t, k)."""

    def __init__(self, width: int, classes: int, *, reach: int = 5, inside: int = 128) -> None:
        super().__init__()
        self.around = nn.Sequential(
            nn.Conv1d(width, inside, reach, padding=reach // 2),
            nn.ReLU(),
            nn.Conv1d(inside, inside, reach, padding=reach // 2),
            nn.ReLU(),
        )
        self.line = nn.Conv1d(inside, classes, 1)

    def forward(self, rows: Tensor) -> Tensor:
        return self.line(self.around(rows.transpose(1, 2))).transpose(1, 2)


def stretches(
    sure: Tensor, *, above: float = 0.5, least: int = 1
) -> list[tuple[int, int, int, float]]:
    """Of one clip's probabilities (t, k): class, first and last moment, and the mean between them.

    Only stretches of `least` moments or more, in order of time.
    """
    found = []
    for number, row in enumerate(sure.unbind(1)):
        on = (row >= above).tolist()
        first = None
        for moment, holds in enumerate([*on, False]):
            if holds and first is None:
                first = moment
            elif not holds and first is not None:
                if moment - first >= least:
                    found.append((number, first, moment - 1, row[first:moment].mean().item()))
                first = None
    return sorted(found, key=lambda each: each[1:3])
