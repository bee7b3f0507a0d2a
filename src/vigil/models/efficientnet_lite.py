"""EfficientNet-Lite: as exact as networks twice its size, with nothing that eight bits do badly.

Tan & Le 2019, arXiv 1905.11946; without their attention to channels and with ReLU6, as Google
published it for small machines. Names of layers are those of the weights that a package has.
Legend: b pictures, c channels, k classes.
"""

import math
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
"""How much wider inside, channels, blocks, stride of the first, side of what is looked at."""
STEM, HEAD = 32, 1280
"""Channels of the first and the last layer, of whatever size the rest is."""
EPSILON = 1e-3
GREY, SPREAD = 127.0, 128.0
"""Of the levels of a picture: what counts as 0, and what as 1."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """What makes one of the family."""

    width: float = 1.0
    """Channels, for those of the smallest."""
    depth: float = 1.0
    """Blocks, for those of the smallest; the first and the last stage keep theirs."""


SIZES = {0: Size(), 1: Size(depth=1.1), 2: Size(width=1.1, depth=1.2)}


class Around(nn.Conv2d):
    """A convolution that sees zeros around the picture, as TensorFlow lays them (sides even)."""

    def forward(self, x: Tensor) -> Tensor:
        more = self.kernel_size[0] - self.stride[0]
        return super().forward(functional.pad(x, [more // 2, more - more // 2] * 2))


def _convolution(into: int, out: int, size: int = 1, stride: int = 1, groups: int = 1) -> Around:
    return Around(into, out, size, stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=EPSILON)


class Block(nn.Module):
    """Widen, look around in each channel, narrow; added to what came where shapes allow.

    The `*_steps` let everything through; `train.rounding` puts others in their place.
    """

    def __init__(self, into: int, out: int, size: int, stride: int, wider: int) -> None:
        super().__init__()
        inside = into * wider
        self.widens = wider != 1
        if self.widens:
            self._expand_conv, self._bn0 = _convolution(into, inside), _norm(inside)
        self.wide_steps = nn.Identity()
        self._depthwise_conv = _convolution(inside, inside, size, stride, groups=inside)
        self._bn1, self.seen_steps = _norm(inside), nn.Identity()
        self._project_conv, self._bn2 = _convolution(inside, out), _norm(out)
        self.narrow_steps, self.sum_steps = nn.Identity(), nn.Identity()
        self.adds = stride == 1 and into == out

    def forward(self, x: Tensor) -> Tensor:
        wide = x
        if self.widens:
            wide = self.wide_steps(functional.relu6(self._bn0(self._expand_conv(x))))
        seen = self.seen_steps(functional.relu6(self._bn1(self._depthwise_conv(wide))))
        narrow = self.narrow_steps(self._bn2(self._project_conv(seen)))
        return self.sum_steps(x + narrow) if self.adds else narrow


class EfficientNetLite(nn.Module):
    """Pictures (b, 3, h, w), RGB from 0 to 255, to logits (b, k); h and w in whole 32s."""

    def __init__(self, size: Size, classes: int = 1000) -> None:
        super().__init__()
        self.picture_steps, self.stem_steps = nn.Identity(), nn.Identity()
        self._conv_stem, self._bn0 = _convolution(3, STEM, 3, 2), _norm(STEM)
        blocks: list[Block] = []
        into = STEM
        for number, (wider, channels, count, stride, side) in enumerate(STAGES):
            out = _in_eights(channels * size.width)
            ends = number in {0, len(STAGES) - 1}
            for turn in range(count if ends else math.ceil(count * size.depth)):
                blocks.append(Block(into, out, side, 1 if turn else stride, wider))
                into = out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = _convolution(into, HEAD), _norm(HEAD)
        self._fc = nn.Linear(HEAD, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.picture_steps((pictures - GREY) / SPREAD)
        x = self.stem_steps(functional.relu6(self._bn0(self._conv_stem(x))))
        for block in self._blocks:
            x = block(x)
        x = functional.relu6(self._bn1(self._conv_head(x)))
        return self._fc(x.mean(dim=(2, 3)))


def _in_eights(channels: float) -> int:
    """Rounded to a multiple of 8, never down by more than a tenth."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
