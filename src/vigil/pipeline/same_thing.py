"""Whether a large model has been asked about a thing before, for another rule."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import structlog

from vigil.core import Case, Clock, Event, Ruling, StoreError, SystemClock, Verdict
from vigil.pipeline.appearance import Looks
from vigil.pipeline.cases import NoFootage
from vigil.store import BrainStore

log = structlog.get_logger(__name__)
WITHIN_S = 15.0
"""Two events about one track that begin so close together are about the same thing. Later the track
may be another's: on a rendered film a person in a dog's colours took over its track."""
Aside = Callable[..., Awaitable[Any]]
Carry: TypeAlias = Callable[[Case, Case, Verdict], Verdict | None]
"""From a case, another one and what was said of that, to what it settles of the first."""


def is_same_thing(event: Event, other: Event) -> bool:
    """Whether the tracker holds what `event` tells of for what `other` told of before.

    Of one camera, with one label, at about the same time, without a track that is new.
    """
    return (
        event.source == other.source
        and event.label == other.label
        and bool(event.track_ids)
        and set(event.track_ids) <= set(other.track_ids)
        and abs(event.start_s - other.start_s) <= WITHIN_S
    )


def is_seen_again(looks: Looks, case: Case, other: Case, ruling: Ruling) -> bool:
    """Whether what both show lets a ruling on the other one hold for this case, too.

    A rejection needs the same colours, so that whoever takes over a shadow's track is asked about;
    elsewhere only what is quite unlike is not the same. Blocks, decodes.
    """
    rejects = ruling is Ruling.REJECTED
    alike = looks.same(case, other, one_camera=not rejects)
    return not rejects if alike is None else alike


class SameThing:
    """Finds what a large model said of a thing, and lets it settle another claim about it."""

    def __init__(
        self,
        store: BrainStore,
        case_of: Callable[[str], Case],
        *,
        looks: Looks | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`case_of` finds another event's footage; raises NoFootage."""
        self._started_s = (clock or SystemClock()).now_s()
        self._store = store
        self._case_of = case_of
        self._looks = looks or Looks()

    async def settled(
        self, case: Case, judge: str, carry: Carry, *, recorded_s: float, aside: Aside
    ) -> Verdict | None:
        """The verdict that an earlier answer makes needless to ask for; None: it must be asked.

        `recorded_s`: when its first step was written, UTC seconds. Numbers of tracks begin anew
        with each start.
        """
        for other, said in await aside(self._answered, case.event, judge, recorded_s):
            verdict = carry(case, other, said)
            if verdict is not None and await asyncio.to_thread(
                is_seen_again, self._looks, case, other, verdict.ruling
            ):
                log.info("settled by an answer", event_id=case.event.id, other=said.event_id)
                return verdict
        return None

    def _answered(self, event: Event, judge: str, recorded_s: float) -> list[tuple[Case, Verdict]]:
        """What the judge said of the same thing, newest first, with what can be seen of it."""
        found = self._store.answers(
            event,
            judge,
            within_s=WITHIN_S,
            recorded_since_s=self._started_s if recorded_s >= self._started_s else 0.0,
        )
        return [
            (case, said)
            for other, said in found
            if is_same_thing(event, other) and (case := self._seen(other.id)) is not None
        ]

    def _seen(self, event_id: str) -> Case | None:
        """None when it cannot be seen any more."""
        try:
            return self._case_of(event_id)
        except (NoFootage, StoreError):
            return None
