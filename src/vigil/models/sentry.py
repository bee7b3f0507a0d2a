"""Sentry: an ultra-light detector without anchors, for cameras that share one processor core.

Plain and depthwise convolutions down to stride 32, a pyramid that passes what is seen at large
strides down and back up (Liu et al. 2018, arXiv 1803.01534), and one head for all levels that
says for each cell which words it shows and how far the sides of the box are (Tian et al. 2019,
arXiv 1904.01355). There is no word for "object or not": a cell's best word is its score.

Legend: b pictures, h and w pixels, n cells of all levels, k words, c channels.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
RARE = 0.01
"""Probability of each word before anything is learnt: most cells show none (Lin et al. 2017)."""
FURTHEST = 6.0
"""Log of the largest distance to a side, in strides."""


class Conv(nn.Sequential):
    """Convolution, batch norm and, where something follows that is not a sum, an activation."""

    def __init__(
        self, into: int, out: int, size: int = 1, *, stride: int = 1, each: bool = False,
        active: bool = True,
    ) -> None:  # fmt: skip
        """`each`: one filter a channel (depthwise)."""
        super().__init__(
            nn.Conv2d(
                into, out, size, stride, padding=size // 2, groups=into if each else 1, bias=False
            ),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True) if active else nn.Identity(),
        )


class Block(nn.Module):
    """Looks around in each channel, then across channels, and adds what it found."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.around = Conv(channels, channels, 5, each=True)
        self.across = Conv(channels, channels, active=False)

    def forward(self, x: Tensor) -> Tensor:  # (b, c, h, w) to the same
        return functional.relu(x + self.across(self.around(x)))


class Stage(nn.Sequential):
    """Half the size, then blocks."""

    def __init__(self, into: int, out: int, blocks: int) -> None:
        super().__init__(
            Conv(into, out, 3, stride=2),
            *(Block(out) for _ in range(blocks)),
        )


def trunk(channels: Sequence[int]) -> tuple[nn.Sequential, nn.ModuleList]:
    """Down to stride 4, and the stages from there to 8, 16 and 32."""
    stem, early, *deep = channels
    first = nn.Sequential(Conv(3, stem, 3, stride=2), Conv(stem, early, 3, stride=2))
    stages = (
        Stage(into, out, blocks)
        for into, out, blocks in zip([early, *deep[:-1]], deep, (2, 3, 3), strict=True)
    )
    return first, nn.ModuleList(stages)


class Pyramid(nn.Module):
    """Gives every level what the others see."""

    def __init__(self, into: Sequence[int], channels: int) -> None:
        super().__init__()
        self.alike = nn.ModuleList(Conv(each, channels) for each in into)
        self.down = nn.ModuleList(Block(channels) for _ in into[1:])
        self.shrink = nn.ModuleList(
            Conv(channels, channels, 5, stride=2, each=True) for _ in into[1:]
        )
        self.up = nn.ModuleList(Block(channels) for _ in into[1:])

    def forward(self, levels: list[Tensor]) -> list[Tensor]:  # fine to coarse, as they come
        levels = [alike(level) for alike, level in zip(self.alike, levels, strict=True)]
        for fine in reversed(range(len(levels) - 1)):
            wide = functional.interpolate(levels[fine + 1], scale_factor=2.0, mode="nearest")
            levels[fine] = self.down[fine](levels[fine] + wide)
        for fine in range(len(levels) - 1):
            levels[fine + 1] = self.up[fine](levels[fine + 1] + self.shrink[fine](levels[fine]))
        return levels


class Sentry(nn.Module):
    """Pictures to words and sides of every cell.

    Takes RGB, 0 to 255, with sides that are multiples of 32.
    """

    def __init__(
        self, words: int, *, channels: Sequence[int] = (16, 32, 64, 128, 192), pyramid: int = 64
    ) -> None:
        super().__init__()
        self.stem, self.stages = trunk(channels)
        deep = channels[2:]
        self.pyramid = Pyramid(deep, pyramid)
        self.word_tower = nn.Sequential(Block(pyramid), Block(pyramid))
        self.side_tower = Block(pyramid)
        self.word_logits = nn.Conv2d(pyramid, words, 1)
        self.side_logs = nn.Conv2d(pyramid, 4, 1)
        # Levels share the head; what "near" means differs.
        self.reach = nn.Parameter(torch.zeros(len(STRIDES)))
        nn.init.normal_(self.word_logits.weight, std=0.01)
        nn.init.constant_(self.word_logits.bias, -math.log((1 - RARE) / RARE))
        nn.init.normal_(self.side_logs.weight, std=0.01)
        nn.init.constant_(self.side_logs.bias, 1.0)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """The pyramid's levels, fine to coarse."""
        x = self.stem((pictures - 127.5) / 64.0)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return self.pyramid(levels)  # type: ignore[no-any-return]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Word logits (b, n, k), and distances to left, top, right and bottom (b, n, 4), strides.

        Cells of finer levels come first, rows run fastest along x.
        """
        words, sides = [], []
        for number, level in enumerate(self.features(pictures)):
            words.append(_by_cell(self.word_logits(self.word_tower(level))))
            logs = _by_cell(self.side_logs(self.side_tower(level))) + self.reach[number]
            sides.append(torch.exp(torch.clamp(logs, max=FURTHEST)))
        return torch.cat(words, 1), torch.cat(sides, 1)


class Exported(nn.Module):
    """What the watch opens: one output (b, n, 4 + k), sides first, then probabilities of words."""

    def __init__(self, network: nn.Module) -> None:
        """`network`: a `Sentry`, or another that answers as it does."""
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        words, sides = self.network(pictures)
        return torch.cat([sides, torch.sigmoid(words)], 2)


def cell_centres(height: int, width: int, *, device: torch.device) -> tuple[Tensor, Tensor]:
    """Centres (n, 2) of all cells in pixels, x first, and their strides (n,)."""
    centres, strides = [], []
    for stride in STRIDES:
        y = (torch.arange(height // stride, device=device) + 0.5) * stride
        x = (torch.arange(width // stride, device=device) + 0.5) * stride
        rows, columns = torch.meshgrid(y, x, indexing="ij")
        centres.append(torch.stack([columns, rows], 2).reshape(-1, 2))
        strides.append(torch.full((len(centres[-1]),), float(stride), device=device))
    return torch.cat(centres), torch.cat(strides)


def boxes_of(sides: Tensor, centres: Tensor, strides: Tensor) -> Tensor:
    """Boxes (b, n, 4) as x1 y1 x2 y2 in pixels."""
    reach = sides * strides[:, None]
    return torch.cat([centres - reach[..., :2], centres + reach[..., 2:]], 2)


def _by_cell(level: Tensor) -> Tensor:  # (b, c, h, w) to (b, h * w, c)
    return level.flatten(2).transpose(1, 2)
