"""Who is asked about next: pure, so that a bent clock can try every order."""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from vigil.core import Event

HOUR_S = 3600.0
SEVERITY = (1.0, 2.0, 4.0, 8.0)
"""By rank: two low ones that wait in time are worth one that is medium."""
CRITICAL = 2.0
"""Its alert is out already and may be wrong, so that its verdict is worth more."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in the line. Seconds are those of a clock that never goes back."""

    key: tuple[str, str]
    """Incident and judge."""
    event: Event
    since_s: float
    """When it began to wait."""
    due_s: float
    """When an answer comes too late to be waited for."""


class WaitingLine:
    """Orders by severity × novelty × age, and holds no more than there is room for.

    * Severity doubles from one step to the next.
    * Novelty is one divided by how often the same rule of the same camera had its turn within the
      last hour, so that a tree in the wind does not keep the others from being looked at.
    * Age doubles the worth until the answer is due, so that who is about to be late goes first.
      What is late only amends, and is worth a quarter, growing to a half until it is `stale_s`
      old: then it is shed. So fresh events are in time even behind the backlog of an outage.
    """

    def __init__(self, *, most: int, stale_s: float) -> None:
        self._most = most
        self._stale_s = stale_s
        self._places: dict[tuple[str, str], Place] = {}
        self._turns: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def __len__(self) -> int:
        return len(self._places)

    def add(self, place: Place, now_s: float) -> Place | None:
        """Wait; who has to go because the line is full, perhaps the newcomer."""
        self._places[place.key] = place
        if len(self._places) <= self._most:
            return None
        least = min(self._places.values(), key=lambda each: (self.worth(each, now_s), each.key))
        del self._places[least.key]
        return least

    def next(self, now_s: float, *, may: Callable[[Place], bool] = lambda _: True) -> Place | None:
        """Take the worthiest of those that `may` be asked about now."""
        best = self.first(1, now_s, may=may)
        if not best:
            return None
        del self._places[best[0].key]
        return best[0]

    def first(
        self, count: int, now_s: float, *, may: Callable[[Place], bool] = lambda _: True
    ) -> list[Place]:
        """Up to so many of those that `may` be asked about now, the worthiest first; they stay."""
        allowed = [each for each in self._places.values() if may(each)]
        return heapq.nlargest(
            count, allowed, key=lambda each: (self.worth(each, now_s), -each.since_s, each.key)
        )

    def had_its_turn(self, event: Event, now_s: float) -> None:
        """A large model was asked about it: its like is less of a novelty for an hour."""
        self._turns[_kind(event)].append(now_s)

    def stale(self, now_s: float) -> list[Place]:
        """Take out those that have waited too long."""
        old = [each for each in self._places.values() if now_s - each.since_s >= self._stale_s]
        for each in old:
            del self._places[each.key]
        return old

    def worth(self, place: Place, now_s: float) -> float:
        """The larger, the sooner."""
        event = place.event
        severity = SEVERITY[event.severity.rank] * (CRITICAL if event.critical else 1.0)
        return severity * self._novelty(event, now_s) * self._age(place, now_s)

    def _novelty(self, event: Event, now_s: float) -> float:
        turns = self._turns.get(_kind(event))
        if not turns:
            return 1.0
        while turns and turns[0] <= now_s - HOUR_S:
            turns.popleft()
        if not turns:
            del self._turns[_kind(event)]
            return 1.0
        return 1.0 / (1 + len(turns))

    def _age(self, place: Place, now_s: float) -> float:
        waited_s = now_s - place.since_s
        if now_s < place.due_s:
            return 1.0 + _share(waited_s, place.due_s - place.since_s)
        return 0.25 * (1.0 + _share(now_s - place.due_s, self._stale_s))


def _kind(event: Event) -> tuple[str, str]:
    return event.source, event.rule


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 1.0
