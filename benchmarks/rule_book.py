"""What a rule told of a film, as the outbox of its watch has it."""

from benchmarks.scenarios import Told
from vigil.core import Clip, Step, StepKind


class Book:
    """An outbox that keeps when each event was told, and how long it was said to last."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    def put(self, step: Step, clip: Clip | None) -> None:
        event = step.event
        before = self._told.get(event.id)
        told_s = step.time_s if step.kind is StepKind.NEW or before is None else before.told_s
        self._told[event.id] = Told(start_s=event.start_s, end_s=event.end_s, told_s=told_s)

    @property
    def told(self) -> list[Told]:
        return list(self._told.values())
