"""Namer: says what a whole picture shows, with a body that has learnt to see before.

A body that begins with nothing must learn from the pictures of one task what edges, textures and
things are; a few hundred are too few for that. This one is a published MobileNetV2 (Sandler et al.
2018, arXiv 1801.04381) as far as its last map, or a `Likeness`; then the mean over the picture, and
one line for each word.

Legend: b pictures, h and w pixels or places of a map, k words, c channels.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from vigil.models.likeness import STAGES, Block, Conv

Body = Literal["published", "likeness"]
LAST_STAGE = (6, 320, 1, 1)
"""Of the published network only, as `STAGES`."""
CHANNELS: dict[Body, int] = {"published": 1280, "likeness": 640}
"""Of the last map."""


class Namer(nn.Module):
    """Pictures to logits of words.

    Takes RGB, 0 to 255, with sides that are multiples of 32. Its norms keep the means and spreads
    that they have: those of a batch of few pictures are worse than those of what it saw before.
    """

    def __init__(self, words: int, *, body: Body = "published", dropout: float = 0.1) -> None:
        super().__init__()
        blocks: list[nn.Module] = [Conv(3, 32, 3, stride=2)]
        into = 32
        for wider, out, count, first in (*STAGES, *([LAST_STAGE] if body == "published" else [])):
            for number in range(count):
                blocks.append(Block(into, out, stride=first if number == 0 else 1, wider=wider))
                into = out
        self.numbers = CHANNELS[body]
        """Of what `embed` gives."""
        self.trunk = nn.Sequential(*blocks, Conv(into, self.numbers))
        self.dropout = nn.Dropout(dropout)
        self.word_logits = nn.Linear(self.numbers, words)
        self.kept = 0
        """So many of the first blocks of `trunk` stay as they are."""

    def keep(self, blocks: int) -> None:
        """Let so many of the first blocks stay as they are."""
        self.kept = blocks
        self.trunk[:blocks].requires_grad_(False)

    def train(self, mode: bool = True) -> "Namer":
        """As of any module, but for the norms."""
        super().train(mode)
        for each in self.trunk.modules():
            if isinstance(each, nn.BatchNorm2d):
                each.eval()
        return self

    @torch.no_grad()
    def early(self, pictures: Tensor) -> Tensor:
        """(b, c, h, w): what the kept blocks make of pictures."""
        maps: Tensor = self.trunk[: self.kept]((pictures - 128) / 128)
        return maps

    def late(self, maps: Tensor) -> Tensor:
        """(b, c): what the other blocks make of that, the mean over the picture."""
        return functional.adaptive_avg_pool2d(self.trunk[self.kept :](maps), 1).flatten(1)

    def embed(self, pictures: Tensor) -> Tensor:
        """(b, c): the mean over the picture of what is seen."""
        return functional.adaptive_avg_pool2d(self.trunk((pictures - 128) / 128), 1).flatten(1)

    def words(self, seen: Tensor) -> Tensor:
        """Logits (b, k) of what `embed` saw."""
        logits: Tensor = self.word_logits(self.dropout(seen))
        return logits

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (b, k)."""
        return self.words(self.embed(pictures))
