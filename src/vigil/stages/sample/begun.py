"""The picture with which an event begins."""

from collections.abc import Sequence

from vigil.core import Detections, Limits, Look, Scene, Step, StepKind, part

SCORE = 0.5
"""What it is really, its verdict and people say later, and then it may count for more."""


@part
class EventBegun:
    """Wants the look at which an event begins, whose name goes with it."""

    limits: Limits = Limits(hourly=4, daily=12)

    @property
    def kind(self) -> str:
        return "event"

    def offer(
        self, look: Look, detections: Detections, scene: Scene, steps: Sequence[Step]
    ) -> float | None:
        return SCORE if any(step.kind is StepKind.NEW for step in steps) else None
