"""Who asks the large model when: in order of worth, within budgets, once an incident."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any

import structlog

from vigil.core import (
    BrainError,
    BrainGarbled,
    BrainUnavailable,
    BudgetSpent,
    Case,
    Clock,
    Event,
    StoreUnavailable,
    SystemClock,
    Unverified,
    Verdict,
)
from vigil.pipeline.budget import Budget
from vigil.pipeline.question import Ask, Prepare, Question, looked_at, nothing_to_prepare
from vigil.pipeline.same_thing import is_same_thing
from vigil.pipeline.waiting_line import Place, WaitingLine
from vigil.store import Account, BrainRequest, BrainStore, RequestKey, RequestState

log = structlog.get_logger(__name__)

Aside = Callable[..., Awaitable[Any]]
"""Runs something short that blocks, such as the database."""
Settle = Callable[[], Awaitable[Verdict | None]]
"""The verdict that follows from an answer about the same thing; None: there is none."""

TICK_S = 0.5
"""How often who waits is looked at, while anybody waits."""
FIRST_PAUSE_S = 1.0
"""After the first failure of a large model; it doubles with each one."""
LONGEST_PAUSE_S = 2.0
"""What waits must be gone soon after it is back; one try costs little."""
MOST_ASKED_S = 3600.0
"""A model that wants to be left alone for longer is not believed."""
MOST_GARBLED = 2
"""Answers to one question that fit no schema, after which it is given up."""
AGAIN_S = 2.0
"""Between two attempts to write what must not be lost."""


class Shed(BrainError):
    """More important events took all the room, or it has waited for too long."""


@dataclass(kw_only=True)
class _Health:
    """How the large model behind one judge does; its own breaker sees each call, this the rest."""

    failures: int = 0
    rest_until_s: float = -inf

    def failed(self, now_s: float, retry_after_s: float | None) -> None:
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self.failures, 30))
        self.failures += 1
        self.rest_until_s = now_s + max(pause_s, min(retry_after_s or 0.0, MOST_ASKED_S))


@dataclass(kw_only=True)
class Tallies:
    """What the dispatcher has done since the start."""

    asked: Counter[str] = field(default_factory=Counter)
    """By how it ended: `answered`, `unavailable`, `garbled`, `failed`."""
    shed: Counter[str] = field(default_factory=Counter)
    """Not asked at all, by why: `full`, `stale`, `budget`."""
    shared: int = 0
    """Events that got the answer of another event of their incident, or about the same thing."""


class Dispatcher:
    """Lets `at_once` questions through at a time, the worthiest first; as many more are made ready.

    What waits is in the database, too: after a crash it keeps its age. While a large model is
    down one question at a time tries it, with growing pauses; the others wait, and are shed when
    they are stale. All methods belong to one event loop, in which `run` must run.
    """

    def __init__(
        self,
        store: BrainStore,
        budget: Budget,
        aside: Aside,
        *,
        at_once: int = 8,
        most_waiting: int = 500,
        stale_s: float = 900.0,
        clock: Clock | None = None,
    ) -> None:
        self.tallies = Tallies()
        self._store = store
        self._budget = budget
        self._aside = aside
        self._at_once = at_once
        self._clock = clock or SystemClock()
        self._line = WaitingLine(most=most_waiting, stale_s=stale_s)
        self._questions: dict[RequestKey, Question] = {}
        self._asking: dict[RequestKey, asyncio.Task[None]] = {}
        self._health: dict[str, _Health] = {}
        self._changed = asyncio.Event()
        self._entrance = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """Questions that nobody has asked yet."""
        return len(self._line)

    def is_down(self, judge: str) -> bool:
        """Whether the large model behind a judge did not answer when it was last asked."""
        return judge in self._health

    @property
    def nobody_answers(self) -> bool:
        """Whether a large model is down, so that there is no hurry to ask."""
        return bool(self._health)

    def heard_from(self, judge: str) -> None:
        """The large model behind a judge has answered: those who wait for it may ask."""
        if self._health.pop(judge, None) is not None:
            self._changed.set()

    async def answer(
        self,
        case: Case,
        ask: Ask,
        *,
        incident: str,
        judge: str,
        due_s: float,
        prepare: Prepare | None = None,
        settle: Settle | None = None,
    ) -> Verdict:
        """What a large model says of an incident: of this case, or of another one of it.

        `due_s`: when it is late, seconds of the clock that never goes back. `prepare`: does what
        can be done before its turn, and takes the place of `ask`. `settle`: what it said of the
        same thing for another rule, where that makes asking needless. Raises `BrainError` when it
        will not say anything any more, and whatever else `ask` raises.
        """
        question = None
        while question is None:
            # One after the other, so that two events of one incident do not both begin to ask.
            async with self._entrance:
                found = await self._written(self._store.request, incident, judge)
                if found is not None and found.state is RequestState.ANSWERED:
                    self.tallies.shared += found.verdict.event_id != case.event.id
                    return found.verdict  # type: ignore[no-any-return]
                question = self._questions.get(found.key) if found is not None else None
                first = None
                if question is None and settle is not None:
                    first = self._about(case.event, judge)
                if question is None and first is None:
                    if settle is not None and (settled := await settle()) is not None:
                        self.tallies.shared += 1
                        return settled
                    _not_shed_before(found, case)
                    ready = prepare or partial(nothing_to_prepare, ask)
                    question = await self._begin((incident, judge), case, ready, due_s)
            if first is not None:
                await asyncio.wait([first.answer])
        self.tallies.shared += question.case.event.id != case.event.id
        # Others may wait for the same answer, so that one who leaves must not take it along.
        return await asyncio.shield(question.answer)

    def _about(self, event: Event, judge: str) -> Question | None:
        """A question about the same thing that is under way, and no less important."""
        under_way = (one for (_, asked), one in self._questions.items() if asked == judge)
        return next(
            (
                one
                for one in under_way
                if is_same_thing(event, one.case.event)
                and one.case.event.severity.rank >= event.severity.rank
            ),
            None,
        )

    async def run(self) -> None:
        """Ask, until cancelled."""
        while True:
            self._changed.clear()
            now_s = self._clock.monotonic_s()
            for old in self._line.stale(now_s):
                await self._shed(old, "stale")
            while len(self._asking) < self._at_once:
                place = self._line.next(now_s, may=self._may)
                if place is None:
                    break
                self._start(place.key)
            self._look_ahead(now_s)
            try:
                async with asyncio.timeout(TICK_S if self._line else None):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _begin(self, key: RequestKey, case: Case, prepare: Prepare, due_s: float) -> Question:
        event = case.event
        try:
            await self._written(self._budget.check, event)
        except BudgetSpent:
            self.tallies.shed["budget"] += 1
            raise
        now_s = self._clock.now_s()
        since_s = await self._written(self._store.wait, key, event, now_s)
        waited_s = max(0.0, now_s - since_s)
        monotonic_s = self._clock.monotonic_s()
        place = Place(key=key, event=event, since_s=monotonic_s - waited_s, due_s=due_s)
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(looked_at)
        question = Question(place=place, case=case, prepare=prepare, answer=answer)
        self._questions[place.key] = question
        gone = self._line.add(place, monotonic_s)
        if gone is not None:
            await self._shed(gone, "full")
        self._changed.set()
        return question

    def _may(self, place: Place) -> bool:
        """Whether its large model is up, or it is time to try it once more."""
        health = self._health.get(place.key[1])
        if health is None:
            return True
        tried = any(judge == place.key[1] for _, judge in self._asking)
        return not tried and self._clock.monotonic_s() >= health.rest_until_s

    def _look_ahead(self, now_s: float) -> None:
        """Make ready who is next, so that a large model does not wait for pictures to be cut.

        Also while one is down: whoever waits for it is asked about in the moment it is back.
        """
        near = self._line.first(
            self._at_once, now_s, may=lambda place: not self.is_down(place.key[1])
        )
        near += self._line.first(self._at_once, now_s, may=lambda place: self.is_down(place.key[1]))
        keys = {place.key for place in near}
        for key, question in self._questions.items():
            if key in keys:
                question.make_ready()
            elif key not in self._asking:
                question.put_away()

    def _start(self, key: RequestKey) -> None:
        question = self._questions[key]
        question.make_ready()
        task = asyncio.create_task(self._asked(question))
        self._asking[key] = task
        task.add_done_callback(lambda _: self._done(key))

    def _done(self, key: RequestKey) -> None:
        del self._asking[key]
        self._changed.set()

    async def _asked(self, question: Question) -> None:
        event = question.case.event
        account = self._budget.account(event)
        try:
            await self._reserve(question, account)
        except BudgetSpent as error:
            self.tallies.shed["budget"] += 1
            await self._give_up(question, error, Unverified.BUDGET)
            return
        self._line.had_its_turn(event, self._clock.monotonic_s())
        try:
            ready = await question.make_ready()
            verdict = await ready()
        except BrainUnavailable as error:
            await self._unavailable(question, account, error)
        except BrainGarbled as error:
            await self._garbled(question, account, error)
        except Exception as error:  # noqa: BLE001  those who wait for it know what to make of it
            await self._failed(question, account, error)
        else:
            await self._answered(question, account, verdict)

    async def _reserve(self, question: Question, account: Account) -> None:
        await self._written(
            self._store.reserve,
            question.place.key,
            account,
            self._budget.limits,
            self._budget.tokens_a_call,
            self._clock.now_s(),
        )

    async def _answered(self, question: Question, account: Account, verdict: Verdict) -> None:
        self.tallies.asked["answered"] += 1
        self.heard_from(question.judge)
        await self._written(
            self._store.answered,
            question.place.key,
            verdict,
            account,
            self._budget.tokens_a_call,
            self._clock.now_s(),
        )
        del self._questions[question.place.key]
        question.answer.set_result(verdict)

    async def _unavailable(
        self, question: Question, account: Account, error: BrainUnavailable
    ) -> None:
        """It waits again, where it was."""
        self.tallies.asked["unavailable"] += 1
        health = self._health.setdefault(question.judge, _Health())
        health.failed(self._clock.monotonic_s(), error.retry_after_s)
        if health.failures == 1:
            log.warning("the large model does not answer", judge=question.judge, reason=str(error))
        await self._settle(question, account, error)
        await self._wait_again(question)

    async def _garbled(self, question: Question, account: Account, error: BrainGarbled) -> None:
        self.tallies.asked["garbled"] += 1
        await self._settle(question, account, error)
        question.garbled += 1
        if question.garbled < MOST_GARBLED:
            await self._wait_again(question)
        else:
            await self._give_up(question, error, Unverified.BRAIN_DOWN)

    async def _failed(self, question: Question, account: Account, error: Exception) -> None:
        self.tallies.asked["failed"] += 1
        await self._settle(question, account, error)
        is_brain = isinstance(error, BrainError)
        await self._give_up(
            question, error, Unverified.BRAIN_DOWN if is_brain else Unverified.ERROR
        )

    async def _settle(self, question: Question, account: Account, error: Exception) -> None:
        """Charge what a call without an answer cost; one that cost no token was none."""
        tokens = error.tokens_in + error.tokens_out if isinstance(error, BrainError) else 0
        calls = error.calls if isinstance(error, BrainError) and tokens else 0
        await self._written(
            self._store.unanswered,
            question.place.key,
            account,
            calls - 1,
            tokens - self._budget.tokens_a_call,
        )

    async def _wait_again(self, question: Question) -> None:
        gone = self._line.add(question.place, self._clock.monotonic_s())
        if gone is not None:
            await self._shed(gone, "full")

    async def _shed(self, place: Place, why: str) -> None:
        self.tallies.shed[why] += 1
        log.warning("a large model is not asked", event_id=place.event.id, why=why)
        error = Shed(f"not asked: {why}")
        await self._give_up(self._questions[place.key], error, Unverified.SHED)

    async def _give_up(self, question: Question, error: Exception, reason: Unverified) -> None:
        shed = reason in (Unverified.SHED, Unverified.BUDGET)
        state = RequestState.SHED if shed else RequestState.FAILED
        now_s = self._clock.now_s()
        await self._written(self._store.end, question.place.key, state, reason, now_s)
        question.put_away()
        del self._questions[question.place.key]
        question.answer.set_exception(error)

    async def _written(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call the database until it is there."""
        while True:
            try:
                return await self._aside(function, *arguments)
            except StoreUnavailable as error:
                log.warning("the dispatcher waits for the database", reason=str(error))
                await asyncio.sleep(AGAIN_S)


def _not_shed_before(found: BrainRequest | None, case: Case) -> None:
    """Raises when this very event was given up before a crash."""
    if found and found.event_id == case.event.id and found.state is RequestState.SHED:
        if found.reason is Unverified.BUDGET:
            raise BudgetSpent("the budget was spent when its turn came")
        raise Shed("not asked: shed before")
