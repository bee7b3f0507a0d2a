"""Which events are one thing seen twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog

from vigil.core import Case, Clock, Event, StoreError, SystemClock
from vigil.pipeline.appearance import Looks
from vigil.pipeline.cases import NoFootage
from vigil.store import DecisionStore

log = structlog.get_logger(__name__)
WITHIN_S = 10.0
"""How far apart two cameras may tell of the same thing."""
MEMORY_S = 300.0
"""How long after an event another one about the same track still is the same incident."""
Aside = Callable[..., Awaitable[Any]]
Met: TypeAlias = tuple[Event, Case | None]
"""An event that may be the same, and what can be seen of it."""


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
    and label at the same time, and alike within the boxes, as `looks` says. `case_of` finds
    another event's footage; raises NoFootage.
    """

    def __init__(
        self,
        decisions: DecisionStore,
        case_of: Callable[[str], Case],
        neighbours: Neighbours | None = None,
        *,
        looks: Looks | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.joined = 0
        self._started_s = (clock or SystemClock()).now_s()
        self._decisions = decisions
        self._case_of = case_of
        self._neighbours = neighbours or Neighbours()
        self._looks = looks or Looks()

    async def join(self, case: Case, *, recorded_s: float, aside: Aside) -> str:
        """The incident of an event that begins.

        `recorded_s`: when its first step was written, UTC seconds. Numbers of tracks begin anew
        with each start, so that events of different runs are never joined. `aside` runs what uses
        the database: clips are looked into by threads that yield to others, and whoever holds the
        database must not.
        """
        met = await aside(self._met, case.event, recorded_s)
        other = await asyncio.to_thread(self._same, case, met) if met else None
        incident: str = await aside(self._together, case.event, other)
        return incident

    def _met(self, event: Event, recorded_s: float) -> list[Met]:
        """Events that may be the same, oldest first, and what can be seen of them."""
        same_run_s = self._started_s if recorded_s >= self._started_s else 0.0
        found = self._decisions.companions(
            event,
            self._neighbours.of(event.source),
            within_s=WITHIN_S,
            memory_s=MEMORY_S,
            recorded_since_s=max(same_run_s, recorded_s - MEMORY_S - WITHIN_S),
        )
        return [(other, self._seen(other.id)) for other in found if _may_be(event, other)]

    def _same(self, case: Case, met: Sequence[Met]) -> Event | None:
        """The first that is; blocks while clips are looked into."""
        return next((other for other, seen in met if self._is_same(case, other, seen)), None)

    def _together(self, event: Event, other: Event | None) -> str:
        if other is not None:
            self.joined += 1
            log.info("two events are one incident", event_id=event.id, other=other.id)
            return self._decisions.join(event.id, other.id)
        decision = self._decisions.decision(event.id)
        return event.id if decision is None else decision.incident

    def _seen(self, event_id: str) -> Case | None:
        """None when it cannot be seen any more."""
        try:
            return self._case_of(event_id)
        except (NoFootage, StoreError):
            return None

    def _is_same(self, case: Case, other: Event, seen: Case | None) -> bool:
        here = other.source == case.event.source
        same = None if seen is None else self._looks.same(case, seen, one_camera=here)
        return here if same is None else same


def _may_be(event: Event, other: Event) -> bool:
    """Of one camera, only events about the same track."""
    return other.source != event.source or bool(set(other.track_ids) & set(event.track_ids))
