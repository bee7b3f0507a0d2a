"""Puts every judge of a configured verifier under supervision, whatever their arrangement."""

import asyncio
import contextlib
import dataclasses
import heapq
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from vigil.core import Case, Clock, SourceError, Verdict, Verifier
from vigil.pipeline.dispatcher import Dispatcher, Settle
from vigil.pipeline.same_thing import SameThing
from vigil.store import DecisionStore, Said

LOOK_S = 120.0
"""A judge without a large model that takes longer hangs."""
MORE_S = 0.25
"""A clip that shows less than this beyond what was seen of it is not looked into once more."""


async def as_it_is(case: Case, _seconds: float) -> Case:
    """Its clip shows all that there is to be seen."""
    return case


@dataclasses.dataclass(kw_only=True, eq=False)
class Hearing:
    """One event before its judges."""

    incident: str
    due_s: float
    """When the decision is due, seconds of the clock that never goes back."""
    recorded_s: float = 0.0
    """When the event's first step was written, UTC seconds."""
    shown: Callable[[Case, float], Awaitable[Case]] = as_it_is
    """Waits until the clip shows so many seconds of the event; the case as it is then."""
    clip_s: float = 0.0
    """So long the clip was waited for."""
    seen_s: float = math.inf
    """Where the clip ended when a judge looked into it, UTC seconds; what was said before a restart
    is not looked into again."""
    said: list[Said] = dataclasses.field(default_factory=list)
    """What its judges said, in order; of an incident perhaps of another of its events."""
    unwritten: list[Said] = dataclasses.field(default_factory=list)
    """What of it is not in the database yet."""
    asks: str | None = None
    """The judge that waits for a large model."""

    def words(self, verdict: Verdict) -> Said:
        """Whose words these are; of nobody in particular when several were put together."""
        for said in reversed(self.said):
            same = said.verdict
            # A cascade may rule otherwise on the same words.
            if (same.event_id, same.judge, same.time_s) == (
                verdict.event_id,
                verdict.judge,
                verdict.time_s,
            ):
                return dataclasses.replace(said, verdict=verdict)
        return Said(verdict=verdict, judge="")


Hearings = dict[str, Hearing]
"""The hearings of now, by event."""
Aside = Callable[..., Awaitable[Any]]


Urgency = tuple[float, ...]
"""Compared word by word; lower is more urgent."""


class Seats:
    """How many may look at pictures at a time; who is more urgent is seated before the others."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._count = 0

    @property
    def free(self) -> bool:
        """Whether nobody would have to wait."""
        return self._free > 0

    @contextlib.asynccontextmanager
    async def taken(self, urgency: Urgency) -> AsyncIterator[None]:
        """Wait for a seat, and have it while the block lasts; lower is more urgent."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(urgency)
        try:
            yield
        finally:
            self._give()

    async def _wait(self, urgency: Urgency) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._waiting, (urgency, self._count, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give()  # seated and gone at the same moment
            raise

    def _give(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Noted:
    """A judge whose word is kept: with the decision, or before anybody waits for a large model.

    So it is not asked again when a crash cuts that waiting short.
    """

    def __init__(self, judge: Verifier, name: str, court: "Court") -> None:
        self._judge = judge
        self._name = name
        self._court = court

    async def verify(self, case: Case) -> Verdict:
        """Raises TimeoutError for a judge that hangs, and whatever it raises itself."""
        court, event_id = self._court, case.event.id
        verdict: Verdict | None = await court.aside(court.store.noted, event_id, self._name)
        if verdict is None:
            async with court.seats.taken(court.urgency(case)):
                court.hearings[event_id].seen_s = await asyncio.to_thread(_shown_until, case)
                async with asyncio.timeout(LOOK_S):
                    verdict = await self._judge.verify(case)
            court.hearings[event_id].unwritten.append(Said(verdict=verdict, judge=self._name))
        court.hearings[event_id].said.append(Said(verdict=verdict, judge=self._name))
        return verdict

    async def close(self) -> None:
        await self._judge.close()


class Dispatched:
    """A judge that asks a large model, and therefore waits until it is its turn."""

    def __init__(self, judge: Verifier, name: str, court: "Court") -> None:
        self._judge = judge
        self._name = name
        self._court = court
        if hasattr(judge, "on_answer"):
            # It may ask twice; others need not wait for the second answer.
            judge.on_answer = partial(court.dispatcher.heard_from, name)

    async def verify(self, case: Case) -> Verdict:
        """The answer to this case, or to one of its incident or thing. Raises `BrainError`."""
        hearing = self._court.hearings[case.event.id]
        if hearing.unwritten:
            await self._court.aside(self._court.store.note, *hearing.unwritten)
            hearing.unwritten.clear()
        case = await hearing.shown(case, self._court.asked_s)
        hearing.asks = self._name
        try:
            verdict = await self._court.dispatcher.answer(
                case,
                self._judge.verify,
                incident=hearing.incident,
                judge=self._name,
                due_s=hearing.due_s,
                prepare=getattr(self._judge, "prepare", None),
                settle=self._court.settler(case, self._judge, self._name),
            )
        finally:
            hearing.asks = None
        hearing.said.append(Said(verdict=verdict, judge=self._name))
        return verdict

    async def close(self) -> None:
        await self._judge.close()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Court:
    """What judges share."""

    dispatcher: Dispatcher
    store: DecisionStore
    hearings: Hearings
    seats: Seats
    threads: int
    """So many threads has each judge that looks at pictures, if it says how many it has."""
    asked_s: float = 0.0
    """So many seconds of an event are to be seen before a large model is asked about it."""
    same_thing: SameThing | None = None
    """Lets an answer settle other claims about the same thing."""
    brains: list[Any] = dataclasses.field(default_factory=list)
    """Large models that judges ask."""
    aside: Aside
    """Runs what blocks for a moment, such as the database."""
    clock: Clock

    def urgency(self, case: Case) -> Urgency:
        """Who can still be in time comes before who is late, then the more severe one."""
        due_s = self.hearings[case.event.id].due_s
        return due_s < self.clock.monotonic_s(), -case.event.severity.rank, due_s

    def settler(self, case: Case, judge: Verifier, name: str) -> Settle | None:
        """Finds what the judge has said of the same thing; None: it is to be asked anyway.

        So it is of critical events, and where a judge cannot tell what its answers are worth for
        other claims.
        """
        carry = getattr(judge, "carried", None)
        if self.same_thing is None or carry is None or case.event.critical:
            return None
        recorded_s = self.hearings[case.event.id].recorded_s
        return partial(
            self.same_thing.settled, case, name, carry, recorded_s=recorded_s, aside=self.aside
        )

    async def _longer(self, case: Case) -> Case | None:
        """The case as a large model is shown it; None when its judges have seen as much before.

        And while all seats are taken: a machine that is short of time looks at each event once.
        """
        hearing = self.hearings[case.event.id]
        seen_s = hearing.seen_s
        if seen_s >= case.event.start_s + self.asked_s:
            return None
        longer = await hearing.shown(case, self.asked_s)
        if not self.seats.free:
            return None
        shown_s = await asyncio.to_thread(_shown_until, longer)
        return longer if shown_s - seen_s >= MORE_S else None

    def supervised(self, verifier: Verifier, name: str = "") -> Verifier:
        """The same arrangement; those with a `brain` are dispatched, and the others noted.

        `name`: the place in the configuration, such as `judges.0.cheap`.
        """
        settings = _settings(verifier)
        changes: dict[str, Any] = {}
        for word, value in settings.items():
            place = f"{name}.{word}".lstrip(".")
            if _judges(value):
                changes[word] = self.supervised(value, place)
            elif isinstance(value, tuple) and value and all(map(_judges, value)):
                among = enumerate(value)
                changes[word] = tuple(self.supervised(one, f"{place}.{at}") for at, one in among)
        if changes:
            made = _changed(verifier, changes)
            if hasattr(made, "longer"):
                made.longer = self._longer
            return made
        if settings.get("workers", self.threads) < self.threads:
            verifier = _changed(verifier, {"workers": self.threads})
        if settings.get("brain") is None:
            return Noted(verifier, name, self)
        self.brains.append(settings["brain"])
        return Dispatched(verifier, name, self)


def _shown_until(case: Case) -> float:
    """UTC seconds; of a clip that cannot be read nothing more is expected."""
    try:
        return case.footage.end_s
    except SourceError:
        return math.inf


def _settings(verifier: Verifier) -> dict[str, Any]:
    if not dataclasses.is_dataclass(verifier):
        return {}
    names = [field.name for field in dataclasses.fields(verifier) if field.init]
    return {name: getattr(verifier, name) for name in names}


def _changed(verifier: Any, changes: dict[str, Any]) -> Verifier:
    changed: Verifier = dataclasses.replace(verifier, **changes)
    return changed


def _judges(value: object) -> bool:
    return callable(getattr(value, "verify", None))
