"""Whether a picture is like anything that was shown: whoever only chooses among words always does.

Cosines with the nearest examples know strangers far better than the head's own probabilities: at
the price of 5 % of the rooms they refuse 95 % of flames, roads and litter, and those a third.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float32, Float64, Int64

from vigil.core import DataError
from vigil.infer.head import Marks, Vectors

NEAREST = 3
"""Examples whose mean cosine counts: one alone may be odd."""
STRANGE = 0.05
"""Share of the examples themselves that the others find strange; of own pictures so many are."""
MOST_A_WORD = 150
"""Examples that are kept of each word."""
MOST_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Familiar:
    """The examples' vectors, and how near one must be to them."""

    vectors: Float32[np.ndarray, "n d"]
    """Of unit length."""
    least: float
    """Cosine below which a picture is a stranger."""

    def nearness(self, vectors: Vectors) -> Float64[np.ndarray, " n"]:
        """Mean cosine of each with its nearest examples."""
        return _nearest(vectors @ self.vectors.T)

    def to_bytes(self) -> bytes:
        """An NPZ file. Vectors keep three digits, far finer than what decides."""
        memory = io.BytesIO()
        np.savez(memory, vectors=self.vectors.astype(np.float16), least=np.float64(self.least))
        return memory.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, where: str) -> "Familiar":
        """Raises `DataError` for anything else than what `to_bytes` made."""
        if len(content) > MOST_BYTES:
            raise DataError(f"{where}: larger than {MOST_BYTES >> 20} MB")
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as found:
                vectors, least = found["vectors"].astype(np.float32), float(found["least"])
        except (OSError, KeyError, TypeError, ValueError, EOFError, BadZipFile) as error:
            raise DataError(f"{where}: no examples that can be read ({error})") from error
        if vectors.ndim != 2 or len(vectors) < NEAREST or not np.isfinite(vectors).all():
            raise DataError(f"{where}: its examples are damaged")
        return cls(vectors=vectors, least=least)


def familiar_with(
    vectors: Vectors, marks: Marks, groups: Int64[np.ndarray, " n"], *, seed: int = 0
) -> Familiar:
    """Learn from examples; those of one number in `groups` show the same thing.

    The limit is what all but `STRANGE` of the examples reach with those of other groups.
    """
    chance = np.random.default_rng(seed)
    kept = np.sort(np.concatenate([_some(np.flatnonzero(marks == mark), chance)
                                   for mark in np.unique(marks)]))  # fmt: skip
    vectors, groups = vectors[kept], groups[kept]
    near = vectors @ vectors.T
    near[groups[:, None] == groups[None, :]] = -1
    return Familiar(vectors=vectors, least=float(np.quantile(_nearest(near), STRANGE)))


def _some(rows: Sequence[int] | np.ndarray, chance: np.random.Generator) -> np.ndarray:
    rows = np.asarray(rows)
    return rows if len(rows) <= MOST_A_WORD else chance.choice(rows, MOST_A_WORD, replace=False)


def _nearest(cosines: np.ndarray) -> np.ndarray:
    count = min(NEAREST, cosines.shape[1])
    return np.asarray(np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1), np.float64)
