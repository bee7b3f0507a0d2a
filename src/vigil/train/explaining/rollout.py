"""Attention rollout: from which places and times a video transformer has what it says.

Abnar and Zuidema 2020, arXiv 2005.00928: the attention of each layer, half of it with what a token
kept of itself, multiplied through all layers. TimeSformer attends first over time and then over the
picture; both count as layers, and the token of the class is the mean over its frames, as there.
It does not ask which word is told: `moments` does.

Legend: n tokens, t moments, h and w patches, p = h · w, a heads.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from vigil.models.video_transformer import VideoTransformer


class _Grid(NamedTuple):
    """How a clip is cut into tokens."""

    moments: int
    rows: int
    columns: int

    @property
    def places(self) -> int:
        return self.rows * self.columns


@torch.no_grad()
def rollout(network: VideoTransformer, look: Callable[[], object]) -> Tensor:
    """(t', h', w'), shares of what is said that come from there; with the class's own: 1.

    `look`: shows one clip to whatever the network is a part of. Where the head of the class was
    taken away, what is said is the mean of all tokens. Raises `ValueError` for a network whose
    attention is not known here.
    """
    network.eval()
    grid = _grid(network)
    kind = network.network.config.model_type
    divided = getattr(network.network.config, "attention_type", "") == "divided_space_time"
    with _attention(network) as kept:
        look()
    if not kept:
        raise ValueError(f"{kind}: its attention cannot be read")
    layers = _divided(kept, grid) if divided else [_half(each[0].mean(0)) for each in kept]
    flow = torch.eye(layers[0].shape[0])
    for layer in layers:
        flow = layer @ flow
    first = flow.shape[0] - grid.moments * grid.places
    if first not in {0, 1}:
        raise ValueError(f"{kind}: {flow.shape[0]} tokens for {grid.moments * grid.places} places")
    of_mean = isinstance(network.network.classifier, nn.Identity) or not first
    asked = flow[first:].mean(0) if of_mean else flow[0]
    shares = asked[first:]
    if divided:
        return shares.reshape(grid.rows, grid.columns, grid.moments).permute(2, 0, 1)
    return shares.reshape(*grid)


def _grid(network: VideoTransformer) -> _Grid:
    config = network.network.config
    tube = getattr(config, "tubelet_size", 1)
    deep = tube if isinstance(tube, int) else tube[0]
    patch = config.patch_size if isinstance(tube, int) else tube[1]
    wide = patch if isinstance(patch, int) else patch[0]
    side = network.side // wide
    return _Grid(network.frames // deep, side, side)


@contextmanager
def _attention(network: VideoTransformer) -> Iterator[list[Tensor]]:
    """What every layer attends to (b, a, n, n), in the order in which it happens."""
    kept: list[Tensor] = []

    def first(_: nn.Module, given: tuple[Any, ...]) -> None:
        kept.append(given[0])

    def second(_: nn.Module, __: Any, said: Any) -> None:
        if isinstance(said, tuple) and len(said) > 1 and isinstance(said[1], Tensor):
            kept.append(said[1])

    hooks = []
    for each in network.modules():
        if hasattr(each, "attn_drop"):  # TimeSformer hands its attention to nobody else
            hooks.append(each.attn_drop.register_forward_pre_hook(first))
        elif hasattr(each, "scaling"):
            hooks.append(each.register_forward_hook(second))
    config = network.network.config
    before = config._attn_implementation
    # The fast ways of attending never hold what they attend to.
    network.network.set_attn_implementation("eager")
    try:
        yield kept
    finally:
        network.network.set_attn_implementation(before)
        for hook in hooks:
            hook.remove()


def _half(attention: Tensor) -> Tensor:
    """With the residual: half of a token is what it was."""
    return (attention + torch.eye(attention.shape[-1])) / 2


def _divided(kept: list[Tensor], grid: _Grid) -> list[Tensor]:
    """Over all tokens (1 + p · t), a layer for each attention over time and over the picture."""
    return [
        _over_time(each.mean(1)) if number % 2 == 0 else _over_places(each.mean(1), grid)
        for number, each in enumerate(kept)
    ]


def _over_time(attention: Tensor) -> Tensor:
    """From (p, t, t): each place looks at itself at other times; the class is not asked."""
    tokens = torch.block_diag(*attention)
    return torch.block_diag(torch.eye(1), _half(tokens))


def _over_places(attention: Tensor, grid: _Grid) -> Tensor:
    """From (t, 1 + p, 1 + p): each moment by itself; the class has the mean of its moments."""
    count = 1 + grid.places * grid.moments
    whole = torch.zeros(count, count)
    for moment, each in enumerate(attention):
        patches = 1 + moment + grid.moments * torch.arange(grid.places)
        tokens = torch.cat([torch.zeros(1, dtype=torch.long), patches])
        whole[tokens[1:, None], tokens] = each[1:]
        whole[0, tokens] += each[0] / grid.moments
    return _half(whole)
