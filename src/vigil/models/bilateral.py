"""Bilateral: says for every place of a picture what it shows, in real time on a processor.

Two paths look at the same picture: one wide and shallow, which keeps edges where they are, and one
narrow and deep, which knows what stands around (BiSeNet: Yu et al. 2018, arXiv 1808.00897; the
paths as in its second version: Yu et al. 2020, arXiv 2004.02147). The deep one is the trunk of
`sentry`, so that a detector's weights are a start.

Legend: b pictures, h and w pixels, k words, c channels.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vigil.models.sentry import Conv, trunk

STRIDE = 8
"""Pixels from place to place in what the network says."""


class Detail(nn.Sequential):
    """Down to stride 8 in few layers: where things end."""

    def __init__(self, channels: int) -> None:
        half = channels // 2
        super().__init__(
            Conv(3, half, 3, stride=2),
            Conv(half, half, 3, each=True),
            Conv(half, channels, 3, stride=2),
            Conv(channels, channels, 3, each=True),
            Conv(channels, channels),
            Conv(channels, channels, 3, stride=2),
        )


class Attend(nn.Module):
    """Weighs channels by what the whole picture shows (attention refinement)."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.alike = Conv(into, out, 3)
        self.weigh = nn.Conv2d(out, out, 1)

    def forward(self, x: Tensor) -> Tensor:  # (b, c, h, w) to (b, out, h, w)
        x = self.alike(x)
        whole = functional.adaptive_avg_pool2d(x, 1)
        return x * torch.sigmoid(self.weigh(whole))


class Context(nn.Module):
    """Down to stride 32 and what the whole picture shows, brought back to stride 8."""

    def __init__(self, channels: Sequence[int], out: int) -> None:
        super().__init__()
        self.stem, self.stages = trunk(channels)
        _, middle, deep = channels[2:]
        self.whole = nn.Conv2d(deep, out, 1)
        self.deep = Attend(deep, out)
        self.middle = Attend(middle, out)
        self.join = Conv(out, out, 3)

    def forward(self, x: Tensor) -> Tensor:  # (b, 3, h, w) to (b, out, h / 8, w / 8)
        fine, middle, deep = self._levels(x)
        whole = self.whole(functional.adaptive_avg_pool2d(deep, 1))
        seen = self.deep(deep) + whole
        seen = self.middle(middle) + functional.interpolate(seen, scale_factor=2.0, mode="nearest")
        seen = self.join(seen)
        return functional.interpolate(seen, size=fine.shape[2:], mode="nearest")

    def _levels(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return levels


class Fuse(nn.Module):
    """Puts both paths together and weighs what comes of it (feature fusion)."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.mix = Conv(into, out)
        self.narrow = nn.Conv2d(out, out // 4, 1)
        self.weigh = nn.Conv2d(out // 4, out, 1)

    def forward(self, detail: Tensor, context: Tensor) -> Tensor:  # both (b, c, h, w)
        x = self.mix(torch.cat([detail, context], 1))
        whole = functional.adaptive_avg_pool2d(x, 1)
        weight = torch.sigmoid(self.weigh(functional.relu(self.narrow(whole))))
        return x + x * weight


class Bilateral(nn.Module):
    """Pictures to logits of words, place by place.

    Takes RGB, 0 to 255, with sides that are multiples of 32.
    """

    def __init__(
        self,
        words: int,
        *,
        channels: Sequence[int] = (16, 32, 64, 128, 192),
        detail: int = 64,
        context: int = 64,
        fused: int = 96,
    ) -> None:
        """`words`: with the one for what none of them is."""
        super().__init__()
        self.detail = Detail(detail)
        self.context = Context(channels, context)
        self.fuse = Fuse(detail + context, fused)
        self.last = Conv(fused, fused, 3)
        self.word_logits = nn.Conv2d(fused, words, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (b, k, h / 8, w / 8)."""
        x = (pictures - 127.5) / 64.0
        logits: Tensor = self.word_logits(self.last(self.fuse(self.detail(x), self.context(x))))
        return logits
