"""Glance: says in less than a millisecond what a whole picture shows.

The trunk is that of `sentry`, so that a detector's weights are a start; then the mean over the
picture and one line for each word.

Legend: b pictures, h and w pixels, k words, c channels.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from vigil.models.sentry import trunk


class Glance(nn.Module):
    """Pictures to logits of words.

    Takes RGB, 0 to 255, with sides that are multiples of 32.
    """

    def __init__(
        self, words: int, *, channels: Sequence[int] = (16, 32, 64, 128, 192), dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.stem, self.stages = trunk(channels)
        self.dropout = nn.Dropout(dropout)
        self.numbers = channels[-1]
        """Of what `embed` gives."""
        self.word_logits = nn.Linear(self.numbers, words)

    def embed(self, pictures: Tensor) -> Tensor:
        """(b, c): the mean over the picture of what is seen."""
        x = self.stem((pictures - 127.5) / 64.0)
        for stage in self.stages:
            x = stage(x)
        return functional.adaptive_avg_pool2d(x, 1).flatten(1)

    def words(self, seen: Tensor) -> Tensor:
        """Logits (b, k) of what `embed` saw."""
        logits: Tensor = self.word_logits(self.dropout(seen))
        return logits

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (b, k)."""
        return self.words(self.embed(pictures))


class Exported(nn.Module):
    """What the watch opens: one output (b, k), probabilities of words."""

    def __init__(self, network: nn.Module) -> None:
        """`network`: gives logits, as `Glance` and `Namer` do."""
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        return functional.softmax(self.network(pictures), 1)
