"""One look's detections as numbers."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Bool, Float64, Int64

from vigil.core import Boxes, Detections
from vigil.stages.track import motion
from vigil.stages.track.words import Words

Rows = Int64[np.ndarray, "k"]
"""Numbers of rows, without repetition."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """M detections, one row each; columns as in `Tracks`."""

    box: Boxes
    place: Float64[np.ndarray, "m 4"]
    score: Float64[np.ndarray, "m"]
    label: Int64[np.ndarray, "m"]
    family: Int64[np.ndarray, "m"]
    appearance: Float64[np.ndarray, "m d"]
    """Zeros where nobody embedded; d is 0 when nobody ever did."""

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def read(cls, detections: Detections, words: Words, *, low_score: float, width: int) -> Self:
        """Detections from `low_score` on; unknown appearances are `width` zeros."""
        if len(detections) and detections.scores.min() < low_score:
            detections = detections.where(detections.scores >= low_score)
        label = words.numbers(detections.labels)
        if detections.embeddings is None:
            appearance = np.zeros((len(label), width))
        else:
            appearance = detections.embeddings.astype(np.float64)
        return cls(
            box=detections.boxes,
            place=motion.places(detections.boxes),
            score=detections.scores.astype(np.float64),
            label=label,
            family=words.families(label),
            appearance=appearance,
        )

    def where(self, rows: Bool[np.ndarray, "m"] | Rows) -> Self:
        """Some of them."""
        return type(self)(
            box=self.box[rows],
            place=self.place[rows],
            score=self.score[rows],
            label=self.label[rows],
            family=self.family[rows],
            appearance=self.appearance[rows],
        )
