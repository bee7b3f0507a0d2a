"""What was nearly detected, or nearly not."""

from collections import deque
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from vigil.config.settings import Positive, Words
from vigil.core import Box, Detections, Limits, Look, Scene, Step, as_array, iou, part
from vigil.stages.sample.chance import Chance, Probability

SAME_PLACE = 0.5
"""Boxes that overlap by so much (IoU) show the same thing again, if it has stayed …"""
AGAIN_S = 600.0
"""… for so long: many pictures of one parked car teach no more than one."""
REMEMBERED = 32
"""Boxes."""


@part
class CloseToThreshold:
    """Wants looks with a detection whose score is at most `epsilon` away from `threshold`.

    A score is the higher the nearer it is (uncertainty sampling: Lewis and Gale, "A sequential
    algorithm for training text classifiers", 1994). `selected_class_names`: of these labels only;
    else of those that the camera's rules read. `probability`: of such looks so many are wanted.
    What no model saw has no score that could be near.
    """

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.4
    """As that from which a detection begins a track."""
    epsilon: Annotated[Positive, Field(le=1)] = 0.2
    selected_class_names: Words = ()
    probability: Probability = 1.0
    limits: Limits = Limits(minutely=1, hourly=4, daily=12)

    def __post_init__(self) -> None:
        self._chance = Chance(self.probability)
        self._seen: deque[tuple[float, str, Box]] = deque(maxlen=REMEMBERED)

    @property
    def kind(self) -> str:
        return "close_to_threshold"

    def offer(
        self, look: Look, detections: Detections, scene: Scene, steps: Sequence[Step]
    ) -> float | None:
        if not detections.card or not len(detections):
            return None
        distances = np.abs(detections.scores - self.threshold)
        wanted = self.selected_class_names or look.labels
        fresh = [
            int(index)
            for index in np.flatnonzero(distances <= self.epsilon)
            if (not wanted or detections.labels[index] in wanted)
            and not self._is_known(detections, int(index), scene.time_s)
        ]
        if not fresh or not self._chance.comes():
            return None
        for index in fresh:
            box = Box(*map(float, detections.boxes[index]))
            self._seen.append((scene.time_s, detections.labels[index], box))
        return max(0.0, 1.0 - float(distances[fresh].min()) / self.epsilon)

    def _is_known(self, detections: Detections, index: int, time_s: float) -> bool:
        label = detections.labels[index]
        boxes = [
            box
            for seen_s, word, box in self._seen
            if word == label and abs(time_s - seen_s) < AGAIN_S
        ]
        if not boxes:
            return False
        return bool(iou(detections.boxes[index : index + 1], as_array(boxes)).max() >= SAME_PLACE)
