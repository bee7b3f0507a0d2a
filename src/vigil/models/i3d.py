"""I3D: Inception-v1 inflated into time, for RGB or optical flow.

Carreira and Zisserman 2017, arXiv 1705.07750. Names of layers are those under which the published
weights are kept, and padding is that of TensorFlow ("SAME"), which the weights were trained with:
what does not divide is padded after, not around. A symmetric padding changes outputs by 7 %.

Legend: b clips, c channels, t frames, h and w pixels, k classes.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

Size = tuple[int, int, int]
"""Time, height, width."""
INCEPTION: dict[str, tuple[int, int, int, int, int, int]] = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
"""Channels of the four branches: 1×1; 1×1 then 3×3; 1×1 then 3×3; pooling then 1×1."""
FEATURES = 1024
DROPOUT = 0.5
SMALLEST = (9, 32, 32)
"""Of a clip: below that, the pooling at the end has nothing to pool."""
POOLED = (2, 7, 7)
"""At the end; clips of less than 193 pixels a side have less than that, and all of it is pooled."""


class Unit(nn.Module):
    """Convolution, batch norm, ReLU; `plain`: the convolution alone, with a bias."""

    def __init__(
        self, into: int, out: int, size: Size = (1, 1, 1), stride: Size = (1, 1, 1), *,
        plain: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv3d = nn.Conv3d(into, out, size, stride, bias=plain)
        # The published weights know no gamma: it stays 1 unless it is trained.
        self.bn = nn.Identity() if plain else nn.BatchNorm3d(out, eps=1e-3, momentum=0.001)
        self._size, self._stride, self._plain = size, stride, plain

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv3d(same(x, self._size, self._stride)))
        return x if self._plain else functional.relu(x)


class Pool(nn.Module):
    """Largest value. Zeros around change nothing: everything before is a ReLU."""

    def __init__(self, size: Size, stride: Size) -> None:
        super().__init__()
        self._size, self._stride = size, stride

    def forward(self, x: Tensor) -> Tensor:
        return functional.max_pool3d(same(x, self._size, self._stride), self._size, self._stride)


class Mixed(nn.Module):
    """Four views of the same, side by side."""

    def __init__(self, into: int, channels: tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        one, narrow, three, narrower, other, pooled = channels
        self.b0 = Unit(into, one)
        self.b1a, self.b1b = Unit(into, narrow), Unit(narrow, three, (3, 3, 3))
        self.b2a, self.b2b = Unit(into, narrower), Unit(narrower, other, (3, 3, 3))
        self.b3a, self.b3b = Pool((3, 3, 3), (1, 1, 1)), Unit(into, pooled)

    def forward(self, x: Tensor) -> Tensor:
        views = self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x))
        return torch.cat(views, 1)


class I3D(nn.Module):
    """Clips (b, c, t, h, w) to logits (b, k), the mean over time.

    RGB has three channels from -1 to 1, flow two: pixels a frame at 25 frames a second, clipped
    to ±20 and divided by that. Both were trained on 64 frames of 224 × 224.
    """

    def __init__(self, classes: int, *, channels: int = 3, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.Conv3d_1a_7x7 = Unit(channels, 64, (7, 7, 7), (2, 2, 2))
        self.MaxPool3d_2a_3x3 = Pool((1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = Unit(64, 64)
        self.Conv3d_2c_3x3 = Unit(64, 192, (3, 3, 3))
        self.MaxPool3d_3a_3x3 = Pool((1, 3, 3), (1, 2, 2))
        self.MaxPool3d_4a_3x3 = Pool((3, 3, 3), (2, 2, 2))
        self.MaxPool3d_5a_2x2 = Pool((2, 2, 2), (2, 2, 2))
        widths = [192, *(sum(_given(each)) for each in INCEPTION.values())]
        for (name, each), (into, _) in zip(INCEPTION.items(), pairwise(widths), strict=True):
            self.add_module(name, Mixed(into, each))
        self.dropout = nn.Dropout(dropout)
        self.logits = Unit(FEATURES, classes, plain=True)

    def embed(self, clips: Tensor) -> Tensor:
        """(b, 1024, t / 8): what is seen at each eighth frame, pooled over the picture.

        Raises `ValueError` for clips that are too small.
        """
        if any(have < least for have, least in zip(clips.shape[2:], SMALLEST, strict=True)):
            raise ValueError(f"a clip of {tuple(clips.shape[2:])}; allowed: {SMALLEST} or more")
        x = self.MaxPool3d_2a_3x3(self.Conv3d_1a_7x7(clips))
        x = self.MaxPool3d_3a_3x3(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x)))
        x = self.Mixed_3c(self.Mixed_3b(x))
        x = self.MaxPool3d_4a_3x3(x)
        for name in ("Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e", "Mixed_4f"):
            x = self.get_submodule(name)(x)
        x = self.Mixed_5c(self.Mixed_5b(self.MaxPool3d_5a_2x2(x)))
        window = [min(size, have) for size, have in zip(POOLED, x.shape[2:], strict=True)]
        return functional.avg_pool3d(x, window, stride=1).mean((3, 4))

    def forward(self, clips: Tensor) -> Tensor:
        seen = self.dropout(self.embed(clips))
        return self.logits(seen[..., None, None]).flatten(2).mean(2)


def same(x: Tensor, size: Sequence[int], stride: Sequence[int]) -> Tensor:
    """Zeros around (b, c, t, h, w), so that a window at each stride fits; more of them after."""
    around: list[int] = []
    for have, window, step in zip(x.shape[2:], size, stride, strict=True):
        total = max((-(-have // step) - 1) * step + window - have, 0)
        around = [total // 2, total - total // 2, *around]  # torch wants the last axis first
    return functional.pad(x, around) if any(around) else x


def two_stream(rgb: Tensor, flow: Tensor) -> Tensor:
    """Logits of both, as they were published: their sum."""
    return rgb + flow


def _given(channels: tuple[int, int, int, int, int, int]) -> tuple[int, int, int, int]:
    one, _, three, _, other, pooled = channels
    return one, three, other, pooled
