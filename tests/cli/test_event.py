"""`vigil event` and `vigil review`."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from vigil.config.home import open_home
from vigil.core import (
    Decision,
    Event,
    Outcome,
    Ruling,
    Severity,
    Step,
    StepKind,
    Unverified,
    Verdict,
)
from vigil.store import Connection, DecisionStore, EventStore, Said

FIRST, SECOND = "01a10000-0001-7000-8000-000000000001", "01a10000-0002-7000-8000-000000000002"


class Pending:
    """A decision for each event."""

    def __init__(self, decisions: DecisionStore) -> None:
        self.decisions = decisions

    def prepare(self) -> None: ...
    def committed(self) -> None: ...
    def ended(self, connection: Connection, event: Event) -> None: ...

    def began(self, connection: Connection, event: Event) -> None:
        due_s = time.time() + 10
        pending = Decision(
            event_id=event.id, outcome=Outcome.PENDING, incident=event.id, due_s=due_s
        )
        self.decisions.begin(connection, event, pending)


@pytest.fixture
def decisions() -> Iterator[DecisionStore]:
    home = open_home()
    store = EventStore(home.database, home.clips)
    made = DecisionStore(store.database)
    store.follower = Pending(made)
    for key in (FIRST, SECOND):
        event = Event(
            id=key,
            source="gate",
            rule="loitering",
            claim="A person stands at the counter.",
            claim_zh="有人在柜台逗留。",
            start_s=1_800_000_000.0,
            end_s=1_800_000_002.5,
            severity=Severity.HIGH,
            critical=True,
        )
        store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), None)
    yield made
    store.close()


def judged(decisions: DecisionStore) -> None:
    verdict = Verdict(
        event_id=FIRST,
        ruling=Ruling.REJECTED,
        likelihood=0.07,
        reason="It is a shadow.",
        reason_zh="是影子。",
        answers={"hurt": "no"},
        judge="ask_brain:small",
        time_s=1_800_000_003.0,
        seconds={"total": 4.2},
        calls=1,
        tokens_in=900,
        tokens_out=40,
    )
    said = Said(verdict=verdict, judge="dear")
    decisions.decide(FIRST, Outcome.REJECTED, said=said, now_s=time.time())
    decisions.decide(SECOND, Outcome.UNVERIFIED, reason=Unverified.BUDGET, now_s=time.time())


def test_an_event_is_shown_with_what_judges_and_people_said(
    vigil: Any, decisions: DecisionStore
) -> None:
    judged(decisions)
    assert vigil("review", FIRST, "confirmed", "--note", "I was there", "--by", "Ann").code == 0
    text = "\n".join(vigil("event", FIRST).lines)
    assert "A person stands at the counter." in text
    assert "loitering, high, critical" in text
    assert "outcome  rejected" in text
    assert "0.07      4.2      1     940  It is a shadow." in text
    assert "hurt: no" in text
    assert "Ann: confirmed (I was there)" in text
    assert "是影子。" in "\n".join(vigil("event", FIRST, "--zh").lines)


def test_everything_can_be_had_as_json(vigil: Any, decisions: DecisionStore) -> None:
    judged(decisions)
    vigil("review", FIRST, "rejected")
    found = json.loads(vigil("event", FIRST, "--json").lines[0])
    assert (found["outcome"], found["decision"]["verdict"]["judge"]) == (
        "rejected",
        "ask_brain:small",
    )
    assert found["verdicts"][0]["answers"] == {"hurt": "no"}
    assert found["reviews"][0]["ruling"] == "rejected"
    assert found["clip_file"] is None


def test_the_list_says_how_each_event_stands(vigil: Any, decisions: DecisionStore) -> None:
    judged(decisions)
    lines = vigil("events").lines
    assert any("unverified: budget" in line and "01a10000-0002" in line for line in lines)
    assert any("rejected" in line and "01a10000-0001" in line for line in lines)
    found = [json.loads(line) for line in vigil("events", "--json").lines]
    assert {(one["outcome"], one["reason"]) for one in found} == {
        ("rejected", None),
        ("unverified", "budget"),
    }


def test_the_beginning_of_an_id_is_enough_where_it_is_clear(
    vigil: Any, decisions: DecisionStore
) -> None:
    assert vigil("event", "01a10000-0002").code == 0
    several = vigil("event", "01a1").failure
    assert several == f"several events begin with '01a1': {FIRST}, {SECOND}"
    assert vigil("review", "ffff", "confirmed").failure == "no event 'ffff'; see: vigil events"


def test_only_true_or_false_can_be_said(vigil: Any, decisions: DecisionStore) -> None:
    assert vigil("review", FIRST, "maybe").code == 2
    assert decisions.reviews([FIRST]) == {}


def test_the_last_review_counts_and_the_others_stay(vigil: Any, decisions: DecisionStore) -> None:
    for word in ("confirmed", "rejected"):
        vigil("review", FIRST, word, "--by", "Ann")
    assert [said.ruling for said in decisions.reviews([FIRST])[FIRST]] == ["confirmed", "rejected"]
