"""One look's detections as numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
from jaxtyping import Float64

from vigil.core import Detections
from vigil.stages.track.corners import Corners

Appearance = Float64[np.ndarray, "d"]
"""Unit length."""


@dataclass(slots=True, eq=False)
class Seen:
    """One detection; not frozen, which would cost more than all the rest of reading it."""

    row: int
    """Its number among those of the look."""
    box: Corners
    score: float
    label: str
    family: str
    """The first of the words that may be mixed up with its label."""
    appearance: Appearance | None
    """None where nobody embedded."""


def read(detections: Detections, families: Mapping[str, str], *, low_score: float) -> list[Seen]:
    """Detections from `low_score` on, in order; `families` leads from a label to its family.

    Boxes that are no numbers are left out: a model that overflows must not stop a camera.
    """
    rows = zip(
        detections.boxes.tolist(),
        detections.scores.tolist(),
        detections.labels,
        _appearances(detections),
        strict=True,
    )
    seen: list[Seen] = []
    for (left, top, right, bottom), score, label, appearance in rows:
        if score >= low_score and isfinite(left + top + right + bottom):
            box = left, top, right, bottom
            family = families.get(label, label)
            seen.append(Seen(len(seen), box, score, label, family, appearance))
    return seen


def _appearances(detections: Detections) -> list[Appearance | None]:
    if detections.embeddings is None:
        return [None] * len(detections)
    return [row if row.any() else None for row in detections.embeddings.astype(np.float64)]
