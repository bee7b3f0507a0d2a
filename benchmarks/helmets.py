"""People by YOLOX-nano, and helmets by their colour.

No model at hand knows a helmet. A rendered one is a patch of one strong yellow at the upper end of
a person, which a few lines find about as well as a network would find a real one; what is measured
with them is the watch and the rule, and not how well helmets are found.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from vigil.core import Detections, Image, Look, Rung
from vigil.stages.detect.model import ModelDetector

YELLOWS = ((18, 120, 100), (36, 255, 255))
"""Hue (0 to 180), saturation and value, from and to."""
HEAD = (-0.08, 0.13)
"""Where helmets are looked for, in heights of the person."""
MIDDLE = (0.2, 0.8)
"""And where the middle of one is, in widths: what is beside the head lies on the ground behind."""
LEAST_PIXELS = 12
FULL_PIXELS = 40.0
"""From so many on it is as sure as can be."""


class HelmetsByColour:
    """What `people` finds, and a `helmet` wherever one of them has something yellow at the head."""

    def __init__(self, people: ModelDetector) -> None:
        self._people = people

    @property
    def needs(self) -> Rung:
        """The rung on which its cameras may rest."""
        return self._people.needs

    def detect(self, looks: Sequence[Look]) -> list[Detections]:
        """One `Detections` per look, in the same order."""
        found = self._people.detect(looks)
        return [
            _with_helmets(one, look.frame.rgb(look.frame.width))
            for one, look in zip(found, looks, strict=True)
        ]


def _with_helmets(found: Detections, picture: Image) -> Detections:
    colours = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    yellow = cv2.inRange(colours, np.array(YELLOWS[0]), np.array(YELLOWS[1]))
    boxes, scores, labels = list(found.boxes), list(found.scores), list(found.labels)
    for box, label in zip(found.boxes.tolist(), found.labels, strict=True):
        helmet = _helmet(yellow, box) if label == "person" else None
        if helmet is not None:
            boxes.append(np.array(helmet[:4], np.float32))
            scores.append(np.float32(helmet[4]))
            labels.append("helmet")
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.array(scores, np.float32),
        labels=tuple(labels),
        card=found.card,
    )


def _helmet(yellow: np.ndarray, person: Sequence[float]) -> tuple[float, ...] | None:
    """Corners and score of the largest yellow patch at a person's head."""
    x1, y1, x2, y2 = person
    top, low = (round(max(0.0, y1 + share * (y2 - y1))) for share in HEAD)
    left, right = max(0, round(x1)), round(x2)
    _, _, stats, _ = cv2.connectedComponentsWithStats(yellow[top:low, left:right])
    patches = [
        one
        for one in stats[1:].tolist()
        if one[4] >= LEAST_PIXELS
        and MIDDLE[0] <= (one[0] + one[2] / 2) / max(right - left, 1) <= MIDDLE[1]
    ]
    if not patches:
        return None
    x, y, wide, high, pixels = max(patches, key=lambda one: one[4])
    score = min(0.9, 0.4 + 0.5 * pixels / FULL_PIXELS)
    return left + x, top + y, left + x + wide, top + y + high, score
