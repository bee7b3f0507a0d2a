"""What a network is told that says for each place of a picture what it shows."""

import math

from torch import Tensor, nn
from torch.nn import functional

from vigil.train.regions import UNKNOWN

EASY = 0.7
"""Probability of the right word from which on a pixel teaches nothing more."""
LEAST_SHARE = 1 / 16
"""Of the pixels whose word is known: so many teach however easy they are."""
DICE = 1.0
"""Of the overlap of regions, against the mistakes of pixels."""


class TrainedMap(nn.Module):
    """A network with its loss, as a trainer wants it: a batch in, `loss` out."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor, maps: Tensor) -> dict[str, Tensor]:
        """`pictures` (b, 3, h, w) RGB, 0 to 255; `maps` (b, h, w), words or `UNKNOWN`."""
        logits = functional.interpolate(
            self.network(pictures.float()), size=maps.shape[1:], mode="bilinear"
        )
        words = maps.long()
        return {"loss": hard_pixels(logits, words) + DICE * dice(logits, words)}


def hard_pixels(logits: Tensor, words: Tensor) -> Tensor:
    """Mean cross entropy of the pixels that are not told well yet, a scalar.

    Online hard example mining (Shrivastava et al. 2016, arXiv 1604.03540): most pixels are easy,
    and together would drown the edges. `logits` (b, k, h, w), `words` (b, h, w).
    """
    known = words != UNKNOWN
    each = functional.cross_entropy(logits, words, ignore_index=UNKNOWN, reduction="none")[known]
    if not len(each):
        return logits.sum() * 0.0
    least = max(1, round(LEAST_SHARE * len(each)))
    hard = each[each > -math.log(EASY)]
    return hard.mean() if len(hard) >= least else each.topk(least).values.mean()


def dice(logits: Tensor, words: Tensor) -> Tensor:
    """1 less the overlap of what is told and what is there, a mean over words, a scalar.

    The Dice loss of Milletari et al. 2016 (arXiv 1606.04797): a small region weighs as much as a
    large one. Of the whole batch, so that a word that is on one picture of it is enough.
    """
    known = (words != UNKNOWN)[:, None]
    shares = functional.softmax(logits, 1) * known
    there = functional.one_hot(words.clamp(max=logits.shape[1] - 1), logits.shape[1])
    there = there.permute(0, 3, 1, 2) * known
    both = (shares * there).sum((0, 2, 3))
    sizes = shares.sum((0, 2, 3)) + there.sum((0, 2, 3))
    return (1 - (2 * both + 1) / (sizes + 1)).mean()
