"""YOLOX-nano: a detector without anchors, whose published weights have seen COCO.

Ge et al. 2021, arXiv 2107.08430: cross-stage partial blocks of depthwise layers (Wang et al. 2020,
arXiv 1911.11929) down to stride 32, a pyramid down and back up, and a head that tells words, box
and whether anything is there apart. Published weights have their batch norms inside the
convolutions, and so these layers have none. They are defined in the order of the published file.

Legend: b pictures, h and w pixels, n cells of all levels, k words, c channels.
"""

import math
from collections.abc import Container

import torch
from torch import Tensor, nn
from torch.nn import functional

from vigil.models.sentry import FURTHEST, RARE

WIDTHS = (16, 32, 64, 128, 256)
"""Channels at stride 2, 4, 8, 16 and 32."""
DEPTHS = (1, 3, 3)
"""Blocks of the stages to 4, 8 and 16."""
HEAD = 64
QUARTERS = 4
"""Pixels of which one each goes into a picture of half the size."""
POOLED = (5, 9, 13)
"""Sides over which the deepest maps seek what is brightest (He et al. 2015, arXiv 1406.4729)."""
LEAST = 1e-6
"""Of a probability and of what it is short of one."""


class Conv(nn.Sequential):
    """Convolution and SiLU."""

    def __init__(
        self, into: int, out: int, size: int = 1, *, stride: int = 1, each: bool = False
    ) -> None:
        """`each`: one filter a channel (depthwise)."""
        groups = into if each else 1
        super().__init__(
            nn.Conv2d(into, out, size, stride, size // 2, groups=groups), nn.SiLU(inplace=True)
        )


class Around(nn.Sequential):
    """Looks around in each channel, then across channels."""

    def __init__(self, into: int, out: int, *, stride: int = 1) -> None:
        super().__init__(Conv(into, into, 3, stride=stride, each=True), Conv(into, out))


class Block(nn.Module):
    """Looks across channels, then around, and may add what it found."""

    def __init__(self, channels: int, *, adds: bool) -> None:
        super().__init__()
        self.across = Conv(channels, channels)
        self.around = Around(channels, channels)
        self.adds = adds

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.around(self.across(x))
        return x + found if self.adds else found


class Partial(nn.Module):
    """Half of the channels go through blocks, half around them."""

    def __init__(self, into: int, out: int, blocks: int = 1, *, adds: bool = False) -> None:
        super().__init__()
        self.through = Conv(into, out // 2)
        self.past = Conv(into, out // 2)
        self.blocks = nn.Sequential(*(Block(out // 2, adds=adds) for _ in range(blocks)))
        self.join = Conv(out, out)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.join(torch.cat([self.blocks(self.through(x)), self.past(x)], 1))
        return y


class Pooled(nn.Module):
    """What is brightest nearby, at several distances."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = Conv(channels, channels // 2)
        self.join = Conv(channels // 2 * (len(POOLED) + 1), channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.narrow(x)
        around = [functional.max_pool2d(x, side, 1, side // 2) for side in POOLED]
        y: Tensor = self.join(torch.cat([x, *around], 1))
        return y


class Trunk(nn.Module):
    """Maps at strides 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        stem, *deep = WIDTHS
        self.stem = Conv(3 * QUARTERS, stem, 3)
        into, stages = stem, []
        for out, depth in zip(deep, DEPTHS, strict=False):
            stages.append(
                nn.Sequential(Around(into, out, stride=2), Partial(out, out, depth, adds=True))
            )
            into = out
        out = deep[-1]
        last = nn.Sequential(Around(into, out, stride=2), Pooled(out), Partial(out, out))
        self.stages = nn.ModuleList([*stages, last])

    def forward(self, pictures: Tensor) -> list[Tensor]:
        # Of four pixels one each, side by side: nothing is lost where the size halves.
        quarters = [pictures[..., y::2, x::2] for x in (0, 1) for y in (0, 1)]
        x = self.stem(torch.cat(quarters, 1))
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return levels[1:]


class Pyramid(nn.Module):
    """Gives every level what the others see (Liu et al. 2018, arXiv 1803.01534)."""

    def __init__(self) -> None:
        super().__init__()
        fine, middle, coarse = WIDTHS[2:]
        self.narrow_coarse = Conv(coarse, middle)
        self.down_middle = Partial(middle * 2, middle)
        self.narrow_middle = Conv(middle, fine)
        self.down_fine = Partial(fine * 2, fine)
        self.shrink_fine = Around(fine, fine, stride=2)
        self.up_middle = Partial(middle, middle)
        self.shrink_middle = Around(middle, middle, stride=2)
        self.up_coarse = Partial(coarse, coarse)

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        fine, middle, coarse = levels
        coarse = self.narrow_coarse(coarse)
        middle = self.down_middle(torch.cat([_wide(coarse), middle], 1))
        middle = self.narrow_middle(middle)
        fine = self.down_fine(torch.cat([_wide(middle), fine], 1))
        middle = self.up_middle(torch.cat([self.shrink_fine(fine), middle], 1))
        coarse = self.up_coarse(torch.cat([self.shrink_middle(middle), coarse], 1))
        return [fine, middle, coarse]


class Level(nn.Module):
    """What the cells of one level say."""

    def __init__(self, into: int, words: int) -> None:
        super().__init__()
        self.stem = Conv(into, HEAD)
        self.word_tower = nn.Sequential(Around(HEAD, HEAD), Around(HEAD, HEAD))
        self.word_logits = nn.Conv2d(HEAD, words, 1)
        self.box_tower = nn.Sequential(Around(HEAD, HEAD), Around(HEAD, HEAD))
        self.boxes = nn.Conv2d(HEAD, 4, 1)
        self.there = nn.Conv2d(HEAD, 1, 1)
        nn.init.normal_(self.word_logits.weight, std=0.01)
        for seldom in (self.there, self.word_logits):
            nn.init.constant_(seldom.bias, -math.log((1 - RARE) / RARE))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (b, k, h, w) and distances to the four sides (b, 4, h, w), in strides."""
        x = self.stem(x)
        boxed = self.box_tower(x)
        middle, logs = self.boxes(boxed).split(2, 1)
        half = torch.exp(torch.clamp(logs, max=FURTHEST)) / 2
        # Middles count from a cell's corner, distances from its middle.
        away = middle - 0.5
        sides = torch.cat([half - away, half + away], 1)
        return _both(self.there(boxed), self.word_logits(self.word_tower(x))), sides


class YoloxNano(nn.Module):
    """Pictures to words and sides of every cell, as a `Sentry` tells them.

    Takes RGB, 0 to 255, with sides that are multiples of 32.
    """

    def __init__(self, words: int) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.pyramid = Pyramid()
        self.levels = nn.ModuleList(Level(into, words) for into in WIDTHS[2:])

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """As `Sentry.forward`."""
        words, sides = [], []
        for level, x in zip(self.levels, self.pyramid(self.trunk(pictures)), strict=True):
            said, around = level(x)
            words.append(said.flatten(2).transpose(1, 2))
            sides.append(around.flatten(2).transpose(1, 2))
        return torch.cat(words, 1), torch.cat(sides, 1)


def is_yolox(weights: Container[str]) -> bool:
    """Whether weights, by their names, are those of a `YoloxNano`."""
    return "trunk.stem.0.weight" in weights


def _wide(level: Tensor) -> Tensor:
    return functional.interpolate(level, scale_factor=2.0, mode="nearest")


def _both(there: Tensor, word: Tensor) -> Tensor:
    """Logits of the product of two probabilities: something is there, and it is this."""
    likely = functional.logsigmoid(there.float()) + functional.logsigmoid(word.float())
    short = -torch.expm1(likely)
    return likely - torch.log(short.clamp(min=LEAST))
