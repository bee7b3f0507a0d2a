"""One look's detections as numbers."""

from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from vigil.core import Detections
from vigil.stages.track.motion import Corners, Place

Appearance = Float64[np.ndarray, "d"]
"""Unit length."""


class Seen(NamedTuple):
    """One detection."""

    row: int
    """Its number among those of the look."""
    box: Corners
    place: Place
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
            place = (left + right) / 2, bottom, right - left, bottom - top
            family = families.get(label, label)
            seen.append(Seen(len(seen), box, place, score, label, family, appearance))
    return seen


def _appearances(detections: Detections) -> list[Appearance | None]:
    if detections.embeddings is None:
        return [None] * len(detections)
    return [row if row.any() else None for row in detections.embeddings.astype(np.float64)]
