"""A network whose layers pass 256 values on, without a single picture to learn their ranges from.

A batch norm says what it gives: mean and spread of each channel. From these follow the ranges, as
in Nagel et al. 2019 (arXiv 1906.04721), 2.3 and 4.1. Weights stay as they are; whoever runs the
file in bytes rounds them (`infer.openvino_int8`).
"""

from typing import cast

import torch
from torch import Tensor, nn

from vigil.models.efficientnet_lite import Block, EfficientNetLite

SPREADS = 4.0
"""Standard deviations to each side that a range holds. With 3 or 6 the vectors of pictures without
a word are as far from those in full, or further."""
LAST = 255
CEILING = 6.0
"""Of ReLU6."""


class Steps(nn.Module):
    """Rounds to 256 values from `low` to `high`, zero among them; what is beyond is cut."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        low, high = min(low, 0.0), max(high, 0.0)
        self.step = (high - low) / LAST
        self.zero = round(-low / self.step)

    def forward(self, x: Tensor) -> Tensor:
        return torch.fake_quantize_per_tensor_affine(x, self.step, self.zero, 0, LAST)


class SignedSteps(nn.Module):
    """Rounds to bytes of a 128th, as levels of pictures less grey are already; white loses one."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.fake_quantize_per_tensor_affine(x, 1 / 128, 0, -128, 127)


@torch.no_grad()
def round_between(network: EfficientNetLite) -> None:
    """Let every layer but the last pass on 256 values, in place."""
    network.picture_steps = SignedSteps()
    network.stem_steps = _cut(network._bn0)
    mean, variance = torch.zeros(1), torch.zeros(1)
    for each in network._blocks:
        block = cast("Block", each)
        if block.widens:
            block.wide_steps = _cut(block._bn0)
        block.seen_steps = _cut(block._bn1)
        narrow = block._bn2.bias, block._bn2.weight**2
        block.narrow_steps = _open(*narrow)
        mean, variance = (mean + narrow[0], variance + narrow[1]) if block.adds else narrow
        if block.adds:
            block.sum_steps = _open(mean, variance)


def _cut(norm: nn.BatchNorm2d) -> Steps:
    """For what ReLU6 leaves of a norm's answer."""
    return Steps(0.0, min(CEILING, float((norm.bias + SPREADS * norm.weight.abs()).max())))


def _open(mean: Tensor, variance: Tensor) -> Steps:
    spread = SPREADS * variance.sqrt()
    return Steps(float((mean - spread).min()), float((mean + spread).max()))
