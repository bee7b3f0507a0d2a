"""What an encoder answers, as one vector."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32

from vigil.core import ModelError

Vector = Float32[np.ndarray, "d"]
Pool = Literal["vector", "first", "mean"]
"""The answer is one vector; or one a token, of which the first counts (CLS), or their mean."""


def as_vector(
    outputs: list[np.ndarray[Any, Any]], at: int, file: str, pool: Pool = "vector"
) -> Vector:
    """The output at this place as one vector; raises `ModelError` when it is none."""
    if not at < len(outputs):
        raise ModelError(f"{file}: has {len(outputs)} outputs; its card names output {at}")
    found = np.asarray(outputs[at], np.float32)
    if pool != "vector":
        if found.ndim != 3 or not found.shape[1]:
            raise ModelError(
                f"{file}: output {at} has the shape {found.shape}; allowed: one vector a token"
            )
        found = found[:, 0] if pool == "first" else found.mean(axis=1)
    # (1, d) and, of networks that end with a pooled map, (1, d, 1, 1).
    if found.ndim == 0 or found.size != max(found.shape):
        raise ModelError(f"{file}: output {at} has the shape {found.shape}; allowed: one vector")
    return found.reshape(-1)


def joined(vectors: Sequence[Vector]) -> Vector:
    """Vectors side by side, each of the same length, all of unit length."""
    units = [each / max(float(np.linalg.norm(each)), 1e-12) for each in vectors]
    return np.asarray(np.concatenate(units) / np.sqrt(len(units)), np.float32)
