"""What a head returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int64

from vigil.core import Boxes

Output = np.ndarray[Any, np.dtype[Any]]
"""One raw output of a graph."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Boxes before duplicates are taken out."""

    boxes: Boxes
    """Pixels of the model's input."""
    scores: Float32[np.ndarray, "n"]
    classes: Int64[np.ndarray, "n"]
    """Index into the card's labels."""

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def of(cls, boxes: Output, scores: Output, classes: Output) -> "Candidates":
        """Take arrays of any number type."""
        return cls(
            boxes=boxes.astype(np.float32, copy=False).reshape(-1, 4),
            scores=scores.astype(np.float32, copy=False),
            classes=classes.astype(np.int64, copy=False),
        )

    @classmethod
    def all_of(cls, parts: "Sequence[Candidates]") -> "Candidates":
        """Join at least one."""
        return cls(
            boxes=np.concatenate([part.boxes for part in parts]),
            scores=np.concatenate([part.scores for part in parts]),
            classes=np.concatenate([part.classes for part in parts]),
        )

    def where(self, keep: "Bool[np.ndarray, 'n'] | Int64[np.ndarray, 'm']") -> "Candidates":
        """Keep those for which `keep` is true, or those that it counts, in its order."""
        return Candidates(
            boxes=self.boxes[keep], scores=self.scores[keep], classes=self.classes[keep]
        )
