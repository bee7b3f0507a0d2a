"""One look's detections as numbers."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from vigil.core import Boxes, Detections
from vigil.stages.track import motion
from vigil.stages.track.words import Words

Rows = Int64[np.ndarray, "k"]
"""Numbers of rows, without repetition."""


class Seen(NamedTuple):
    """M detections, one row each."""

    box: Boxes
    place: motion.Places
    score: Float32[np.ndarray, "m"]
    label: Int64[np.ndarray, "m"]
    family: Int64[np.ndarray, "m"]
    appearance: Float64[np.ndarray, "m d"]
    """Zeros where nobody embedded; d is 0 when nobody ever did."""

    @classmethod
    def read(cls, detections: Detections, words: Words, *, low_score: float, width: int) -> "Seen":
        """Detections from `low_score` on; unknown appearances are `width` zeros.

        Boxes that are no numbers are left out: a model that overflows must not stop a camera.
        """
        if len(detections) and not detections.scores.min() >= low_score:
            detections = detections.where(detections.scores >= low_score)
        if not np.isfinite(detections.boxes).all():
            detections = detections.where(np.isfinite(detections.boxes).all(1))
        label = words.numbers(detections.labels)
        if detections.embeddings is None:
            appearance = np.zeros((len(label), width))
        else:
            appearance = detections.embeddings.astype(np.float64)
        box = detections.boxes
        family = words.families(label)
        return cls(box, motion.places(box), detections.scores, label, family, appearance)

    def where(self, rows: Bool[np.ndarray, "m"] | Rows) -> "Seen":
        """Some of them."""
        return Seen(*(column[rows] for column in self))
