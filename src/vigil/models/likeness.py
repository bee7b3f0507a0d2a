"""Likeness: vectors that are near when pictures look alike, for heads that learn from few pictures.

The first sixteen blocks of MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) without its
thousand words, whose published weights are a start, then one layer of ours. Padding is that of
the publisher's files: where the size halves, at the right and the bottom only.

Legend: b pictures, h and w pixels, c channels, d numbers of a vector.
"""

from torch import Tensor, nn
from torch.nn import functional

from vigil.models.spread import Spread

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
)
"""How much wider inside, channels, blocks, stride of the first."""


class Conv(nn.Sequential):
    """Convolution, batch norm and, where it is not the end of a block, ReLU6."""

    def __init__(
        self, into: int, out: int, size: int = 1, *, stride: int = 1, each: bool = False,
        active: bool = True,
    ) -> None:  # fmt: skip
        """`each`: one filter a channel (depthwise)."""
        around = size // 2
        before = around if stride == 1 else 0
        super().__init__(
            nn.ZeroPad2d((before, around, before, around)) if around > before else nn.Identity(),
            nn.Conv2d(into, out, size, stride, before, groups=into if each else 1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU6(inplace=True) if active else nn.Identity(),
        )


class Block(nn.Module):
    """Widen, look around in each channel, narrow; added to what came where shapes allow."""

    def __init__(self, into: int, out: int, *, stride: int, wider: int) -> None:
        super().__init__()
        inside = into * wider
        self.widen = Conv(into, inside) if wider > 1 else nn.Identity()
        self.around = Conv(inside, inside, 3, stride=stride, each=True)
        self.narrow = Conv(inside, out, active=False)
        self.adds = stride == 1 and into == out

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.narrow(self.around(self.widen(x)))
        return x + found if self.adds else found


class Likeness(Spread):
    """Pictures to vectors; 1.4 million parameters."""

    def __init__(self, numbers: int = 640) -> None:
        super().__init__(numbers)
        blocks: list[nn.Module] = [Conv(3, 32, 3, stride=2)]
        into = 32
        for wider, out, count, first in STAGES:
            for number in range(count):
                blocks.append(Block(into, out, stride=first if number == 0 else 1, wider=wider))
                into = out
        self.trunk = nn.Sequential(*blocks)
        self.last = Conv(into, numbers)
        for each in self.modules():
            if isinstance(each, nn.Conv2d):
                nn.init.kaiming_normal_(each.weight, mode="fan_out")

    def seen(self, pictures: Tensor) -> Tensor:
        """(b, d): the mean of the last map."""
        maps = self.last(self.trunk((pictures - 128) / 128))
        return functional.adaptive_avg_pool2d(maps, 1).flatten(1)
