"""Lanes: when they try, what they try, and what becomes of it. The clock is moved by hand."""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vigil.core import Alert, AlertRecord, Member, Outcome, StepKind
from vigil.pipeline.lanes import Lane, Lanes, Patience
from vigil.store import AlertStore, DeliveryStore
from vigil.store.database import Database
from vigil.testing.alerts import NOON_S, PICTURE, amended, an_alert, an_event
from vigil.testing.fake_alerter import FakeAlerter, delayed, refused
from vigil.testing.hands import Hands

PATIENCE = Patience(first_s=1, longest_s=60, give_up_s=3600, poll_s=0.01, send_s=5)
HOUR_S = 3600.0


class Longest(random.Random):
    """Every wait is as long as it may be."""

    def uniform(self, _low: float, high: float) -> float:
        return high


class Post:
    """One lane with its database and clock."""

    def __init__(self, path: Path) -> None:
        self.clock = Hands(NOON_S)
        self.database = Database(path, busy_s=0.05)
        self.alerts = AlertStore(self.database)
        self.deliveries = DeliveryStore(self.database)
        self.receiver = FakeAlerter()
        self.lane = self.make()

    def make(self, **more: Any) -> Lane:
        usual = {"clock": self.clock, "patience": PATIENCE, "chance": Longest()}
        return Lane("phone", self.receiver, self.deliveries, **usual | more)

    def enqueue(self, *alerts: Alert, sinks: tuple[str, ...] = ("phone",)) -> None:
        with self.database.writing() as connection:
            for alert in alerts:
                self.alerts.save(connection, record_of(alert))
                opens = dict.fromkeys(sinks, alert.sequence == 0)
                self.alerts.enqueue(connection, alert, opens, now_s=self.clock.now_s())

    def deliver(self) -> float:
        return asyncio.run(self.lane.deliver_due())

    def attempts_within(self, seconds: float, step_s: float = 1.0) -> int:
        """How often the receiver is tried meanwhile."""
        before = self.receiver.attempts
        for _ in range(int(seconds / step_s)):
            self.deliver()
            self.clock.sleep(step_s)
        return self.receiver.attempts - before

    @property
    def sent(self) -> list[tuple[str, int]]:
        return [(alert.id, alert.sequence) for alert in self.receiver.sent]


def record_of(alert: Alert) -> AlertRecord:
    return AlertRecord(
        id=alert.id,
        incident=alert.id,
        event=alert.event,
        decision=alert.decision,
        step=alert.step,
        sequence=alert.sequence,
        first_s=alert.time_s,
        last_s=alert.time_s,
        members={alert.event.id: Member(over=False, outcome=alert.decision.outcome)},
    )


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = Post(tmp_path / "events.db")
    yield made
    made.database.close()


# In which order


def test_what_waits_is_sent_oldest_first_critical_before_all(post: Post) -> None:
    one, other, critical = an_alert(), an_alert(), an_alert(an_event(critical=True))
    post.enqueue(one, other, critical)
    post.deliver()
    assert [alert_id for alert_id, _ in post.sent] == [critical.id, one.id, other.id]
    post.deliver()
    assert len(post.sent) == 3
    assert post.lane.delivered == 3


def test_messages_of_one_alert_never_overtake_each_other(post: Post) -> None:
    first, other = an_alert(), an_alert()
    post.enqueue(first, amended(first, Outcome.REJECTED), other)
    post.receiver.then(delayed())
    while len(post.sent) < 3:
        post.deliver()
        post.clock.sleep(0.5)
    own = [sequence for alert_id, sequence in post.sent if alert_id == first.id]
    assert own == [0, 1]
    assert post.sent.index((other.id, 0)) < post.sent.index((first.id, 0))


def test_a_later_message_brings_what_came_before_and_its_receipt(post: Post) -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    post.enqueue(first, replace(amended(first, Outcome.CONFIRMED), before=None))
    post.deliver()
    later = post.receiver.sent[1]
    assert later.before == first
    assert later.receipt == "r1"


def test_who_hears_late_hears_of_it_as_new(post: Post) -> None:
    first = an_alert()
    post.enqueue(first, amended(first, Outcome.CONFIRMED))
    post.receiver.then(refused())
    post.deliver()
    (only,) = post.receiver.sent
    assert (only.step, only.sequence) == (StepKind.NEW, 1)


def test_an_end_stays_an_end(post: Post) -> None:
    first = an_alert()
    post.enqueue(amended(first, Outcome.CONFIRMED, step=StepKind.END))
    post.deliver()
    assert post.receiver.sent[0].step is StepKind.END


def test_a_picture_is_made_for_who_can_use_it(post: Post) -> None:
    async def picture(_alert: Alert) -> bytes:
        return PICTURE

    for wants in (True, False):
        post.receiver = FakeAlerter(pictures=wants)
        post.lane = post.make(picture=picture)
        post.enqueue(an_alert())
        post.deliver()
        assert post.receiver.sent[0].snapshot == (PICTURE if wants else b"")


# When it fails


def test_a_failure_is_tried_again_later_under_the_same_id_and_sequence(post: Post) -> None:
    alert = an_alert()
    post.enqueue(alert)
    post.receiver.then(delayed())
    assert post.deliver() == 1
    assert post.receiver.attempts == 1
    post.clock.sleep(1)
    post.deliver()
    assert post.sent == [(alert.id, 0)]


def test_waits_double_up_to_a_bound_and_are_drawn_from_zero_on() -> None:
    assert [PATIENCE.wait_s(n, Longest()) for n in (1, 2, 3, 7, 1000)] == [1, 2, 4, 60, 60]
    chance = random.Random(1)
    drawn = [PATIENCE.wait_s(5, chance) for _ in range(500)]
    assert 0 <= min(drawn) < 1
    assert 15 < max(drawn) <= 16


def test_a_receiver_that_is_down_is_not_hammered_however_much_waits(post: Post) -> None:
    post.enqueue(*(an_alert() for _ in range(50)))
    post.receiver.down = True
    assert post.attempts_within(600) < 20


def test_all_is_sent_soon_after_a_receiver_is_back(post: Post) -> None:
    alerts = [an_alert() for _ in range(50)]
    post.enqueue(*alerts)
    post.receiver.down = True
    post.attempts_within(600)
    post.receiver.down = False
    post.attempts_within(125)
    assert {alert_id for alert_id, _ in post.sent} == {alert.id for alert in alerts}
    assert len(post.sent) == 50


def test_one_message_that_always_fails_does_not_hold_up_the_others(post: Post) -> None:
    poison = an_alert()
    others = [an_alert() for _ in range(20)]

    async def send(alert: Alert) -> str:
        if alert.id == poison.id:
            raise delayed()
        return await FakeAlerter.send(post.receiver, alert)

    post.receiver.send = send  # type: ignore[method-assign]
    post.enqueue(poison, *others)
    post.attempts_within(30)
    assert len(post.sent) == 20


def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks(post: Post) -> None:
    post.enqueue(an_alert(), an_alert())
    post.receiver.then(delayed(retry_after_s=90))
    assert post.attempts_within(89) == 1
    post.attempts_within(4)
    assert len(post.sent) == 2


def test_nobody_may_ask_for_more_than_an_hour(post: Post) -> None:
    post.enqueue(an_alert())
    post.receiver.then(delayed(retry_after_s=1e9))
    post.deliver()
    post.clock.sleep(HOUR_S)
    post.deliver()
    assert len(post.sent) == 1


def test_what_a_receiver_refuses_is_a_dead_letter_at_once(post: Post) -> None:
    bad, good = an_alert(), an_alert()
    post.enqueue(bad, good)
    post.receiver.then(refused())
    post.deliver()
    (letter,) = post.deliveries.dead_letters()
    assert (letter.alert.id, letter.note) == (bad.id, "the fake will not")
    assert post.sent == [(good.id, 0)]


def test_a_message_is_given_up_after_its_time_and_can_be_retried(post: Post) -> None:
    alert = an_alert()
    post.enqueue(alert)
    post.receiver.down = True
    post.attempts_within(HOUR_S + 120, step_s=30)
    (letter,) = post.deliveries.dead_letters()
    assert letter.note.startswith("gave up after 1.0 h: the fake is down")
    assert letter.attempts > 10
    post.receiver.down = False
    assert post.deliveries.retry(now_s=post.clock.now_s()) == 1
    post.clock.sleep(60)
    post.deliver()
    assert post.sent == [(alert.id, 0)]


def test_a_clock_that_jumps_ahead_gives_nothing_up_at_once(post: Post) -> None:
    post.enqueue(an_alert())
    post.receiver.down = True
    post.deliver()
    post.clock.sleep(1000 * HOUR_S)
    post.deliver()
    assert post.deliveries.dead_letters() == []
    post.receiver.down = False
    post.clock.sleep(60)
    post.deliver()
    assert len(post.sent) == 1


@pytest.mark.parametrize("mistake", [KeyError("x"), RecursionError(), TypeError("no")])
def test_a_mistake_in_a_plug_in_delays_its_message_only(post: Post, mistake: Exception) -> None:
    one, other = an_alert(), an_alert()
    post.enqueue(one, other)
    post.receiver.then(mistake)
    post.attempts_within(4)
    assert {alert_id for alert_id, _ in post.sent} == {one.id, other.id}


def test_a_plug_in_that_never_comes_back_is_cut_off(post: Post) -> None:
    async def send(_alert: Alert) -> str:
        await asyncio.sleep(HOUR_S)
        return ""

    post.receiver.send = send  # type: ignore[method-assign]
    post.lane = post.make(patience=replace(PATIENCE, send_s=0.05))
    post.enqueue(an_alert())
    post.deliver()
    taken = post.deliveries.take("phone", now_s=post.clock.now_s() + HOUR_S)
    assert taken is not None
    assert taken.note == "no answer within 0.05 s"


def test_a_locked_database_is_waited_for(post: Post, tmp_path: Path) -> None:
    post.enqueue(an_alert())
    with closing(sqlite3.connect(tmp_path / "events.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert post.deliver() == PATIENCE.poll_s
        assert post.sent == []
        other.execute("ROLLBACK")
    post.deliver()
    assert len(post.sent) == 1


# All lanes together


def run(*work: Coroutine[Any, Any, Any], lanes: Lanes) -> None:
    async def together() -> None:
        task = asyncio.create_task(lanes.run())
        try:
            await asyncio.wait_for(asyncio.gather(*work), 30)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(together())


async def until(what: Callable[[], object]) -> None:
    while not what():
        await asyncio.sleep(0.01)


def test_lanes_deliver_until_they_are_told_to_stop(post: Post) -> None:
    receivers = {"phone": FakeAlerter(), "log": FakeAlerter()}
    lanes = Lanes(receivers, post.deliveries, patience=replace(PATIENCE, poll_s=HOUR_S))

    async def work() -> None:
        await asyncio.sleep(0.05)
        post.enqueue(an_alert(), sinks=("phone", "log"))
        lanes.wake()
        await until(lambda: all(one.sent for one in receivers.values()))

    run(work(), lanes=lanes)
    for receiver in receivers.values():
        assert (receiver.opened, receiver.closed) == (1, 1)
    lanes.wake()


def test_what_others_enqueue_without_a_word_is_found(post: Post) -> None:
    receiver = FakeAlerter()
    lanes = Lanes({"phone": receiver}, post.deliveries, patience=PATIENCE)

    async def work() -> None:
        await asyncio.sleep(0.05)
        post.enqueue(an_alert())
        await until(lambda: receiver.sent)

    run(work(), lanes=lanes)


def test_a_receiver_that_hangs_does_not_delay_another(post: Post) -> None:
    healthy, sick = FakeAlerter(), FakeAlerter()

    async def hang(_alert: Alert) -> str:
        await asyncio.Event().wait()
        return ""

    sick.send = hang  # type: ignore[method-assign]
    lanes = Lanes({"sick": sick, "healthy": healthy}, post.deliveries, patience=PATIENCE)
    post.enqueue(*(an_alert() for _ in range(30)), sinks=("sick", "healthy"))

    async def work() -> None:
        await until(lambda: len(healthy.sent) == 30)

    run(work(), lanes=lanes)
    assert post.deliveries.counts()["sick"]["waiting"] == 30


def test_a_sink_that_cannot_be_opened_or_closed_stops_nothing(post: Post) -> None:
    class Broken(FakeAlerter):
        async def open(self) -> None:
            raise OSError("no")

        async def close(self) -> None:
            raise OSError("no")

    broken, other = Broken(), FakeAlerter()
    lanes = Lanes({"broken": broken, "other": other}, post.deliveries, patience=PATIENCE)
    post.enqueue(an_alert(), sinks=("broken", "other"))

    async def work() -> None:
        await until(lambda: broken.sent and other.sent)

    run(work(), lanes=lanes)
    assert other.closed == 1
