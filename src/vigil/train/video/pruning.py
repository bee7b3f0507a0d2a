"""Fewer channels: whole filters go, so that the exported file has less to compute.

Of each block the channels inside of it are thinned, those that carry least (see `channels`). What
passes between blocks keeps its width, so that nothing else has to fit anew, a stream's states
included. A thinned network is worse until it is fitted again.
"""

from torch import nn

from vigil.core import ConfigError
from vigil.models.i3d_r50 import Bottleneck3D
from vigil.models.mobilenet_v2 import InvertedResidual
from vigil.models.resnet import Bottleneck
from vigil.models.tsm import Shift
from vigil.train.channels import (
    Conv,
    check_share,
    give_less,
    kept_channels,
    parameters_of,
    take_less,
)


def prune(network: nn.Module, share: float) -> tuple[int, int]:
    """Take a `share` of the channels out of every block; parameters before and after.

    Raises `ConfigError` where nothing can be thinned: transformers, and I3D, whose branches have
    no inside.
    """
    check_share(share)
    before = parameters_of(network)
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
    return before, parameters_of(network)


def _thin_bottleneck(block: Bottleneck | Bottleneck3D, share: float) -> None:
    first, second, third = (_bare(each) for each in (block.conv1, block.conv2, block.conv3))
    kept = kept_channels([(first, block.bn1)], share)
    give_less(first, block.bn1, kept)
    take_less(second, kept)
    kept = kept_channels([(second, block.bn2)], share)
    give_less(second, block.bn2, kept)
    take_less(third, kept)


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
    kept = kept_channels([(each, each_norm)], share)
    give_less(first, first_norm, kept)
    give_less(each, each_norm, kept)
    take_less(narrow, kept)


def _bare(module: nn.Module) -> Conv:
    inner = module.net if isinstance(module, Shift) else module
    assert isinstance(inner, nn.Conv2d | nn.Conv3d)
    return inner
