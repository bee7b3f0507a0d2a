"""Networks whose vectors are spread after they have learnt: what an embedder of ours is.

Legend: b pictures, h and w pixels, d numbers of a vector.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

POWER = 0.25
"""Of a direction's variance, by which it is divided: half of what whitening does."""
FLOOR = 0.1
"""Of the mean variance, added to each: a direction in which nothing differs is not made loud."""
BATCH = 32


class Spread(nn.Module, ABC):
    """Pictures to vectors.

    Takes RGB, 0 to 255, with sides that are multiples of 32.
    """

    middle: Tensor
    turn: Tensor

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.numbers = numbers
        self.register_buffer("middle", torch.zeros(numbers))
        self.register_buffer("turn", torch.eye(numbers))

    @abstractmethod
    def seen(self, pictures: Tensor) -> Tensor:
        """(b, d): what a network makes of pictures by itself."""

    def forward(self, pictures: Tensor) -> Tensor:
        """(b, d): what is seen, less `middle`, through `turn`."""
        found: Tensor = (self.seen(pictures) - self.middle) @ self.turn
        return found

    @torch.no_grad()
    def spread(self, pictures: Tensor) -> None:
        """Take what all these (b, 3, h, w) share out of all vectors, and level what they differ in.

        Else the few directions in which kinds of pictures differ drown the others: pictures of a
        kind that was not learnt are near to each other, and copies cannot be told from others.
        """
        self.eval()
        found = torch.cat([self.seen(some) for some in pictures.split(BATCH)]).double()
        off = found - found.mean(0)
        variances, directions = torch.linalg.eigh(off.T @ off / len(off))
        self.middle.copy_(found.mean(0))
        self.turn.copy_((directions * loudness(variances)) @ directions.T)


def loudness(variances: Tensor) -> Tensor:
    """By how much directions are multiplied so that they differ half as much in variance.

    Against their mean, so that vectors stay about as long as they were.
    """
    shares = variances / variances.mean().clamp(min=1e-30)
    return (shares.clamp(min=0) + FLOOR) ** -POWER
