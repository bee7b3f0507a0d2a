"""Things unlike all that was kept of late."""

from collections import deque
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float32
from pydantic import Field

from vigil.config.parts import AnyEmbedder
from vigil.config.settings import Positive
from vigil.core import Box, Detections, Embedder, Limits, Look, Scene, Step, part

LEAST_PX = 16.0
"""Sides of a box below which it shows too little to be compared."""
CROP_PX = 256
"""Width at which a crop is given to the embedder, which makes it smaller."""


@part
class Novelty:
    """Wants looks whose surest thing is unlike everything that it wanted of late.

    Likeness is the cosine of what `embedder` makes of two crops; `distance` (one minus it) is how
    far away the nearest of the last `remembers` must be. One crop every `every_s` is compared, and
    nothing else is paid for. (Sener and Savarese, "Active learning for convolutional neural
    networks: a core-set approach", 2018, choose by the same distance.)
    """

    embedder: AnyEmbedder
    distance: Annotated[Positive, Field(le=2)] = 0.3
    every_s: Positive = 10.0
    remembers: Annotated[int, Field(ge=1, le=100_000)] = 500
    limits: Limits = Limits(hourly=2, daily=8)

    def __post_init__(self) -> None:
        self._kept: deque[Float32[np.ndarray, " d"]] = deque(maxlen=self.remembers)
        self._due_s = float("-inf")

    @property
    def kind(self) -> str:
        return "novelty"

    def offer(
        self, look: Look, detections: Detections, scene: Scene, steps: Sequence[Step]
    ) -> float | None:
        box = _surest(look, detections)
        if box is None or scene.time_s < self._due_s:
            return None
        self._due_s = scene.time_s + self.every_s
        embedder: Embedder = self.embedder
        width = min(CROP_PX, round(box.width))
        vector = embedder.embed([look.frame.rgb(width, region=box)])[0]
        nearest = max((float(vector @ each) for each in self._kept), default=-1.0)
        if 1.0 - nearest < self.distance:
            return None
        self._kept.append(vector)
        return min(1.0, 1.0 - nearest)


def _surest(look: Look, detections: Detections) -> Box | None:
    """The box with the highest score that is large enough, within the picture."""
    for index in np.argsort(-detections.scores):
        if look.labels and detections.labels[index] not in look.labels:
            continue
        box = Box(*map(float, detections.boxes[index])).clipped(look.frame.width, look.frame.height)
        if min(box.width, box.height) >= LEAST_PX:
            return box
    return None
