"""MobileNetV2: narrow, wide, narrow; cheap enough for one picture after the other on a processor.

Sandler et al. 2018, arXiv 1801.04381. Names of layers are those of the published weights.
Legend: b pictures, c channels, k classes.
"""

from torch import Tensor, nn
from torch.nn import functional

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""How much wider inside, channels, blocks, stride of the first."""
WIDTH = 1280


def layer(into: int, out: int, size: int = 1, stride: int = 1, *, each: bool = False) -> nn.Module:
    """Convolution, batch norm, ReLU6; `each`: one filter a channel."""
    groups = into if each else 1
    return nn.Sequential(
        nn.Conv2d(into, out, size, stride, padding=size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU6(inplace=True),
    )


class InvertedResidual(nn.Module):
    """Widen, look around in each channel, narrow; added to what came where shapes allow."""

    def __init__(self, into: int, out: int, stride: int, wider: int) -> None:
        super().__init__()
        inside = into * wider
        first = [layer(into, inside)] if wider != 1 else []
        self.conv = nn.Sequential(
            *first,
            layer(inside, inside, 3, stride, each=True),
            nn.Conv2d(inside, out, 1, bias=False),
            nn.BatchNorm2d(out),
        )
        self.adds = stride == 1 and into == out

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    """Pictures (b, 3, h, w) to logits (b, k)."""

    def __init__(self, classes: int, *, dropout: float = 0.2) -> None:
        super().__init__()
        blocks: list[nn.Module] = [layer(3, 32, 3, 2)]
        into = 32
        for wider, out, count, stride in STAGES:
            for number in range(count):
                blocks.append(InvertedResidual(into, out, stride if number == 0 else 1, wider))
                into = out
        self.features = nn.Sequential(*blocks, layer(into, WIDTH))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(WIDTH, classes))
        self.width = WIDTH
        for each in self.modules():
            if isinstance(each, nn.Conv2d):
                nn.init.kaiming_normal_(each.weight, mode="fan_out")

    def residuals(self) -> list[InvertedResidual]:
        """Blocks that add to what came: ten of them."""
        blocks = (each for each in self.features if isinstance(each, InvertedResidual))
        return [block for block in blocks if block.adds]

    def embed(self, pictures: Tensor) -> Tensor:
        """(b, c): the mean over the picture of what is seen."""
        return functional.adaptive_avg_pool2d(self.features(pictures), 1).flatten(1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classifier(self.embed(pictures))
