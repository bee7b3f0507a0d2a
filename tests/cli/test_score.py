"""`vigil score`."""

import json
from pathlib import Path
from typing import Any

import pytest

from vigil.config.home import open_home
from vigil.core import Decision, Event, Outcome, Review, Ruling, Step, StepKind, Verdict
from vigil.core.ids import uuid7
from vigil.store import EventStore
from vigil.store.decision_rows import Said
from vigil.store.decision_store import DecisionStore

FALSE_AT = (2, 3)
"""Of the events 0 to 5, what nobody did."""


def judged(store: EventStore, number: int, ruling: Ruling) -> str:
    start_s = 1000.0 + 100 * number
    event = Event(
        id=uuid7(start_s),
        source="门",
        rule="presence",
        claim="A person is there.",
        start_s=start_s,
        end_s=start_s + 5,
    )
    store.record(Step(kind=StepKind.END, event=event, time_s=event.end_s), None)
    decisions = DecisionStore(store.database)
    with store.database.writing() as connection:
        pending = Decision(
            event_id=event.id, outcome=Outcome.PENDING, incident=event.id, due_s=start_s + 10
        )
        decisions.begin(connection, event, pending)
    verdict = Verdict(
        event_id=event.id,
        ruling=ruling,
        likelihood=0.9 if ruling is Ruling.CONFIRMED else 0.1,
        reason="It looks so.",
        judge="second_look",
        time_s=start_s + 6,
        seconds={"total": 0.25},
        calls=1,
        tokens_in=900,
        tokens_out=100,
    )
    said = Said(verdict=verdict, judge="")
    decisions.decide(event.id, Outcome(ruling.value), said=said, now_s=start_s + 6)
    return event.id


@pytest.fixture
def ids() -> list[str]:
    home = open_home()
    store = EventStore(home.database, home.clips)
    store.open()
    found = [
        judged(store, number, Ruling.REJECTED if number in (1, 2, 3) else Ruling.CONFIRMED)
        for number in range(6)
    ]
    store.close()
    return found


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    file = tmp_path / "truth.json"
    rows = [
        {"source": "门", "rule": "presence", "start_s": 1000 + 100 * n, "end_s": 1004 + 100 * n}
        for n in range(6)
        if n not in FALSE_AT
    ]
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


@pytest.mark.usefixtures("ids")
def test_events_are_scored_against_what_happened(vigil: Any, truth: Path, tmp_path: Path) -> None:
    plot = tmp_path / "score.svg"

    found = vigil("score", "--truth", str(truth), "--plot", str(plot))

    assert found.code == 0
    whole = found.lines[1].split()
    assert whole[:4] == ["all", "6", "6", "3"]
    assert "2 of 2" in found.lines[1], "false alarms removed"
    assert "1 of 4" in found.lines[1], "true ones rejected"
    assert "66.7% → 100.0%" in found.lines[1]
    assert "100.0% → 75.0%" in found.lines[1]
    assert plot.read_text(encoding="utf-8").startswith("<svg")


def test_reviews_are_truth_as_well(vigil: Any, ids: list[str]) -> None:
    home = open_home()
    store = EventStore(home.database, home.clips)
    review = Review(event_id=ids[1], ruling=Ruling.CONFIRMED, reviewer="li", time_s=5000)
    DecisionStore(store.database).review(review)
    store.close()

    card = json.loads(vigil("score", "--json").out)

    assert card["whole"]["true"] == card["whole"]["true_rejected"] == 1
    assert card["whole"]["unlabelled"] == 5
    assert card["by_judge"]["second_look"]["calls"] == 6


@pytest.mark.usefixtures("ids")
def test_nothing_is_claimed_of_events_that_nobody_labelled(vigil: Any) -> None:
    found = vigil("score", "--price-in", "1", "--price-out", "10")

    assert "– → –" in found.lines[1]
    assert "vigil review" in found.out
    assert "0.0114" in found.out


def test_a_wrong_truth_file_is_one_line_a_mistake(vigil: Any, tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    file.write_text('[{"source": "gate"}, 3]')

    found = vigil("score", "--truth", str(file))

    assert found.code == 2
    mistakes = found.err.splitlines()
    assert len(mistakes) == 2
    assert "missing: ['end_s', 'rule', 'start_s']" in mistakes[0]
