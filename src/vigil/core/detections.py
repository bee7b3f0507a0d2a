"""What a detector saw in one look."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32

from vigil.core.boxes import Boxes

ANYTHING = "object"
"""The label of what nobody has named: it may be anything."""


def may_be_one(one: str, other: str) -> bool:
    """Whether things of these labels, or of these families of labels, may be one thing."""
    return one == other or ANYTHING in (one, other)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detections:
    """N boxes as parallel arrays. Labels are words: class numbers never leave a detector."""

    boxes: Boxes
    scores: Float32[np.ndarray, "n"]
    """Confidence, 0 to 1."""
    labels: tuple[str, ...]
    embeddings: Float32[np.ndarray, "n d"] | None = None
    """Appearance, unit length, where an embedder looked."""
    card: str = ""
    """Name and version of the model that saw them; empty when no model did."""

    def __post_init__(self) -> None:
        if not len(self.boxes) == len(self.scores) == len(self.labels):
            raise ValueError(
                f"one score and one label per box: {self.boxes.shape = }, "
                f"{self.scores.shape = }, {len(self.labels) = }"
            )

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def none(cls, card: str = "") -> "Detections":
        """Somebody looked and nothing was there."""
        return cls(
            boxes=np.zeros((0, 4), np.float32),
            scores=np.zeros(0, np.float32),
            labels=(),
            card=card,
        )

    def where(self, keep: Bool[np.ndarray, "n"]) -> "Detections":
        """Keep the detections for which `keep` is true, in the same order."""
        embeddings = None if self.embeddings is None else self.embeddings[keep]
        labels = tuple(label for label, kept in zip(self.labels, keep, strict=True) if kept)
        return replace(
            self,
            boxes=self.boxes[keep],
            scores=self.scores[keep],
            labels=labels,
            embeddings=embeddings,
        )
