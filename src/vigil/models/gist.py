"""Gist: vectors that are near when pictures look alike, from half a million parameters.

The trunk of `Sentry`, which learns from nothing, and the means of its three stages side by side:
what tells kinds of pictures apart is at small strides as often as at large ones. Each number is
normed, so that no stage is louder than another.

Legend: b pictures, h and w pixels, d numbers of a vector.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vigil.models.sentry import trunk
from vigil.models.spread import Spread


class Gist(Spread):
    """Pictures to vectors; 0.5 million parameters."""

    def __init__(self, channels: Sequence[int] = (16, 32, 64, 128, 192)) -> None:
        super().__init__(sum(channels[2:]))
        self.stem, self.stages = trunk(channels)
        self.norm = nn.BatchNorm1d(self.numbers, affine=False)

    def seen(self, pictures: Tensor) -> Tensor:
        """(b, d): the means of all stages, fine to coarse."""
        x = self.stem((pictures - 127.5) / 64.0)
        means = []
        for stage in self.stages:
            x = stage(x)
            means.append(x.mean((2, 3)))
        together = torch.cat(means, 1)
        if self.training and len(together) == 1:
            # The last of an epoch may be alone, and one has no spread: normed as if it were judged.
            norm = self.norm
            return functional.batch_norm(together, norm.running_mean, norm.running_var)
        found: Tensor = self.norm(together)
        return found
