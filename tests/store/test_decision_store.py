"""Decisions are taken once and amended in one direction; what was said is kept word by word."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_values import NOON_S, a_step, an_event

from vigil.core import (
    Decision,
    Event,
    Outcome,
    Review,
    Ruling,
    StepKind,
    StoreError,
    Unverified,
    Verdict,
)
from vigil.store import Connection, DecisionStore, EventStore, Said


class Follower:
    """Begins a decision for each event."""

    def __init__(self, decisions: DecisionStore) -> None:
        self.decisions = decisions

    def prepare(self) -> None: ...
    def committed(self) -> None: ...

    def began(self, connection: Connection, event: Event) -> None:
        pending = Decision(
            event_id=event.id, outcome=Outcome.PENDING, incident=event.id, due_s=NOON_S + 10
        )
        self.decisions.begin(connection, event, pending)

    def ended(self, connection: Connection, event: Event) -> None:
        self.decisions.end(connection, event)


class News(list):
    def __call__(
        self, _connection: Connection, event: Event, decision: Decision, *, over: bool
    ) -> None:
        self.append((event.id, decision.outcome.value, decision.incident, over))


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
def store(place: str | Path, tmp_path: Path, news: News) -> Iterator[EventStore]:
    made = EventStore(place, tmp_path / "clips")
    made.follower = Follower(DecisionStore(made.database, announce=news))
    yield made
    made.close()


@pytest.fixture
def decisions(store: EventStore) -> DecisionStore:
    return store.follower.decisions


def begun(store: EventStore, name: str = "a", **more: Any) -> Event:
    event = an_event(id=name, **more)
    store.record(a_step(event), None)
    return event


def verdict(event_id: str, **more: Any) -> Verdict:
    usual: dict[str, Any] = {
        "ruling": Ruling.CONFIRMED,
        "likelihood": 0.9,
        "reason": "A person stands there. 有人。",
        "reason_zh": "有人。",
        "answers": {"hurt": "no", "助人": "yes"},
        "judge": "told",
        "prompt": "abc",
        "time_s": NOON_S,
        "seconds": {"queue": 0.1, "total": 2.0},
        "calls": 1,
        "tokens_in": 900,
        "tokens_out": 40,
    }
    return Verdict(event_id=event_id, **{**usual, **more})


def said(event_id: str, judge: str = "dear", **more: Any) -> Said:
    return Said(verdict=verdict(event_id, **more), judge=judge)


def test_an_event_begins_undecided(store: EventStore, decisions: DecisionStore) -> None:
    begun(store)
    assert decisions.decision("a") == Decision(
        event_id="a", outcome=Outcome.PENDING, incident="a", due_s=NOON_S + 10
    )
    assert decisions.pending() == {"a": NOON_S + 10}
    assert decisions.decision("b") is None


def test_a_decision_comes_back_with_its_verdict(
    store: EventStore, decisions: DecisionStore, news: News
) -> None:
    begun(store)
    now = decisions.decide("a", Outcome.CONFIRMED, said=said("a"), now_s=NOON_S + 3)
    assert now == decisions.decision("a")
    assert now.verdict == verdict("a")
    assert now.decided_s == NOON_S + 3
    assert decisions.pending() == {}
    assert decisions.outcomes() == {("confirmed", ""): 1}
    assert decisions.outcomes(since_s=NOON_S + 4) == {}
    assert news == [("a", "pending", "a", False), ("a", "confirmed", "a", False)]


FINAL = [Outcome.CONFIRMED, Outcome.REJECTED]


@pytest.mark.parametrize("first", FINAL)
@pytest.mark.parametrize("second", [*FINAL, Outcome.UNVERIFIED])
def test_what_is_decided_for_good_stays(
    store: EventStore, decisions: DecisionStore, news: News, first: Outcome, second: Outcome
) -> None:
    begun(store)
    decisions.decide("a", first, now_s=NOON_S)
    news.clear()
    assert decisions.decide("a", second, now_s=NOON_S) is None
    assert decisions.decision("a").outcome is first
    assert news == []


def test_what_is_unverified_may_be_decided_later(
    store: EventStore, decisions: DecisionStore
) -> None:
    begun(store)
    decisions.decide("a", Outcome.UNVERIFIED, reason=Unverified.DEADLINE, now_s=NOON_S + 10)
    again = {"reason": Unverified.DEADLINE, "now_s": NOON_S + 11}
    assert decisions.decide("a", Outcome.UNVERIFIED, **again) is None
    amended = decisions.decide("a", Outcome.REJECTED, said=said("a"), now_s=NOON_S + 60)
    assert (amended.outcome, amended.reason) == (Outcome.REJECTED, None)
    assert amended.decided_s == NOON_S + 10, "when it was no longer pending"


def test_a_deadline_only_ends_what_is_pending(store: EventStore, decisions: DecisionStore) -> None:
    begun(store)
    decisions.decide("a", Outcome.UNVERIFIED, reason=Unverified.BUDGET, now_s=NOON_S)
    late = {"reason": Unverified.DEADLINE, "now_s": NOON_S + 10, "only_pending": True}
    assert decisions.decide("a", Outcome.UNVERIFIED, **late) is None
    assert decisions.decision("a").reason is Unverified.BUDGET


def test_nothing_is_decided_about_what_never_happened(decisions: DecisionStore) -> None:
    assert decisions.decide("nobody", Outcome.CONFIRMED, now_s=NOON_S) is None


def test_a_judge_has_one_word_on_an_event(store: EventStore, decisions: DecisionStore) -> None:
    begun(store)
    decisions.note(said("a", "cheap", ruling=Ruling.UNSURE, time_s=NOON_S + 1))
    decisions.note(said("a", "dear", time_s=NOON_S + 2))
    decisions.note(said("a", "cheap", ruling=Ruling.REJECTED, time_s=NOON_S + 1))
    found = decisions.verdicts(["a", "b"])
    assert [each.ruling for each in found["a"]] == [Ruling.REJECTED, Ruling.CONFIRMED]
    assert decisions.noted("a", "cheap").ruling is Ruling.REJECTED
    assert decisions.noted("a", "nobody") is None


def test_text_that_databases_refuse_is_kept_as_far_as_it_goes(
    store: EventStore, decisions: DecisionStore
) -> None:
    begun(store)
    decisions.note(said("a", reason="nul \0 and half \ud800", answers={"q\0": "\udfff"}))
    (found,) = decisions.verdicts(["a"])["a"]
    assert "\0" not in found.reason
    assert found.reason.startswith("nul ")


def test_incidents_become_one_with_all_that_belongs_to_them(
    store: EventStore, decisions: DecisionStore, news: News
) -> None:
    for name in "abcd":
        begun(store, name)
    assert decisions.join("d", "c") == "c"
    news.clear()
    assert decisions.join("b", "d") == "b"
    assert {key: each.incident for key, each in decisions.decisions("abcd").items()} == {
        "a": "a",
        "b": "b",
        "c": "b",
        "d": "b",
    }
    assert sorted(news) == [("c", "pending", "b", False), ("d", "pending", "b", False)]
    assert decisions.join("c", "d") == "b"
    with pytest.raises(StoreError, match="no event 'x' to join"):
        decisions.join("a", "x")


def test_an_event_of_an_incident_keeps_its_own_words(
    store: EventStore, decisions: DecisionStore
) -> None:
    for name in "ab":
        begun(store, name)
    decisions.decide("a", Outcome.CONFIRMED, said=said("a"), now_s=NOON_S)
    shared = decisions.decide("b", Outcome.CONFIRMED, said=said("a", reason="x"), now_s=NOON_S)
    assert shared.verdict == verdict("a"), "the words on another event are that event's"


def test_the_end_is_told_with_what_was_decided(
    store: EventStore, decisions: DecisionStore, news: News
) -> None:
    event = begun(store)
    decisions.decide("a", Outcome.CONFIRMED, now_s=NOON_S)
    store.record(a_step(event, StepKind.END, 9), None)
    decisions.decide("a", Outcome.REJECTED, now_s=NOON_S)
    assert news[-1] == ("a", "confirmed", "a", True)


def test_an_event_of_before_there_were_decisions_ends_unannounced(
    store: EventStore, news: News
) -> None:
    follower, store.follower = store.follower, None
    event = begun(store)
    store.follower = follower
    store.record(a_step(event, StepKind.END, 9), None)
    assert news == []
    assert store.event("a").outcome is None


def test_people_may_change_their_mind(store: EventStore, decisions: DecisionStore) -> None:
    begun(store)
    words = [
        Review(event_id="a", ruling=ruling, reviewer="Ann", time_s=NOON_S + at, note="好")
        for at, ruling in enumerate((Ruling.CONFIRMED, Ruling.REJECTED))
    ]
    for word in words:
        decisions.review(word)
    assert decisions.reviews(["a"]) == {"a": words}
    with pytest.raises(StoreError, match="no event 'x'"):
        decisions.review(
            Review(event_id="x", ruling=Ruling.CONFIRMED, reviewer="Ann", time_s=NOON_S)
        )


def test_many_are_read_in_pages(store: EventStore, decisions: DecisionStore) -> None:
    steps = [(a_step(an_event(id=f"{number:03}")), None) for number in range(300)]
    store.record_many(steps)
    assert len(decisions.decisions([step.event.id for step, _ in steps])) == 300
