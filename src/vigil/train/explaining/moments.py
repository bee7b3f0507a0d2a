"""When a network saw what it says: what happens where a stretch of the clip is taken away.

Occlusion as Zeiler and Fergus 2013, arXiv 1311.2901, over time; gradient × input as Shrikumar et
al. 2016, arXiv 1605.01713. The first is asked of the network itself and costs a look a stretch; the
second costs one look, and tells only of small changes.
"""

import torch
from torch import Tensor, nn


@torch.no_grad()
def missed(network: nn.Module, clip: Tensor, word: int, *, axis: int, stretches: int) -> Tensor:
    """(stretches,): by how much the word's probability falls without each; less than 0: it rises.

    `clip`: one, with an axis of its own for the batch; `axis`: that of time. A stretch is taken
    away by showing the mean of the rest instead: the place stays, and nothing moves. Raises
    `ValueError` for more stretches than frames, or fewer than two.
    """
    frames = clip.shape[axis]
    if not 2 <= stretches <= frames:
        raise ValueError(f"{stretches} stretches; allowed: 2 to {frames}, the clip's frames")
    network.eval()
    whole = network(clip).softmax(1)[0, word]
    falls = []
    for part in torch.arange(frames).tensor_split(stretches):
        rest = torch.ones(frames, dtype=torch.bool)
        rest[part] = False
        without = clip.movedim(axis, 1).clone()
        without[:, part] = without[:, rest].mean(1, keepdim=True)
        falls.append(whole - network(without.movedim(1, axis)).softmax(1)[0, word])
    return torch.stack(falls)


def pull(network: nn.Module, clip: Tensor, word: int, *, axis: int) -> Tensor:
    """(frames,): gradient × input of the word's logit, summed over each frame.

    More than 0 speaks for the word, as long as the network is nearly a line.
    """
    network.eval()
    given = clip.detach().clone().requires_grad_()
    with torch.enable_grad():
        said = network(given)[0, word]
    (slope,) = torch.autograd.grad(said, given)
    return (slope * given.detach()).movedim(axis, 1)[0].flatten(1).sum(1)
