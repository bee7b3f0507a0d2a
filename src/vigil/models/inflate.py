"""From weights of a picture network to those of a clip network: repeated in time, and divided.

Carreira and Zisserman 2017, arXiv 1705.07750: a clip in which nothing moves is then seen as its
picture was, but where the padding of time is seen.
"""

from collections.abc import Mapping

from torch import Tensor

PICTURE, CLIP = 4, 5
"""Axes of a convolution's weights."""


def inflated(pictures: Mapping[str, Tensor], clips: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights for a network with `clips`' names and shapes, from one that has the same names.

    Raises `ValueError` for names that are missing, and shapes that do not fit.
    """
    missing = sorted(set(clips) - set(pictures))
    if missing:
        raise ValueError(f"no weights of a picture network for: {', '.join(missing[:5])}")
    return {name: _fitted(name, pictures[name], wanted) for name, wanted in clips.items()}


def _fitted(name: str, weight: Tensor, wanted: Tensor) -> Tensor:
    if weight.dim() == PICTURE and wanted.dim() == CLIP:
        frames = wanted.shape[2]
        weight = weight[:, :, None].repeat(1, 1, frames, 1, 1) / frames
    if weight.shape != wanted.shape:
        raise ValueError(f"{name}: {tuple(weight.shape)} does not fit {tuple(wanted.shape)}")
    return weight.clone()
