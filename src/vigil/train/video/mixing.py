"""Clips made harder: two at once, one within another, or moved against the network.

All of it works on batches (b, t, c, h, w), the same in each picture of a clip.
"""

import numpy as np
import torch
from torch import Tensor

from vigil.train.video.network import ClipNetwork, Streams
from vigil.train.video.settings import VideoSettings

STEPS = 3
"""Of projected gradient descent."""
SPANS = {"rgb": (0.0, 255.0), "flow": (-1.0, 1.0)}


def mixed(
    streams: Streams, truth: Tensor, settings: VideoSettings, chance: np.random.Generator
) -> tuple[Streams, Tensor]:
    """Each clip with another one of the batch, and their truths by the same shares.

    Mixup (Zhang et al. 2017, arXiv 1710.09412) lays one over the other, cutmix (Yun et al. 2019,
    arXiv 1905.04899) puts a part of one into the other, as one tube through all its pictures. Where
    both are wanted, each batch has one of them.
    """
    ways = [name for name in ("mixup", "cutmix") if getattr(settings, name) > 0]
    if not ways or len(truth) < 2 or settings.task not in ("one", "several"):
        return streams, truth
    way = ways[int(chance.integers(len(ways)))]
    alpha = getattr(settings, way)
    share = float(chance.beta(alpha, alpha))
    other = torch.from_numpy(chance.permutation(len(truth)))
    cut = _tube(streams, share, chance) if way == "cutmix" else None
    if cut is not None:
        share = 1 - cut.area
    found = {}
    for name, clips in streams.items():
        if cut is not None and name != "audio":
            found[name] = cut.filled(clips, clips[other])
        else:
            whole = clips.float()
            found[name] = share * whole + (1 - share) * whole[other]
    return found, share * truth + (1 - share) * truth[other]


class _Tube:
    """A part of all pictures, as shares of height and width."""

    def __init__(self, top: float, left: float, high: float, wide: float) -> None:
        self._top, self._left, self._high, self._wide = top, left, high, wide

    @property
    def area(self) -> float:
        return self._high * self._wide

    def filled(self, clips: Tensor, others: Tensor) -> Tensor:
        height, width = clips.shape[-2:]
        top, left = round(self._top * height), round(self._left * width)
        bottom, right = (
            round((self._top + self._high) * height),
            round((self._left + self._wide) * width),
        )
        made = clips.clone()
        made[..., top:bottom, left:right] = others[..., top:bottom, left:right]
        return made


def _tube(streams: Streams, share: float, chance: np.random.Generator) -> _Tube | None:
    """None where there is only sound."""
    if not SPANS.keys() & streams.keys():
        return None
    side = float(np.sqrt(1 - share))
    middle_y, middle_x = chance.random(2)
    top, bottom = max(0.0, middle_y - side / 2), min(1.0, middle_y + side / 2)
    left, right = max(0.0, middle_x - side / 2), min(1.0, middle_x + side / 2)
    return _Tube(float(top), float(left), float(bottom - top), float(right - left))


def attacked(
    network: ClipNetwork, streams: Streams, truth: Tensor, settings: VideoSettings
) -> Streams:
    """Clips moved, pixel by pixel and no further than allowed, to where the network errs more.

    One step (FGSM, Goodfellow et al. 2014, arXiv 1412.6572) or several from a drawn start (PGD,
    Madry et al. 2017, arXiv 1706.06083). Sound is left as it is.
    """
    if settings.adversary == "none":
        return streams
    steps = STEPS if settings.adversary == "pgd" else 1
    was = network.training
    network.eval()  # what is attacked must not move the means of batches
    reach = {name: settings.adversary_reach / 255 * (high - low) for name, (low, high) in
             SPANS.items()}  # fmt: skip
    begun = {name: clips.float() for name, clips in streams.items() if name in SPANS}
    moved = begun
    if settings.adversary == "pgd":
        moved = {name: clips + reach[name] * (2 * torch.rand_like(clips) - 1)
                 for name, clips in begun.items()}  # fmt: skip
    for _ in range(steps):
        moved = {name: clips.detach().requires_grad_() for name, clips in moved.items()}
        with torch.enable_grad():
            loss = network.loss({**streams, **moved}, truth)
            slopes = torch.autograd.grad(loss, list(moved.values()))
        for (name, clips), slope in zip(list(moved.items()), slopes, strict=True):
            step = reach[name] if steps == 1 else 2 * reach[name] / steps
            near = (clips.detach() + step * slope.sign() - begun[name]).clamp(
                -reach[name], reach[name]
            )
            moved[name] = (begun[name] + near).clamp(*SPANS[name])
    network.train(was)
    return {**streams, **{name: clips.detach() for name, clips in moved.items()}}
