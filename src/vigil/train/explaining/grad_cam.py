"""Grad-CAM for clips: where, frame by frame, a convolutional network saw what it says.

Selvaraju et al. 2017, arXiv 1610.02391, with one axis more: a channel weighs what its gradient is
on the mean over picture and time. Legend: b clips, c channels, t frames, h and w pixels.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

CLIPS, PICTURES = 5, 4
"""Axes of what a network over time holds, and of what one over pictures holds."""


def grad_cam(
    network: nn.Module, clip: Tensor, word: int, *, frames: int, body: nn.Module | None = None
) -> Tensor:
    """(t', h', w'), 0 and more: what speaks for a word in the last maps that know where.

    `clip`: one, as the network takes it, with an axis of its own for the batch; `frames`: how many
    it has; `body`: the part of the network that sees, where others read sound. Networks that see
    time in their channels (TSM) hold frames as pictures, and so are told by their number. Raises
    `ValueError` for a network that holds no maps of more than one place.
    """
    network.eval()
    kept: list[Tensor] = []

    def keep(_: nn.Module, __: Any, given: Any) -> None:
        if isinstance(given, Tensor) and given.requires_grad and _knows_where(given, frames):
            kept[:] = [given]

    parts = [each for each in (body or network).modules() if each is not network]
    hooks = [each.register_forward_hook(keep) for each in parts]
    try:
        with torch.enable_grad():
            said = network(clip.detach().requires_grad_())[0, word]
    finally:
        for hook in hooks:
            hook.remove()
    if not kept:
        raise ValueError(f"{type(network).__name__}: no maps in it that tell places apart")
    (slope,) = torch.autograd.grad(said, kept)
    maps, slope = _over_time(kept[0].detach()), _over_time(slope)
    weight = slope.mean((1, 2, 3), keepdim=True)
    return functional.relu((weight * maps).sum(0))


def _knows_where(maps: Tensor, frames: int) -> bool:
    shape = tuple(maps.shape)
    counted = {PICTURES: frames, CLIPS: 1}.get(len(shape))
    return shape[:1] == (counted,) and shape[-1] * shape[-2] > 1


def _over_time(maps: Tensor) -> Tensor:
    """(c, t, h, w)."""
    return maps[0] if maps.dim() == CLIPS else maps.transpose(0, 1)
