"""ResNet with bottlenecks, v1.5: the stride sits in the 3×3 convolution.

He et al. 2015, arXiv 1512.03385. Names of layers are those of the published weights.
Legend: b pictures, c channels, k classes.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

DEPTHS = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}
WIDER = 4
"""A bottleneck gives so many times what its 3×3 convolution has."""


class Bottleneck(nn.Module):
    """Narrow, look around, widen, and add to what came."""

    def __init__(self, into: int, width: int, stride: int) -> None:
        super().__init__()
        out = WIDER * width
        self.conv1: nn.Module = nn.Conv2d(into, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.downsample = (
            nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))
            if stride > 1 or into != out
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    """Pictures (b, 3, h, w) to logits (b, k)."""

    def __init__(self, classes: int, *, depths: tuple[int, ...] = DEPTHS["resnet50"]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        into = 64
        for number, depth in enumerate(depths):
            width = 64 * 2**number
            blocks = [Bottleneck(into, width, 1 if number == 0 else 2)]
            into = WIDER * width
            blocks += [Bottleneck(into, width, 1) for _ in range(depth - 1)]
            self.add_module(f"layer{number + 1}", nn.Sequential(*blocks))
        self.stages = len(depths)
        self.width = into
        self.fc: nn.Module = nn.Linear(into, classes)
        initialise(self)

    def blocks(self) -> list[list[Bottleneck]]:
        """Of each stage."""
        return [list(self.get_submodule(f"layer{at + 1}").children()) for at in range(self.stages)]

    def embed(self, pictures: Tensor) -> Tensor:
        """(b, c): the mean over the picture of what is seen."""
        x = functional.relu(self.bn1(self.conv1(pictures)))
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        for at in range(self.stages):
            x = self.get_submodule(f"layer{at + 1}")(x)
        return torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.fc(self.embed(pictures))


def initialise(network: nn.Module) -> None:
    """Weights under which nothing fades or grows on its way (He et al. 2015, arXiv 1502.01852)."""
    for each in network.modules():
        if isinstance(each, nn.Conv2d):
            nn.init.kaiming_normal_(each.weight, mode="fan_out", nonlinearity="relu")
