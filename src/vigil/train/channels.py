"""Channels that a trained network can do without: which they are, and layers that lose them.

What a channel carries: the size of its filter (Li et al. 2016, arXiv 1608.08710), times what the
norm behind makes of it (Liu et al. 2017, arXiv 1708.06519).
"""

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from vigil.core import ConfigError

STEP = 8
"""Channels are kept in so many together: processors compute them so."""
LEAST = 1e-12
"""What all channels of a layer carry together, where they carry nothing."""
Conv: TypeAlias = nn.Conv2d | nn.Conv3d
Norm: TypeAlias = nn.BatchNorm2d | nn.BatchNorm3d


def check_share(share: float) -> None:
    """Raises `ConfigError` for a share of the channels that leaves none, or takes none."""
    if not 0 < share < 1:
        raise ConfigError(f"prune: found {share:g}; allowed: more than 0, less than 1")


@torch.no_grad()
def kept_channels(layers: Sequence[tuple[Conv, Norm]], share: float) -> Tensor:
    """Numbers of the channels that stay when a share goes, in order.

    `layers`: all that give these channels. Each has an equal say, however large its filters are.
    """
    worth = torch.stack([_worth(conv, norm) for conv, norm in layers]).sum(0)
    wanted = max(STEP, round(len(worth) * (1 - share) / STEP) * STEP)
    return worth.topk(min(wanted, len(worth))).indices.sort().values


@torch.no_grad()
def give_less(conv: Conv, norm: Norm, kept: Tensor) -> None:
    """Leave a layer only the filters of these channels; one filter a channel takes them alone."""
    conv.weight = nn.Parameter(conv.weight[kept].clone())
    if conv.groups > 1:
        conv.groups = conv.in_channels = len(kept)
    conv.out_channels = norm.num_features = len(kept)
    norm.weight = nn.Parameter(norm.weight[kept].clone())
    norm.bias = nn.Parameter(norm.bias[kept].clone())
    for name in ("running_mean", "running_var"):
        norm.register_buffer(name, norm.get_buffer(name)[kept].clone())


@torch.no_grad()
def take_less(conv: Conv, kept: Tensor) -> None:
    """Let a layer take only these channels."""
    conv.weight = nn.Parameter(conv.weight[:, kept].clone())
    conv.in_channels = len(kept)


def parameters_of(network: nn.Module) -> int:
    """How many there are."""
    return sum(each.numel() for each in network.parameters())


def _worth(conv: Conv, norm: Norm) -> Tensor:
    """(c,) shares of what all channels of a layer carry."""
    carried = conv.weight.flatten(1).abs().sum(1)
    # What a norm makes of a filter: its slope over the spread of what comes in.
    worth = carried * norm.weight.abs() / torch.sqrt(norm.running_var + norm.eps)
    return worth / worth.sum().clamp(min=LEAST)
