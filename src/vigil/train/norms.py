"""Batch norms that a file has no more: they became part of the convolutions before them.

Such a layer gets one again that changes nothing, and from pictures the mean and the spread of what
comes in, without a change in what the network answers. Else its first batches would undo what it
knows.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

LEAST_SPREAD = 1e-4
"""Variance of a channel that says nothing: it is not made louder."""


@torch.no_grad()
def made_idle(norm: nn.BatchNorm2d, bias: Tensor) -> None:
    """Let a norm add the `bias` (c,) of its convolution, and do nothing else."""
    norm.reset_running_stats()
    norm.weight.fill_((1 + norm.eps) ** 0.5)
    norm.bias.copy_(bias)


def idle_norms(network: nn.Module) -> list[nn.BatchNorm2d]:
    """Those that have never seen a picture."""
    found = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    return [norm for norm in found if not int(norm.get_buffer("num_batches_tracked"))]


@torch.no_grad()
def settle(network: nn.Module, norms: Iterable[nn.BatchNorm2d], pictures: Tensor) -> None:
    """Give idle norms what `pictures` (b, 3, h, w), 0 to 255, come to before them."""
    hooks = [norm.register_forward_pre_hook(_takes_over) for norm in norms]
    network.eval()
    network(pictures)
    for hook in hooks:
        hook.remove()


def _takes_over(norm: nn.Module, given: tuple[Tensor]) -> None:
    """Put mean and spread of what comes into a norm that was the identity, and undo them after."""
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    spread, mean = torch.var_mean(given[0], dim=(0, 2, 3))
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(spread.clamp(min=LEAST_SPREAD))
    norm.weight.copy_((norm.running_var + norm.eps).sqrt())
    norm.bias.add_(mean)
