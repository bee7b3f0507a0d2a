"""Fewer channels: whole filters go, so that the exported file has less to compute.

Of each block the channels inside of it are thinned, those that carry least: Li et al. 2016, arXiv
1608.08710 (the size of a filter), times what its norm makes of it (Liu et al. 2017, arXiv
1708.06519). What passes between blocks keeps its width, so that nothing else has to fit anew, a
stream's states included. A thinned network is worse until it is fitted again.
"""

from typing import TypeAlias

import torch
from torch import Tensor, nn

from vigil.core import ConfigError
from vigil.models.i3d_r50 import Bottleneck3D
from vigil.models.mobilenet_v2 import InvertedResidual
from vigil.models.resnet import Bottleneck
from vigil.models.tsm import Shift

STEP = 8
"""Channels are kept in so many together: processors compute them so."""
Conv: TypeAlias = nn.Conv2d | nn.Conv3d
Norm: TypeAlias = nn.BatchNorm2d | nn.BatchNorm3d


def prune(network: nn.Module, share: float) -> tuple[int, int]:
    """Take a `share` of the channels out of every block; parameters before and after.

    Raises `ConfigError` where nothing can be thinned: transformers, and I3D, whose branches have
    no inside.
    """
    if not 0 < share < 1:
        raise ConfigError(f"prune: found {share:g}; allowed: more than 0, less than 1")
    before = _size(network)
    found = 0
    for block in network.modules():
        if isinstance(block, Bottleneck | Bottleneck3D):
            _thin_bottleneck(block, share)
            found += 1
        elif isinstance(block, InvertedResidual) and len(block.conv) == 4:
            _thin_inverted(block, share)
            found += 1
    if not found:
        raise ConfigError(
            "prune: this network has no blocks that can be thinned; "
            "allowed: tsm-mobilenet, tsm-r50, i3d-r50"
        )
    return before, _size(network)


def _thin_bottleneck(block: Bottleneck | Bottleneck3D, share: float) -> None:
    first, second, third = (_bare(each) for each in (block.conv1, block.conv2, block.conv3))
    kept = _kept(first, block.bn1, share)
    _give_less(first, block.bn1, kept)
    _take_less(second, kept)
    kept = _kept(second, block.bn2, share)
    _give_less(second, block.bn2, kept)
    _take_less(third, kept)


def _thin_inverted(block: InvertedResidual, share: float) -> None:
    """Widened channels; each has one filter of its own in the middle."""
    widen, around, narrow = block.conv[0], block.conv[1], block.conv[2]
    inner = widen.net if isinstance(widen, Shift) else widen
    assert isinstance(inner, nn.Sequential)
    assert isinstance(around, nn.Sequential)
    assert isinstance(narrow, nn.Conv2d)
    first, first_norm, each, each_norm = inner[0], inner[1], around[0], around[1]
    assert isinstance(first, nn.Conv2d)
    assert isinstance(first_norm, nn.BatchNorm2d)
    assert isinstance(each, nn.Conv2d)
    assert isinstance(each_norm, nn.BatchNorm2d)
    kept = _kept(each, each_norm, share)
    _give_less(first, first_norm, kept)
    _give_less(each, each_norm, kept)
    each.groups = each.in_channels = len(kept)
    _take_less(narrow, kept)


def _bare(module: nn.Module) -> Conv:
    inner = module.net if isinstance(module, Shift) else module
    assert isinstance(inner, nn.Conv2d | nn.Conv3d)
    return inner


@torch.no_grad()
def _kept(conv: Conv, norm: Norm, share: float) -> Tensor:
    """Numbers of the channels that stay, in order."""
    carried = conv.weight.flatten(1).abs().sum(1)
    # What a norm makes of a filter: its slope over the spread of what comes in.
    worth = carried * norm.weight.abs() / torch.sqrt(norm.running_var + norm.eps)
    wanted = max(STEP, round(len(worth) * (1 - share) / STEP) * STEP)
    return worth.topk(min(wanted, len(worth))).indices.sort().values


@torch.no_grad()
def _give_less(conv: Conv, norm: Norm, kept: Tensor) -> None:
    conv.weight = nn.Parameter(conv.weight[kept].clone())
    conv.out_channels = norm.num_features = len(kept)
    norm.weight = nn.Parameter(norm.weight[kept].clone())
    norm.bias = nn.Parameter(norm.bias[kept].clone())
    for name in ("running_mean", "running_var"):
        norm.register_buffer(name, norm.get_buffer(name)[kept].clone())


@torch.no_grad()
def _take_less(conv: Conv, kept: Tensor) -> None:
    conv.weight = nn.Parameter(conv.weight[:, kept].clone())
    conv.in_channels = len(kept)


def _size(network: nn.Module) -> int:
    return sum(each.numel() for each in network.parameters())
