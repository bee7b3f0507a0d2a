"""Alerts, deliveries and silences, on both kinds of database."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vigil.core import (
    Alert,
    AlertRecord,
    Member,
    Outcome,
    Severity,
    Silence,
    StepKind,
    StoreError,
)
from vigil.store import AlertStore, Delivery, DeliveryStore, alert_store
from vigil.store.database import Database
from vigil.testing.alerts import NOON_S, amended, an_alert, an_event

HOUR_S = 3600.0


@pytest.fixture
def database(place: str | Path) -> Iterator[Database]:
    made = Database(place)
    yield made
    made.close()


@pytest.fixture
def store(database: Database) -> AlertStore:
    return AlertStore(database)


@pytest.fixture
def deliveries(database: Database) -> DeliveryStore:
    return DeliveryStore(database)


def record_of(alert: Alert, *, first_s: float = NOON_S, **more: object) -> AlertRecord:
    usual = AlertRecord(
        id=alert.id,
        incident=alert.decision.incident,
        event=alert.event,
        decision=alert.decision,
        step=alert.step,
        sequence=alert.sequence,
        first_s=first_s,
        last_s=first_s,
        sinks=("phone",),
        members={alert.event.id: Member(over=False, outcome=alert.decision.outcome)},
    )
    return replace(usual, **more)


def enqueue(
    store: AlertStore,
    *alerts: Alert,
    sinks: tuple[str, ...] = ("phone",),
    at_s: float = NOON_S,
) -> None:
    with store.database.writing() as connection:
        for alert in alerts:
            store.save(connection, record_of(alert, first_s=at_s))
            opens = dict.fromkeys(sinks, alert.sequence == 0)
            store.enqueue(connection, alert, opens, now_s=at_s)


def found(store: AlertStore, alert: Alert, *, incident: str = "") -> AlertRecord | None:
    with store.database.reading() as connection:
        return store.find(
            connection, event_id=alert.event.id, incident=incident or alert.decision.incident
        )


def take(deliveries: DeliveryStore, sink: str = "phone", at_s: float = NOON_S) -> Delivery:
    taken = deliveries.take(sink, now_s=at_s)
    assert taken is not None
    return taken


# Records


def test_what_is_remembered_comes_back_as_it_was(store: AlertStore) -> None:
    alert = an_alert()
    record = record_of(alert, held="because", sinks=("a", "b"))
    with store.database.writing() as connection:
        store.save(connection, record)
    assert found(store, alert) == record


def test_what_changed_takes_its_place(store: AlertStore) -> None:
    alert, other = an_alert(), an_event()
    record = record_of(alert)
    joined = {other.id: Member(over=True, outcome=Outcome.CONFIRMED)}
    later = replace(record, sequence=3, members={**record.members, **joined})
    for each in (record, later):
        with store.database.writing() as connection:
            store.save(connection, each)
    assert found(store, alert) == later
    assert found(store, an_alert(other)) == later
    assert store.alerts() == [later]


def test_an_event_finds_its_own_alert_before_the_newest_of_its_incident(store: AlertStore) -> None:
    one, other, stranger = an_alert(), an_alert(), an_alert()
    with store.database.writing() as connection:
        store.save(connection, record_of(one, incident="i"))
        store.save(connection, record_of(other, incident="i", first_s=NOON_S + 9))
    assert found(store, one, incident="i").id == one.id
    assert found(store, stranger, incident="i").id == other.id
    assert found(store, stranger, incident="elsewhere") is None


def test_the_last_that_was_told_of_a_rule_and_camera(store: AlertStore) -> None:
    told, held = an_alert(), an_alert()
    with store.database.writing() as connection:
        store.save(connection, record_of(told))
        store.save(connection, record_of(held, first_s=NOON_S + 9, sequence=-1))
        assert store.last_told(connection, rule="yard", source="gate").id == told.id
        assert store.last_told(connection, rule="yard", source="door") is None
        assert store.last_told(connection, rule="fence", source="gate") is None


def test_text_that_databases_refuse_is_kept_as_well_as_can_be(
    store: AlertStore, deliveries: DeliveryStore
) -> None:
    event = replace(an_event(), claim="a\0b\ud800", source="\0")
    alert = an_alert(event, said="\0\udfff")
    enqueue(store, alert)
    assert take(deliveries).alert.event.claim == "a\ufffdb?"
    assert take(deliveries).alert.decision.verdict.reason == "\ufffd?"


def test_alerts_are_listed_newest_first_by_what_is_wanted(store: AlertStore) -> None:
    low = an_alert(an_event(severity=Severity.LOW, source="door"))
    high = an_alert(an_event(severity=Severity.HIGH))
    with store.database.writing() as connection:
        store.save(connection, record_of(low))
        store.save(connection, record_of(high, first_s=NOON_S + 1))
    ids = [[each.id for each in listed] for listed in (
        store.alerts(), store.alerts(limit=1), store.alerts(source="door"),
        store.alerts(least=Severity.MEDIUM), store.alerts(least=Severity.LOW),
    )]  # fmt: skip
    assert ids == [[high.id, low.id], [high.id], [low.id], [high.id], [high.id, low.id]]


def test_alerts_begun_are_counted_by_sink_critical_ones_not(store: AlertStore) -> None:
    first = an_alert()
    enqueue(store, first, amended(first, Outcome.REJECTED), sinks=("a", "b"))
    enqueue(store, an_alert(), sinks=("a",), at_s=NOON_S + 10)
    enqueue(store, an_alert(an_event(critical=True)), sinks=("a",))
    with store.database.reading() as connection:
        assert store.opened_since(connection, NOON_S - 1, ["a", "b"]) == {"a": 2, "b": 1}
        assert store.opened_since(connection, NOON_S - 1, ["b"]) == {"b": 1}
        assert store.opened_since(connection, NOON_S + 5, ["a", "b"]) == {"a": 1}
        assert store.opened_since(connection, NOON_S - 1, []) == {}


def test_a_long_list_is_read_in_short_transactions(
    store: AlertStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.database.writing() as connection:
        for index in range(7):
            store.save(connection, record_of(an_alert(), first_s=NOON_S + index // 3))
    whole = store.alerts()
    assert len(whole) == 7
    monkeypatch.setattr(alert_store, "PAGE", 3)
    assert store.alerts() == whole
    assert store.alerts(limit=4) == whole[:4]
    assert all(len(each.members) == 1 for each in whole)


# Deliveries


def test_a_message_is_taken_until_it_is_settled(
    store: AlertStore, deliveries: DeliveryStore
) -> None:
    alert = an_alert()
    enqueue(store, alert)
    taken = take(deliveries)
    assert take(deliveries) == taken
    assert taken.alert == alert
    assert (taken.attempts, taken.enqueued_s) == (0, NOON_S)
    deliveries.sent(taken.position, now_s=NOON_S, receipt="r")
    assert deliveries.take("phone", now_s=NOON_S) is None
    assert deliveries.next_due_s("phone", now_s=NOON_S) is None


def test_each_sink_has_a_lane_of_its_own(store: AlertStore, deliveries: DeliveryStore) -> None:
    enqueue(store, an_alert(), sinks=("a", "b"))
    deliveries.sent(take(deliveries, "a").position, now_s=NOON_S, receipt="")
    assert deliveries.take("a", now_s=NOON_S) is None
    assert take(deliveries, "b").sink == "b"
    assert deliveries.take("c", now_s=NOON_S) is None


def test_messages_of_one_alert_go_in_order_others_pass(
    store: AlertStore, deliveries: DeliveryStore
) -> None:
    first, other = an_alert(), an_alert()
    enqueue(store, first, amended(first, Outcome.REJECTED), other)
    taken = take(deliveries)
    deliveries.delayed(taken.position, now_s=NOON_S, due_s=NOON_S + 60, note="busy")
    assert take(deliveries).alert.id == other.id
    deliveries.sent(take(deliveries).position, now_s=NOON_S, receipt="")
    assert deliveries.take("phone", now_s=NOON_S) is None
    assert deliveries.next_due_s("phone", now_s=NOON_S) == NOON_S + 60
    again = take(deliveries, at_s=NOON_S + 60)
    assert (again.alert.sequence, again.attempts, again.note) == (0, 1, "busy")


def test_a_critical_message_overtakes(store: AlertStore, deliveries: DeliveryStore) -> None:
    critical = an_alert(an_event(critical=True))
    enqueue(store, an_alert(), critical)
    assert take(deliveries).alert.id == critical.id


def test_a_later_message_knows_what_came_before_and_its_receipt(
    store: AlertStore, deliveries: DeliveryStore
) -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    enqueue(store, first, replace(amended(first, Outcome.CONFIRMED), before=None))
    deliveries.sent(take(deliveries).position, now_s=NOON_S, receipt="text:7")
    later = take(deliveries).alert
    assert later.before == first
    assert later.receipt == "text:7"


def test_what_is_given_up_lets_the_next_one_pass_and_gets_another_life(
    store: AlertStore, deliveries: DeliveryStore
) -> None:
    first = an_alert()
    enqueue(store, first, amended(first, Outcome.REJECTED))
    deliveries.dead(take(deliveries).position, now_s=NOON_S + 5, note="400: no")
    assert take(deliveries).alert.sequence == 1
    assert take(deliveries).alert.before is None
    (letter,) = deliveries.dead_letters()
    assert (letter.alert.id, letter.note, letter.done_s) == (first.id, "400: no", NOON_S + 5)
    assert deliveries.counts() == {"phone": {"waiting": 1, "sent": 0, "dead": 1}}
    assert deliveries.retry(now_s=NOON_S + 9, positions=[letter.position]) == 1
    assert deliveries.dead_letters() == []
    revived = take(deliveries, at_s=NOON_S + 9)
    assert (revived.alert.sequence, revived.attempts, revived.enqueued_s) == (0, 0, NOON_S + 9)


def test_dead_letters_are_chosen_by_sink(store: AlertStore, deliveries: DeliveryStore) -> None:
    enqueue(store, an_alert(), sinks=("a", "b"))
    for sink in ("a", "b"):
        deliveries.dead(take(deliveries, sink).position, now_s=NOON_S, note="")
    assert [letter.sink for letter in deliveries.dead_letters(sink="a")] == ["a"]
    assert deliveries.retry(now_s=NOON_S, sink="b") == 1
    assert [letter.sink for letter in deliveries.dead_letters()] == ["a"]
    assert deliveries.retry(now_s=NOON_S) == 1


def test_a_clock_that_was_set_back_strands_nothing(
    store: AlertStore, deliveries: DeliveryStore
) -> None:
    enqueue(store, an_alert())
    taken = take(deliveries)
    deliveries.delayed(taken.position, now_s=NOON_S, due_s=NOON_S + 30, note="")
    long_before_s = NOON_S - 5 * 24 * HOUR_S
    assert deliveries.take("phone", now_s=NOON_S) is None
    assert take(deliveries, at_s=long_before_s).position == taken.position
    assert deliveries.next_due_s("phone", now_s=long_before_s) <= long_before_s + HOUR_S


# Silences


def silence(name: str, until_s: float, **more: object) -> Silence:
    return replace(Silence(id=name, until_s=until_s, reason="works", created_s=NOON_S), **more)


def holding(store: AlertStore, now_s: float) -> list[Silence]:
    with store.database.reading() as connection:
        return store.silences(connection, now_s=now_s)


def test_silences_hold_until_their_time(store: AlertStore) -> None:
    short = silence("short", NOON_S + 10, source="gate", up_to=Severity.LOW)
    long = silence("long", NOON_S + 20, rule="yard", critical=True)
    for each in (long, short):
        store.silence(each)
    assert holding(store, NOON_S) == [short, long]
    assert holding(store, NOON_S + 10) == [long]
    assert holding(store, NOON_S + 20) == []


def test_a_silence_can_be_ended_early_once(store: AlertStore) -> None:
    store.silence(silence("s", NOON_S + 10))
    store.end_silence("s")
    assert holding(store, NOON_S) == []
    with pytest.raises(StoreError, match="no silence 's'"):
        store.end_silence("s")


# Forgetting


def test_what_ended_long_ago_is_forgotten_with_all_about_it(
    store: AlertStore, deliveries: DeliveryStore
) -> None:
    old, open_, fresh = (an_alert(step=step) for step in (StepKind.END, StepKind.NEW, StepKind.END))
    for alert, at_s in ((old, 0.0), (open_, 0.0), (fresh, 50.0)):
        enqueue(store, alert, at_s=NOON_S + at_s)
    held = an_alert()
    with store.database.writing() as connection:
        store.save(connection, record_of(held, sequence=-1, held="silenced"))
    store.silence(silence("over", NOON_S + 1))
    assert store.forget(now_s=NOON_S + 100, keep_s=60) == 2
    assert {each.id for each in store.alerts()} == {open_.id, fresh.id}
    assert found(store, old) is None
    assert deliveries.counts() == {"phone": {"waiting": 2, "sent": 0, "dead": 0}}
    assert store.forget(now_s=NOON_S + 100, keep_s=60) == 0
    assert store.forget(now_s=NOON_S + 1000, keep_s=60) == 2


def test_forgetting_goes_in_small_steps(store: AlertStore) -> None:
    for _ in range(5):
        enqueue(store, an_alert(step=StepKind.END))
    later = {"now_s": NOON_S + 100, "keep_s": 60}
    assert [store.forget(**later, most=2) for _ in range(4)] == [2, 2, 1, 0]
