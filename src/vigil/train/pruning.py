"""A trained Sentry with fewer channels: whole filters go, so that its file has less to compute.

What a stage's blocks find is added to what they were given, so that all layers of a stage have one
set of channels, as all of the pyramid and the head have. A thinned network is worse until it has
learnt again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from torch import nn

from vigil.models.sentry import Block, Conv, Sentry
from vigil.train.channels import (
    check_share,
    give_less,
    kept_channels,
    parameters_of,
    take_less,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Width:
    """Layers that give the same channels, and those that take them."""

    gives: list[tuple[nn.Conv2d, nn.BatchNorm2d]]
    takes: list[nn.Conv2d]


def prune(network: Sentry, share: float) -> tuple[int, int]:
    """Take a `share` of the channels out, in steps of 8; parameters before and after.

    The first layer keeps its few. Raises `ConfigError` for a share that is none.
    """
    check_share(share)
    before = parameters_of(network)
    for width in _widths(network):
        kept = kept_channels(width.gives, share)
        for conv, norm in width.gives:
            give_less(conv, norm, kept)
        for conv in width.takes:
            take_less(conv, kept)
    return before, parameters_of(network)


def _widths(network: Sentry) -> Iterator[_Width]:
    early, stages, pyramid = network.stem[1], list(network.stages), network.pyramid
    yield _Width(gives=_given([early]), takes=[_halving(stages[0])])
    for number, stage in enumerate(stages):
        after = [_halving(deeper) for deeper in stages[number + 1 : number + 2]]
        takes = [*_taken([stage]), _conv(pyramid.alike[number]), *after]
        yield _Width(gives=_given([stage]), takes=takes)
    joined = [pyramid, network.word_tower, network.side_tower]
    answers = [network.word_logits, network.side_logs]
    yield _Width(gives=_given(joined), takes=[*_taken(joined), *answers])


def _given(parts: Iterable[nn.Module]) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """All layers of some parts, with their norms."""
    layers = [each for part in parts for each in part.modules() if isinstance(each, Conv)]
    return [(_conv(layer), _norm(layer)) for layer in layers]


def _taken(parts: Iterable[nn.Module]) -> list[nn.Conv2d]:
    """Layers of blocks that look across the channels."""
    blocks = [each for part in parts for each in part.modules() if isinstance(each, Block)]
    return [_conv(block.across) for block in blocks]


def _halving(stage: nn.Module) -> nn.Conv2d:
    assert isinstance(stage, nn.Sequential)
    return _conv(stage[0])


def _conv(layer: nn.Module) -> nn.Conv2d:
    assert isinstance(layer, Conv)
    conv = layer[0]
    assert isinstance(conv, nn.Conv2d)
    return conv


def _norm(layer: Conv) -> nn.BatchNorm2d:
    norm = layer[1]
    assert isinstance(norm, nn.BatchNorm2d)
    return norm
