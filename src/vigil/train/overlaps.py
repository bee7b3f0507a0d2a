"""How much boxes overlap, for tensors that learn. Boxes are x1 y1 x2 y2 in pixels."""

import torch
from torch import Tensor

LEAST = 1e-7


def ious(some: Tensor, others: Tensor) -> Tensor:
    """Each with each: (…, n, 4) and (…, m, 4) to (…, n, m)."""
    corner = torch.maximum(some[..., :, None, :2], others[..., None, :, :2])
    far = torch.minimum(some[..., :, None, 2:], others[..., None, :, 2:])
    shared = (far - corner).clamp(min=0).prod(-1)
    union = areas(some)[..., :, None] + areas(others)[..., None, :] - shared
    return shared / union.clamp(min=LEAST)


def generalised_ious(some: Tensor, others: Tensor) -> Tensor:
    """Pair by pair, (…, 4) to (…,), -1 to 1: falls on when boxes are apart, so that it can teach.

    Rezatofighi et al. 2019, arXiv 1902.09630.
    """
    far = torch.minimum(some[..., 2:], others[..., 2:])
    corner = torch.maximum(some[..., :2], others[..., :2])
    shared = (far - corner).clamp(min=0).prod(-1)
    union = areas(some) + areas(others) - shared
    reach = torch.maximum(some[..., 2:], others[..., 2:])
    start = torch.minimum(some[..., :2], others[..., :2])
    hull = (reach - start).clamp(min=0).prod(-1)
    overlap = shared / union.clamp(min=LEAST)
    return overlap - (hull - union) / hull.clamp(min=LEAST)


def areas(boxes: Tensor) -> Tensor:
    """Square pixels; 0 where a side is negative."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)
