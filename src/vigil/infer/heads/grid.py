"""Where the cells of an anchor-free head look."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32


@lru_cache(maxsize=16)
def cells(width: int, height: int, strides: tuple[int, ...]) -> Float32[np.ndarray, "n 3"]:
    """Column, row and stride of every cell of an input of `width` x `height`, coarse levels last.

    Rows run fastest along x. The array is shared: do not write to it.
    """
    levels = []
    for stride in strides:
        columns, rows = np.meshgrid(np.arange(width // stride), np.arange(height // stride))
        level = np.stack([columns, rows, np.full_like(rows, stride)], axis=-1)
        levels.append(level.reshape(-1, 3))
    return np.concatenate(levels).astype(np.float32)
