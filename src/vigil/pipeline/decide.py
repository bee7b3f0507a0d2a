"""An event's journey: recorded → judged, cheap first → decided by its deadline → told.

Each event is decided by a durable job that was accepted in the transaction that wrote the event.
A job may be cut short at any point and begun anew: what judges said is kept, and a decision is
taken once. Deadlines are kept by a thread of their own, however long a judge takes.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from vigil.config.app import App
from vigil.core import (
    BrainError,
    BudgetSpent,
    Case,
    Clock,
    ConfigError,
    Decision,
    Event,
    ModelError,
    Outcome,
    SourceError,
    StoreUnavailable,
    SystemClock,
    Unverified,
)
from vigil.pipeline.appearance import Looks
from vigil.pipeline.budget import Budget, limits_of
from vigil.pipeline.cases import Cases, NoFootage
from vigil.pipeline.deadlines import Deadlines
from vigil.pipeline.decide_stats import DecideStats
from vigil.pipeline.dispatcher import Dispatcher, Shed
from vigil.pipeline.durable import Durable
from vigil.pipeline.incidents import Incidents, Neighbours
from vigil.pipeline.judges import Court, Hearing, Hearings, Seats
from vigil.pipeline.loop_thread import LoopThread
from vigil.pipeline.ruled import Ruled, by_nobody, by_verdict, without_a_brain
from vigil.pipeline.same_thing import SameThing
from vigil.store import (
    Announce,
    BrainStore,
    BudgetStore,
    Connection,
    DecisionStore,
    EventStore,
    Said,
    StoredEvent,
)

log = structlog.get_logger(__name__)
QUEUE = "decide"
SPARE_JOBS = 64
"""Jobs at a time beyond those that wait for a large model."""
GLANCE_S = 0.5
"""So much of an event is enough for those after whom a large model can be asked: with six times as
much the second look confirms 95 % of true events instead of 93 %, and rejects as many."""
SHOWN_EVERY_S = 0.25
"""How often a clip that grows is looked at, at most."""
LOOKS_S = 300.0
"""Judges that take longer than this, beyond waiting for their turn, hang."""


class Decider:
    """Decides the events that `store` records, from `start` on; made before anything is recorded.

    Follows the store: see `vigil.store.event_store.Follower`.
    """

    def __init__(
        self,
        store: EventStore,
        app: App,
        *,
        announce: Announce | None = None,
        on_told: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
        poll_s: float = 0.2,
    ) -> None:
        """`announce` and `on_told`: called in the transaction of what happens, and after it."""
        self.stats = DecideStats()
        self.decisions = DecisionStore(store.database, announce=announce)
        self.durable = Durable(store.database, poll_s=poll_s)
        self._store = store
        self._settings = app.decide
        self._on_spent = app.budget.on_spent
        self._on_told = on_told
        self._clock = clock or SystemClock()
        self._hearings: Hearings = {}
        self._room = LoopThread("verify", threads=app.decide.looks_at_once, polite=True)
        self.cases = Cases(store, app)
        same = app.incidents
        looks = Looks(same.embedder, labels=same.labels, alike=same.alike)
        self._incidents = Incidents(
            self.decisions,
            self._case_of,
            Neighbours(groups=app.neighbours),
            looks=looks,
            clock=self._clock,
        )
        self.budget = Budget(
            store=BudgetStore(store.database),
            limits=limits_of(app.budget),
            time_zone=app.budget.time_zone,
            site_of=self._site_of,
            clock=self._clock,
        )
        self._brain_store = BrainStore(store.database)
        self.dispatcher = Dispatcher(
            self._brain_store,
            self.budget,
            self._room.aside,
            at_once=app.decide.asks_at_once,
            most_waiting=app.decide.most_waiting,
            stale_s=app.decide.stale_s,
            clock=self._clock,
        )
        court = Court(
            dispatcher=self.dispatcher,
            store=self.decisions,
            hearings=self._hearings,
            seats=Seats(app.decide.looks_at_once),
            threads=app.decide.looks_at_once,
            asked_s=app.decide.asked_s,
            same_thing=SameThing(self._brain_store, self._case_of, looks=looks, clock=self._clock),
            aside=self._room.aside,
            clock=self._clock,
        )
        self._verifier = None if app.verify is None else court.supervised(app.verify)
        self._models = [*court.brains, app.incidents.embedder]
        self._asks = bool(court.brains)
        self._deadlines = Deadlines(self._expire, clock=self._clock)
        self.started = False
        """Whether events are being decided."""
        self.durable.serve(QUEUE, self._job, at_once=app.decide.most_waiting + SPARE_JOBS)
        store.follower = self

    # Starting and ending

    def start(self) -> bool:
        """Settle what is overdue and begin to decide; False while the database does not let us.

        Call it again then, and as often as you like afterwards.
        """
        if self.started:
            return True
        try:
            now_s = self._clock.now_s()
            self._brain_store.shed_before(now_s - self._settings.stale_s, now_s)
            pending = self.decisions.pending()
            if self._verifier is not None:
                self.durable.launch()
        except StoreUnavailable as error:
            log.warning("events are not decided yet", reason=str(error))
            return False
        for model in self._models:
            _tell_what_is_wrong(model)
        self._deadlines.start(pending, deadline_s=self._settings.deadline_s)
        self._room.start(self.dispatcher.run())
        self.started = True
        return True

    def apply(self, app: App) -> None:
        """Cameras, their rules and masks have changed."""
        self.cases.app = app

    def close(self) -> None:
        """Put down what is being judged; the next start goes on with it."""
        self._store.follower = None
        self._deadlines.close()
        self.durable.close()
        if self._verifier is not None:
            self._room.finish(self._verifier.close())
        self._room.close()

    def status(self) -> dict[str, Any]:
        """Figures for people and for Prometheus."""
        return self.stats.as_json(judging=len(self._hearings), dispatcher=self.dispatcher)

    # Following the store

    def prepare(self) -> None:
        if self._verifier is not None:
            self.durable.prepare()

    def began(self, connection: Connection, event: Event) -> None:
        now_s = self._clock.now_s()
        decision = Decision(
            event_id=event.id,
            outcome=Outcome.PENDING,
            incident=event.id,
            due_s=now_s + self._settings.deadline_s,
        )
        if self._verifier is None:
            decision = replace(
                decision,
                outcome=Outcome.UNVERIFIED,
                reason=Unverified.NO_JUDGE,
                due_s=now_s,
                decided_s=now_s,
            )
            self.decisions.begin(connection, event, decision)
            return
        self.decisions.begin(connection, event, decision)
        self.durable.enqueue(connection, QUEUE, event.id, priority=_priority(event))
        self._deadlines.add(event.id, self._settings.deadline_s)

    def ended(self, connection: Connection, event: Event) -> None:
        self.decisions.end(connection, event)

    def committed(self) -> None:
        self._on_told()

    # Deciding

    async def _job(self, event_id: str) -> None:
        await self._room.run(self._decide(event_id))

    async def _decide(self, event_id: str) -> None:
        stored, decision = await self._room.aside(self._found, event_id)
        if stored is None or decision is None or decision.outcome in _FOR_GOOD:
            return
        now_s = self._clock.now_s()
        if now_s - stored.created_s > self._settings.stale_s:
            log.warning("too old to be judged", event_id=event_id)
            old = Ruled(outcome=Outcome.UNVERIFIED, reason=Unverified.SHED)
            await self._room.aside(self._settle, event_id, old, ())
            return
        left_s = min(decision.due_s - now_s, self._settings.deadline_s)
        hearing = Hearing(
            incident=decision.incident,
            due_s=self._clock.monotonic_s() + left_s,
            recorded_s=stored.created_s,
        )
        self._hearings[event_id] = hearing
        try:
            ruled = await self._heard(stored, hearing)
        finally:
            del self._hearings[event_id]
        await self._room.aside(self._settle, event_id, ruled, hearing.unwritten)

    async def _heard(self, stored: StoredEvent, hearing: Hearing) -> Ruled:
        """What comes of judging, whatever happens to the judges."""
        limit = asyncio.timeout(self._settings.stale_s + LOOKS_S)
        try:
            async with limit:
                return await self._judged(stored, hearing)
        except StoreUnavailable:
            raise
        except BudgetSpent as error:
            log.info("no large model is asked", event_id=stored.event.id, reason=str(error))
            setting = "unverified" if stored.event.suspected else self._on_spent
            return without_a_brain(setting, error.verdict, hearing)
        except BrainError as error:
            reason = Unverified.SHED if isinstance(error, Shed) else Unverified.BRAIN_DOWN
            log.warning("no large model ruled", event_id=stored.event.id, reason=str(error))
            return by_nobody(reason, error.verdict, hearing)
        except (NoFootage, SourceError) as error:
            log.warning("nothing to judge by", event_id=stored.event.id, reason=str(error))
            return by_nobody(Unverified.NO_CLIP, None, hearing)
        except Exception:
            log.exception("a judge failed", event_id=stored.event.id)
            late = limit.expired()
            return by_nobody(Unverified.SHED if late else Unverified.ERROR, None, hearing)

    async def _judged(self, stored: StoredEvent, hearing: Hearing) -> Ruled:
        assert self._verifier is not None
        hearing.shown = partial(self._shown, hearing)
        first = await self._room.aside(self.cases.case, stored)
        case = await self._shown(hearing, first, self._enough_s())
        hearing.incident = await self._incidents.join(
            case, recorded_s=stored.created_s, aside=self._room.aside
        )
        verdict = await self._verifier.verify(case)
        said = hearing.words(verdict)
        if verdict.event_id == stored.event.id:
            seconds = self._seconds(stored, hearing)
            said = replace(said, verdict=replace(verdict, seconds=seconds))
            self.stats.took(seconds)
        return by_verdict(said)

    def _enough_s(self) -> float:
        """So many seconds of an event are to be seen before the first judge looks at it."""
        first_s = self._settings.first_s
        if not self._asks or self.dispatcher.nobody_answers:
            return first_s  # what is not decided now waits long, or for ever
        return min(GLANCE_S, first_s)

    async def _shown(self, hearing: Hearing, case: Case, seconds: float) -> Case:
        """Wait until the clip shows so many seconds of the event; the case as it is then.

        Not longer than half of what is left until the decision is due.
        """
        if case.clip is None:
            return case
        began_s = self._clock.monotonic_s()
        until_s = began_s + (hearing.due_s - began_s) / 2
        wanted_s = case.event.start_s + seconds
        while (left_s := until_s - self._clock.monotonic_s()) > SHOWN_EVERY_S:
            missing_s = wanted_s - await asyncio.to_thread(lambda: case.footage.end_s)
            if missing_s <= 0:
                break
            # A camera's clip grows no faster than time goes, so that looking sooner is no use.
            await asyncio.sleep(min(left_s, max(SHOWN_EVERY_S, missing_s)))
        hearing.clip_s += self._clock.monotonic_s() - began_s
        # What has been seen of it meanwhile belongs to the case, too.
        found: Case = await self._room.aside(self._case_of, case.event.id)
        return found

    def _seconds(self, stored: StoredEvent, hearing: Hearing) -> dict[str, float]:
        """Where the time went since the event was recorded."""
        total_s = max(0.0, self._clock.now_s() - stored.created_s)
        own = [said.verdict.seconds for said in hearing.said]
        frames_s = sum(seconds.get("frames", 0.0) for seconds in own)
        model_s = sum(seconds.get("model", 0.0) for seconds in own)
        queue_s = max(0.0, total_s - hearing.clip_s - frames_s - model_s)
        return {
            "queue": queue_s,
            "clip": hearing.clip_s,
            "frames": frames_s,
            "model": model_s,
            "total": total_s,
        }

    def _settle(self, event_id: str, ruled: Ruled, also: Sequence[Said]) -> None:
        decided = self.decisions.decide(
            event_id,
            ruled.outcome,
            reason=ruled.reason,
            said=ruled.said,
            also=also,
            now_s=self._clock.now_s(),
        )
        self._counted(decided)

    def _expire(self, event_id: str) -> None:
        """It is due: nobody has decided, or it is decided and stays so."""
        hearing = self._hearings.get(event_id)
        asks = hearing.asks if hearing is not None else None
        is_down = asks is not None and self.dispatcher.is_down(asks)
        decided = self.decisions.decide(
            event_id,
            Outcome.UNVERIFIED,
            reason=Unverified.BRAIN_DOWN if is_down else Unverified.DEADLINE,
            said=hearing.said[-1] if hearing is not None and hearing.said else None,
            now_s=self._clock.now_s(),
            only_pending=True,
        )
        self._counted(decided)

    def _counted(self, decided: Decision | None) -> None:
        if decided is not None:
            self.stats.decided(decided)
            self._on_told()

    # Finding things

    def _found(self, event_id: str) -> tuple[StoredEvent | None, Decision | None]:
        return self._store.event(event_id), self.decisions.decision(event_id)

    def _case_of(self, event_id: str) -> Case:
        stored = self._store.event(event_id)
        if stored is None:
            raise NoFootage(f"no event {event_id!r} any more")
        return self.cases.case(stored)

    def _site_of(self, camera: str) -> str:
        app = self.cases.app
        return app.cameras[camera].site if camera in app.cameras else app.site


_FOR_GOOD = (Outcome.CONFIRMED, Outcome.REJECTED)


def _tell_what_is_wrong(model: object) -> None:
    """Now, and not only when it is asked for the first time; people are told of events anyway."""
    check = getattr(model, "check", None)
    if check is None:
        return
    try:
        check()
    except (ConfigError, ModelError) as error:
        log.error("a model cannot be asked", reason=str(error))


def _priority(event: Event) -> int:
    """From 1 on, lower is sooner."""
    return 4 - event.severity.rank if not event.critical else 1
