"""Which events are one thing seen twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from vigil.core import Case, Clock, Event, StoreError, SystemClock
from vigil.pipeline.appearance import colours_of, likeness
from vigil.pipeline.cases import NoFootage
from vigil.store import DecisionStore

log = structlog.get_logger(__name__)
WITHIN_S = 10.0
"""How far apart two cameras may tell of the same thing."""
MEMORY_S = 300.0
"""How long after an event another one about the same track still is the same incident."""
ALIKE = 0.6
"""Least likeness of colours in two cameras, whose white balance differs."""
UNLIKE = 0.25
"""Tracks of one camera that are less alike than this only happen to have the same number."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Cameras that see the same ground: groups of names."""

    groups: Sequence[Sequence[str]] = ()

    def of(self, camera: str) -> frozenset[str]:
        """Those that overlap with it."""
        together = (name for group in self.groups if camera in group for name in group)
        return frozenset(together) - {camera}


class Incidents:
    """Joins an event with what it repeats, before anybody is asked or told about it.

    Of the same camera: the same rule about the same track. Of a neighbouring camera: the same rule
    and label at the same time, and colours alike within the boxes. `case_of` finds another event's
    footage; raises NoFootage.
    """

    def __init__(
        self,
        decisions: DecisionStore,
        case_of: Callable[[str], Case],
        neighbours: Neighbours | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.joined = 0
        self._started_s = (clock or SystemClock()).now_s()
        self._decisions = decisions
        self._case_of = case_of
        self._neighbours = neighbours or Neighbours()

    def join(self, case: Case, *, recorded_s: float) -> str:
        """The incident of an event that begins; blocks while clips are looked into.

        `recorded_s`: when its first step was written, UTC seconds. Numbers of tracks begin anew
        with each start, so that events of different runs are never joined.
        """
        event = case.event
        same_run_s = self._started_s if recorded_s >= self._started_s else 0.0
        found = self._decisions.companions(
            event,
            self._neighbours.of(event.source),
            within_s=WITHIN_S,
            memory_s=MEMORY_S,
            recorded_since_s=max(same_run_s, recorded_s - MEMORY_S - WITHIN_S),
        )
        for other in found:
            if self._is_same(case, other):
                self.joined += 1
                log.info("two events are one incident", event_id=event.id, other=other.id)
                return self._decisions.join(event.id, other.id)
        decision = self._decisions.decision(event.id)
        return event.id if decision is None else decision.incident

    def _is_same(self, case: Case, other: Event) -> bool:
        here = other.source == case.event.source
        if here and not set(other.track_ids) & set(case.event.track_ids):
            return False
        likeness_found = self._likeness(case, other.id)
        if likeness_found is None:
            return here
        return likeness_found >= (UNLIKE if here else ALIKE)

    def _likeness(self, case: Case, other_id: str) -> float | None:
        """None when one of the two cannot be seen."""
        try:
            other = self._case_of(other_id)
        except (NoFootage, StoreError):
            return None
        ours, theirs = colours_of(case), colours_of(other)
        return None if ours is None or theirs is None else likeness(ours, theirs)
