"""The large model is asked about what matters most, once an incident, within budgets."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from vigil.core import (
    BrainGarbled,
    BrainRefused,
    BrainUnavailable,
    BudgetSpent,
    Case,
    Event,
    Severity,
    SourceLost,
    Step,
    StepKind,
    Verdict,
)
from vigil.pipeline import dispatcher as module
from vigil.pipeline.budget import Budget
from vigil.pipeline.cases import NoPictures
from vigil.pipeline.dispatcher import Dispatcher, Shed
from vigil.store import (
    BrainStore,
    BudgetStore,
    EventStore,
    Limit,
    Limits,
    RequestState,
    Spent,
)
from vigil.testing.hands import Hands

from .deciding import Follows, an_event, verdict_on

NOON_S = 1_795_262_400.0
"""2026-11-21 12:00 UTC."""


@dataclass
class Desk:
    """Events in a database, and a dispatcher of which a test says when the model answers."""

    store: EventStore
    follows: Follows
    clock: Hands = field(default_factory=lambda: Hands(NOON_S))
    limits: Limits = field(default_factory=Limits)
    settings: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def dispatcher(self, **settings: Any) -> Dispatcher:
        budget = Budget(
            store=BudgetStore(self.store.database),
            limits=self.limits,
            time_zone="UTC",
            clock=self.clock,
        )
        requests = BrainStore(self.store.database)
        usual = {"at_once": 1, "clock": self.clock}
        chosen = {**usual, **self.settings, **settings}
        return Dispatcher(requests, budget, asyncio.to_thread, **chosen)

    def event(self, **changes: Any) -> Event:
        event = an_event(**changes)
        self.store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), None)
        return event

    def spent(self, source: str = "gate", rule: str = "yard", day: str = "2026-11-21") -> Spent:
        found = BudgetStore(self.store.database).spent(site="site", day=day)
        return found.get((source, rule), Spent())

    def answers(self, *words: Any) -> Callable[[Case], Awaitable[Verdict]]:
        """A judge that gives these answers in turn, errors included, and the last one for ever."""
        left = list(words) or ["confirmed"]

        async def ask(case: Case) -> Verdict:
            self.asked.append(case.event.id)
            word = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(word, Exception):
                raise word
            return verdict_on(case.event.id, word, calls=1, tokens_in=900, tokens_out=100)

        return ask


@pytest.fixture
def desk(place: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(module, "TICK_S", 0.01)
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    store = EventStore(place, tmp_path / "clips")
    yield Desk(store=store, follows=Follows(store))
    store.close()


def case_of(event: Event) -> Case:
    return Case(event=event, clip=None, footage=NoPictures(event.start_s))


async def answer(
    dispatcher: Dispatcher,
    event: Event,
    ask: Callable[[Case], Awaitable[Verdict]],
    *,
    incident: str | None = None,
    judge: str = "dear",
) -> Verdict:
    return await dispatcher.answer(
        case_of(event), ask, incident=incident or event.id, judge=judge, due_s=NOON_S + 10
    )


def together(dispatcher: Dispatcher, *waits: Awaitable[Any]) -> list[Any]:
    """What those who wait get, errors included, while the dispatcher runs."""

    async def all_of_them() -> list[Any]:
        running = asyncio.create_task(dispatcher.run())
        try:
            async with asyncio.timeout(20):
                return await asyncio.gather(*waits, return_exceptions=True)
        finally:
            running.cancel()

    return asyncio.run(all_of_them())


def test_an_answer_comes_back_and_is_paid_for(desk: Desk) -> None:
    dispatcher, event = desk.dispatcher(), desk.event()
    (verdict,) = together(dispatcher, answer(dispatcher, event, desk.answers("rejected")))
    assert verdict.event_id == event.id
    assert verdict.ruling == "rejected"
    assert desk.spent() == Spent(calls=1, tokens=1000)
    request = BrainStore(desk.store.database).request(event.id, "dear")
    assert (request.state, request.tries, request.verdict) == (RequestState.ANSWERED, 1, verdict)


def test_events_of_one_incident_are_asked_about_once(desk: Desk) -> None:
    dispatcher = desk.dispatcher()
    first, second, third = (desk.event() for _ in range(3))
    desk.follows.decisions.join(first.id, second.id)
    ask = desk.answers("confirmed")
    verdicts = together(
        dispatcher,
        answer(dispatcher, first, ask),
        answer(dispatcher, second, ask, incident=first.id),
    )
    assert {verdict.event_id for verdict in verdicts} == {first.id}
    desk.follows.decisions.join(first.id, third.id)
    later = together(dispatcher, answer(dispatcher, third, ask, incident=first.id))
    assert later == [verdicts[0]]
    assert desk.asked == [first.id]
    assert dispatcher.tallies.shared == 2
    assert desk.spent().calls == 1


def test_incidents_that_become_one_later_share_what_was_asked_before(desk: Desk) -> None:
    dispatcher = desk.dispatcher()
    first, second = desk.event(), desk.event()
    ask = desk.answers("confirmed")
    (verdict,) = together(dispatcher, answer(dispatcher, second, ask))
    desk.follows.decisions.join(first.id, second.id)
    assert together(dispatcher, answer(dispatcher, first, ask)) == [verdict]
    assert desk.asked == [second.id]


def test_two_judges_of_one_event_are_two_questions(desk: Desk) -> None:
    dispatcher, event = desk.dispatcher(), desk.event()
    ask = desk.answers("confirmed")
    together(
        dispatcher,
        answer(dispatcher, event, ask, judge="judges.0"),
        answer(dispatcher, event, ask, judge="judges.1"),
    )
    assert desk.asked == [event.id, event.id]


def test_the_most_severe_is_asked_about_first(desk: Desk) -> None:
    dispatcher = desk.dispatcher()
    events = [desk.event(severity=severity) for severity in Severity]
    ask = desk.answers("confirmed")

    async def all_of_them() -> None:
        waits = [asyncio.create_task(answer(dispatcher, event, ask)) for event in events]
        while dispatcher.waiting < len(events):
            await asyncio.sleep(0.01)
        running = asyncio.create_task(dispatcher.run())
        await asyncio.gather(*waits)
        running.cancel()

    asyncio.run(all_of_them())
    assert desk.asked == [event.id for event in reversed(events)]


def test_while_the_model_is_down_questions_wait_and_cost_nothing(desk: Desk) -> None:
    dispatcher, event = desk.dispatcher(), desk.event()
    down = BrainUnavailable("nobody there")
    down.calls = 1
    ask = desk.answers(down, down, "confirmed")

    async def outage() -> Verdict:
        running = asyncio.create_task(dispatcher.run())
        wait = asyncio.create_task(answer(dispatcher, event, ask))
        for failures in (1, 2):
            while dispatcher.tallies.asked["unavailable"] < failures or not dispatcher.waiting:
                await asyncio.sleep(0.01)
            assert dispatcher.is_down("dear")
            assert await asyncio.to_thread(desk.spent) == Spent()
            await asyncio.sleep(0.05)
            assert len(desk.asked) == failures  # it rests
            desk.clock.time_s += 60
        async with asyncio.timeout(10):
            found = await wait
        running.cancel()
        return found

    assert asyncio.run(outage()).ruling == "confirmed"
    assert not dispatcher.is_down("dear")
    assert desk.spent() == Spent(calls=1, tokens=1000)


def test_one_question_at_a_time_tries_a_model_that_is_down(desk: Desk) -> None:
    desk.settings |= {"at_once": 4, "stale_s": 1e9}
    dispatcher = desk.dispatcher()
    events = [desk.event() for _ in range(6)]
    busy: set[str] = set()
    at_once_while_down: list[int] = []

    async def ask(case: Case) -> Verdict:
        busy.add(case.event.id)
        desk.asked.append(case.event.id)
        if dispatcher.is_down("dear"):
            at_once_while_down.append(len(busy))
        await asyncio.sleep(0.01)
        busy.remove(case.event.id)
        if len(desk.asked) < 10:
            raise BrainUnavailable("nobody there")
        return verdict_on(case.event.id)

    async def time_passes() -> None:
        while len(desk.asked) < 12:
            desk.clock.time_s += 31
            await asyncio.sleep(0.02)

    waits = (answer(dispatcher, event, ask) for event in events)
    *found, _ = together(dispatcher, *waits, time_passes())
    assert all(isinstance(verdict, Verdict) for verdict in found)
    # Those that were out when the first one failed come back; after that, one by one.
    assert at_once_while_down[-3:] == [1, 1, 1]
    assert max(at_once_while_down) <= 4


def test_the_time_that_a_server_asks_for_is_given_to_it(desk: Desk) -> None:
    dispatcher, event = desk.dispatcher(), desk.event()
    ask = desk.answers(BrainUnavailable("busy", retry_after_s=100.0), "confirmed")

    async def patient() -> None:
        running = asyncio.create_task(dispatcher.run())
        wait = asyncio.create_task(answer(dispatcher, event, ask))
        while not dispatcher.is_down("dear"):
            await asyncio.sleep(0.01)
        desk.clock.time_s += 99
        await asyncio.sleep(0.1)
        assert len(desk.asked) == 1
        desk.clock.time_s += 2
        await wait
        running.cancel()

    asyncio.run(patient())


def test_an_answer_that_fits_no_schema_is_asked_for_twice_and_paid_for(desk: Desk) -> None:
    dispatcher, event = desk.dispatcher(), desk.event()
    garbled = BrainGarbled("what?")
    garbled.calls, garbled.tokens_in, garbled.tokens_out = 2, 1800, 200
    (error,) = together(dispatcher, answer(dispatcher, event, desk.answers(garbled)))
    assert error is garbled
    assert len(desk.asked) == 2
    assert desk.spent() == Spent(calls=4, tokens=4000)


def test_a_model_that_will_not_answer_is_not_asked_again(desk: Desk) -> None:
    dispatcher, event = desk.dispatcher(), desk.event()
    refused = BrainRefused("I would rather not")
    (error,) = together(dispatcher, answer(dispatcher, event, desk.answers(refused)))
    assert error is refused
    assert len(desk.asked) == 1


def test_a_mistake_of_the_judge_is_no_call(desk: Desk) -> None:
    dispatcher, event = desk.dispatcher(), desk.event()
    ask = desk.answers(ZeroDivisionError())
    (error,) = together(dispatcher, answer(dispatcher, event, ask))
    assert isinstance(error, ZeroDivisionError)
    assert desk.spent() == Spent()


def test_a_full_line_sheds_the_least_important_and_counts_it(desk: Desk) -> None:
    desk.settings["most_waiting"] = 2
    dispatcher = desk.dispatcher()
    low, medium, high = (
        desk.event(severity=each) for each in (Severity.LOW, Severity.MEDIUM, Severity.HIGH)
    )
    ask = desk.answers("confirmed")

    async def crowd() -> list[Any]:
        waits = [
            asyncio.create_task(answer(dispatcher, event, ask)) for event in (low, medium, high)
        ]
        await asyncio.wait(waits[:1], timeout=10)
        running = asyncio.create_task(dispatcher.run())
        found = await asyncio.gather(*waits, return_exceptions=True)
        running.cancel()
        return found

    shed, *answered = asyncio.run(crowd())
    assert isinstance(shed, Shed)
    assert [verdict.event_id for verdict in answered] == [medium.id, high.id]
    assert dispatcher.tallies.shed == {"full": 1}
    assert BrainStore(desk.store.database).request(low.id, "dear").state is RequestState.SHED


def test_what_is_stale_is_shed_and_counted(desk: Desk) -> None:
    dispatcher, event = desk.dispatcher(), desk.event()

    async def outage() -> Any:
        running = asyncio.create_task(dispatcher.run())
        ask = desk.answers(BrainUnavailable("nobody there", retry_after_s=3600))
        wait = asyncio.create_task(answer(dispatcher, event, ask))
        while not dispatcher.is_down("dear"):
            await asyncio.sleep(0.01)
        desk.clock.time_s += 901
        (found,) = await asyncio.gather(wait, return_exceptions=True)
        running.cancel()
        return found

    assert isinstance(asyncio.run(outage()), Shed)
    assert dispatcher.tallies.shed == {"stale": 1}


@pytest.mark.parametrize(
    "limits",
    [
        Limits(source=Limit(calls=2)),
        Limits(algorithm=Limit(calls=2)),
        Limits(site=Limit(calls=2)),
        Limits(source=Limit(tokens=3200)),
        Limits(algorithm=Limit(tokens=3200)),
        Limits(site=Limit(tokens=3200)),
    ],
)
def test_no_budget_is_exceeded(desk: Desk, limits: Limits) -> None:
    desk.limits = limits
    dispatcher = desk.dispatcher()
    events = [desk.event() for _ in range(5)]
    ask = desk.answers("confirmed")
    found = together(dispatcher, *(answer(dispatcher, event, ask) for event in events))
    assert len(desk.asked) == 2
    assert sum(isinstance(each, BudgetSpent) for each in found) == 3
    assert dispatcher.tallies.shed == {"budget": 3}
    with pytest.raises(BudgetSpent, match=r"of (2 calls|3200 tokens)"):
        dispatcher._budget.check(events[0])


def test_each_camera_has_a_budget_of_its_own(desk: Desk) -> None:
    desk.limits = Limits(source=Limit(calls=1))
    dispatcher = desk.dispatcher()
    ask = desk.answers("confirmed")
    events = [desk.event(source=source) for source in ("gate", "gate", "door")]
    found = together(dispatcher, *(answer(dispatcher, event, ask) for event in events))
    assert [isinstance(each, BudgetSpent) for each in found] == [False, True, False]


def test_a_budget_outlives_a_restart_and_ends_at_midnight(desk: Desk) -> None:
    desk.limits = Limits(source=Limit(calls=1))
    ask = desk.answers("confirmed")
    for today in (True, False):
        dispatcher = desk.dispatcher()
        event = desk.event()
        (found,) = together(dispatcher, answer(dispatcher, event, ask))
        assert isinstance(found, Verdict) is today
    desk.clock.time_s += 12 * 3600
    dispatcher = desk.dispatcher()
    event = desk.event()
    (found,) = together(dispatcher, answer(dispatcher, event, ask))
    assert isinstance(found, Verdict)
    assert desk.spent(day="2026-11-22").calls == 1


def test_what_a_crash_keeps_from_being_settled_stays_charged(desk: Desk) -> None:
    desk.limits = Limits(source=Limit(calls=1))
    event = desk.event()

    async def crash() -> None:
        dispatcher = desk.dispatcher()
        running = asyncio.create_task(dispatcher.run())
        asked = asyncio.Event()

        async def ask(_case: Case) -> Verdict:
            asked.set()
            await asyncio.sleep(3600)
            raise AssertionError

        wait = asyncio.create_task(answer(dispatcher, event, ask))
        await asked.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.wait([running, wait])

    asyncio.run(crash())
    assert desk.spent().calls == 1
    dispatcher = desk.dispatcher()
    (found,) = together(dispatcher, answer(dispatcher, event, desk.answers("confirmed")))
    assert isinstance(found, BudgetSpent)
    desk.clock.time_s += 24 * 3600
    dispatcher = desk.dispatcher()
    other = desk.event()
    (found,) = together(dispatcher, answer(dispatcher, other, desk.answers("confirmed")))
    assert isinstance(found, Verdict)


def test_a_question_keeps_its_age_through_a_crash(desk: Desk) -> None:
    event = desk.event()
    store = BrainStore(desk.store.database)
    began_s = store.wait((event.id, "dear"), event, desk.clock.now_s())
    desk.clock.time_s += 890
    dispatcher = desk.dispatcher()

    async def again() -> Any:
        wait = asyncio.create_task(answer(dispatcher, event, desk.answers("confirmed")))
        while not dispatcher.waiting:
            await asyncio.sleep(0.01)
        desk.clock.time_s += 20
        running = asyncio.create_task(dispatcher.run())
        (found,) = await asyncio.gather(wait, return_exceptions=True)
        running.cancel()
        return found

    assert isinstance(asyncio.run(again()), Shed)
    assert store.request(event.id, "dear").created_s == began_s


def test_what_was_shed_before_a_crash_is_not_asked_after_it(desk: Desk) -> None:
    event = desk.event()
    store = BrainStore(desk.store.database)
    store.wait((event.id, "dear"), event, NOON_S - 1000)
    assert store.shed_before(NOON_S - 900, NOON_S) == 1
    dispatcher = desk.dispatcher()
    (found,) = together(dispatcher, answer(dispatcher, event, desk.answers("confirmed")))
    assert isinstance(found, Shed)
    assert desk.asked == []


def test_one_who_leaves_does_not_take_the_answer_along(desk: Desk) -> None:
    dispatcher = desk.dispatcher()
    first, second = desk.event(), desk.event()
    desk.follows.decisions.join(first.id, second.id)

    async def two() -> Verdict:
        gate = asyncio.Event()

        async def ask(case: Case) -> Verdict:
            await gate.wait()
            return verdict_on(case.event.id)

        running = asyncio.create_task(dispatcher.run())
        leaves = asyncio.create_task(answer(dispatcher, first, ask))
        stays = asyncio.create_task(answer(dispatcher, second, ask, incident=first.id))
        await asyncio.sleep(0.2)
        leaves.cancel()
        gate.set()
        found = await stays
        running.cancel()
        return found

    assert asyncio.run(two()).event_id == first.id


@dataclass
class Preparing:
    """A judge that cuts pictures before it asks; the model answers once the gate is open."""

    fails: Exception | None = None
    prepared: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    takes_s: float = 0.0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    errors: list[Exception] = field(default_factory=list)

    async def __call__(self, case: Case) -> Callable[[], Awaitable[Verdict]]:
        event_id = case.event.id
        self.prepared.append(event_id)
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.dropped.append(event_id)
            raise
        if self.fails is not None:
            raise self.fails

        async def ask() -> Verdict:
            self.asked.append(event_id)
            if self.errors:
                raise self.errors.pop()
            await self.gate.wait()
            return verdict_on(event_id, "confirmed", calls=1, tokens_in=900, tokens_out=100)

        return ask

    def answer(self, dispatcher: Dispatcher, event: Event) -> Awaitable[Verdict]:
        async def never(_case: Case) -> Verdict:
            raise AssertionError("it was to be prepared")

        return dispatcher.answer(
            case_of(event), never, incident=event.id, judge="dear", due_s=NOON_S + 10, prepare=self
        )


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_the_next_ones_are_made_ready_while_the_large_model_is_busy(desk: Desk) -> None:
    dispatcher, judge = desk.dispatcher(), Preparing()
    ranks = (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)
    events = [desk.event(severity=rank) for rank in ranks]

    async def watched() -> None:
        await _until(lambda: dispatcher.waiting == 3 and len(judge.prepared) == 2)
        await asyncio.sleep(0.1)
        # One is asked about, one is ready; the others would only take room.
        assert judge.asked == [events[0].id]
        assert judge.prepared == [events[0].id, events[1].id]
        judge.gate.set()

    found = together(dispatcher, *(judge.answer(dispatcher, e) for e in events), watched())
    assert found[4] is None
    assert [verdict.event_id for verdict in found[:4]] == [event.id for event in events]
    assert judge.prepared == [event.id for event in events]


def test_who_is_overtaken_is_put_away_and_made_ready_again(desk: Desk) -> None:
    dispatcher, judge = desk.dispatcher(), Preparing(takes_s=0.05)
    first, low = desk.event(), desk.event(severity=Severity.LOW)

    async def watched() -> Verdict:
        await _until(lambda: low.id in judge.prepared)
        urgent = desk.event(severity=Severity.HIGH)
        later = asyncio.ensure_future(judge.answer(dispatcher, urgent))
        await _until(lambda: urgent.id in judge.prepared)
        judge.gate.set()
        return await later

    both = (judge.answer(dispatcher, first), judge.answer(dispatcher, low))
    found = together(dispatcher, *both, watched())
    assert all(isinstance(each, Verdict) for each in found), found
    assert judge.asked.index(low.id) == 2
    assert judge.prepared.count(low.id) == 2


def test_what_is_ready_is_asked_again_after_a_failure(desk: Desk) -> None:
    judge = Preparing(errors=[BrainUnavailable("away")])
    dispatcher, event = desk.dispatcher(), desk.event()

    async def watched() -> None:
        await _until(lambda: bool(judge.asked))
        judge.gate.set()
        while len(judge.asked) < 2:
            desk.clock.sleep(1)
            await asyncio.sleep(0.01)

    found, _ = together(dispatcher, judge.answer(dispatcher, event), watched())
    assert isinstance(found, Verdict)
    assert (len(judge.asked), len(judge.prepared)) == (2, 1)


def test_while_a_model_is_down_as_many_are_made_ready_as_it_is_asked_at_a_time(desk: Desk) -> None:
    dispatcher, judge = desk.dispatcher(at_once=2), Preparing(errors=[BrainUnavailable("away")])
    judge.gate.set()
    first, *others = [
        desk.event(severity=rank)
        for rank in (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)
    ]

    async def watched() -> None:
        await _until(lambda: dispatcher.nobody_answers and dispatcher.waiting == 1)
        later = [asyncio.ensure_future(judge.answer(dispatcher, event)) for event in others]
        await _until(lambda: dispatcher.waiting == 4 and len(judge.prepared) == 2)
        await asyncio.sleep(0.1)
        assert judge.prepared == [first.id, others[0].id]
        desk.clock.sleep(1)
        await asyncio.gather(*later)

    found, _ = together(dispatcher, judge.answer(dispatcher, first), watched())
    assert isinstance(found, Verdict)
    assert len(judge.asked) == 5, "the one that failed was asked about twice"


def test_a_clip_that_cannot_be_read_is_told_to_who_waits(desk: Desk) -> None:
    judge = Preparing(fails=SourceLost("no picture"))
    dispatcher, event = desk.dispatcher(), desk.event()
    (found,) = together(dispatcher, judge.answer(dispatcher, event))
    assert isinstance(found, SourceLost)
    assert desk.spent() == Spent(calls=0, tokens=0)


def test_who_waits_for_a_model_that_was_down_may_ask_once_it_has_answered_anything(
    desk: Desk,
) -> None:
    dispatcher = desk.dispatcher(at_once=2)
    judge = Preparing(errors=[BrainUnavailable("away")])
    first, second = desk.event(severity=Severity.HIGH), desk.event(severity=Severity.LOW)

    async def watched() -> None:
        await _until(lambda: dispatcher.nobody_answers and dispatcher.waiting == 2)
        desk.clock.sleep(1)
        await _until(lambda: len(judge.asked) == 2)
        await asyncio.sleep(0.1)
        assert second.id not in judge.asked
        dispatcher.heard_from("dear")
        await _until(lambda: second.id in judge.asked)
        judge.gate.set()

    high, low = judge.answer(dispatcher, first), judge.answer(dispatcher, second)

    async def later() -> Verdict:
        await _until(lambda: dispatcher.nobody_answers)
        return await low

    found = together(dispatcher, high, later(), watched())
    assert [type(each) for each in found] == [Verdict, Verdict, type(None)], found
