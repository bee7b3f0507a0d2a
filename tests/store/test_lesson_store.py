"""Which events have something to teach that no sample tells of, in a file and on a server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from store_values import a_sample, a_step, an_event, put_clip

from vigil.core import (
    Decision,
    Event,
    Outcome,
    Review,
    Ruling,
    StepKind,
    Verdict,
)
from vigil.store import Connection, DecisionStore, EventStore, Said, SampleStore
from vigil.store.lesson_store import Lesson, LessonStore
from vigil.testing.hands import NOON_S, Hands


class Yard:
    """A store with events that are judged, reviewed and dismissed in one line each."""

    def __init__(self, place: str | Path, folder: Path, clock: Hands) -> None:
        self.folder = folder
        self.store = EventStore(place, folder / "clips", clock=clock)
        self.decisions = DecisionStore(self.store.database)
        self.samples = SampleStore(self.store.database, folder / "samples", clock=clock)
        self.lessons = LessonStore(self.store.database)
        self.store.follower = self

    def prepare(self) -> None: ...
    def committed(self) -> None: ...
    def ended(self, connection: Connection, event: Event) -> None: ...

    def began(self, connection: Connection, event: Event) -> None:
        pending = Decision(
            event_id=event.id, outcome=Outcome.PENDING, incident=event.id, due_s=NOON_S
        )
        self.decisions.begin(connection, event, pending)

    def event(self, *, ending: str = "", clip: bool = True, over: bool = True) -> str:
        event = replace(an_event(), ending=ending)
        made = None
        if clip:
            made = put_clip(self.folder / "clips", event.id, start_s=event.start_s)
        self.store.record(a_step(event, StepKind.END if over else StepKind.NEW), made)
        return event.id

    def judged(self, event_id: str, judge: str, ruling: Ruling) -> None:
        verdict = Verdict(
            event_id=event_id,
            ruling=ruling,
            likelihood=0.5,
            reason="It looks so.",
            judge=judge,
            time_s=NOON_S,
        )
        self.decisions.note(Said(verdict=verdict, judge=judge))

    def reviewed(self, event_id: str, ruling: Ruling, *, time_s: float = NOON_S) -> None:
        said = Review(event_id=event_id, ruling=ruling, reviewer="ana", time_s=time_s)
        self.decisions.review(said)

    def due(self, since_s: float = 0.0) -> list[Lesson]:
        return self.lessons.due(since_s=since_s)


@pytest.fixture
def yard(place: str | Path, tmp_path: Path, clock: Hands) -> Iterator[Yard]:
    made = Yard(place, tmp_path, clock)
    yield made
    made.store.close()


def test_what_people_said_teaches_most_where_it_contradicts(yard: Yard) -> None:
    agreed, false_alarm, wronged = yard.event(), yard.event(), yard.event()
    yard.decisions.decide(agreed, Outcome.CONFIRMED, now_s=NOON_S)
    yard.decisions.decide(wronged, Outcome.REJECTED, now_s=NOON_S)
    yard.reviewed(agreed, Ruling.CONFIRMED)
    yard.reviewed(false_alarm, Ruling.REJECTED)
    yard.reviewed(wronged, Ruling.CONFIRMED)
    assert set(yard.due()) == {
        Lesson(agreed, "confirmed", 0.4),
        Lesson(false_alarm, "rejected", 0.9),
        Lesson(wronged, "confirmed", 1.0),
    }


def test_the_last_review_counts_and_an_unsure_one_teaches_nothing(yard: Yard) -> None:
    corrected, unsure = yard.event(), yard.event()
    yard.reviewed(corrected, Ruling.CONFIRMED, time_s=NOON_S)
    yard.reviewed(corrected, Ruling.REJECTED, time_s=NOON_S + 1)
    yard.reviewed(unsure, Ruling.UNSURE)
    assert yard.due() == [Lesson(corrected, "rejected", 0.9)]


def test_dismissed_events_teach(yard: Yard) -> None:
    dismissed = yard.event(ending="dismissed")
    yard.event(ending="collected")
    assert yard.due() == [Lesson(dismissed, "dismissed", 0.6)]


def test_judges_that_differ_teach_and_most_where_they_oppose(yard: Yard) -> None:
    opposed, unsure, agreed, alone = (yard.event() for _ in range(4))
    yard.judged(opposed, "cheap", Ruling.REJECTED)
    yard.judged(opposed, "dear", Ruling.CONFIRMED)
    yard.judged(unsure, "cheap", Ruling.UNSURE)
    yard.judged(unsure, "dear", Ruling.CONFIRMED)
    yard.judged(agreed, "cheap", Ruling.CONFIRMED)
    yard.judged(agreed, "dear", Ruling.CONFIRMED)
    yard.judged(alone, "", Ruling.CONFIRMED)
    assert set(yard.due()) == {
        Lesson(opposed, "disagreement", 0.9), Lesson(unsure, "disagreement", 0.7)
    }  # fmt: skip


def test_events_that_go_on_or_have_no_clip_wait(yard: Yard) -> None:
    for event_id in (yard.event(over=False), yard.event(clip=False)):
        yard.reviewed(event_id, Ruling.REJECTED)
    assert yard.due() == []


def test_a_lesson_is_due_until_a_sample_has_its_reason(yard: Yard) -> None:
    event_id = yard.event(ending="dismissed")
    yard.reviewed(event_id, Ruling.REJECTED)
    sample = replace(a_sample(reasons={"event": 0.5}), event_id=event_id)
    yard.samples.write([sample])
    assert {lesson.reason for lesson in yard.due()} == {"rejected", "dismissed"}
    yard.samples.add_reason(sample.id, "rejected", 0.9)
    assert {lesson.reason for lesson in yard.due()} == {"dismissed"}
    yard.samples.add_reason(sample.id, "dismissed", 0.6)
    assert yard.due() == []
    stored = yard.samples.of_event(event_id)
    assert [one.sample.reasons for one in stored] == [
        {"event": 0.5, "rejected": 0.9, "dismissed": 0.6}
    ]
    assert stored[0].sample.score == pytest.approx(0.98)


def test_what_was_said_long_ago_is_over(yard: Yard) -> None:
    yard.reviewed(yard.event(ending="dismissed"), Ruling.REJECTED)
    assert yard.due(since_s=NOON_S + 1) == []
    assert len(yard.due(since_s=NOON_S - 1)) == 2


def test_no_more_than_asked_for(yard: Yard) -> None:
    for _ in range(4):
        yard.reviewed(yard.event(), Ruling.REJECTED)
    yard.event(ending="dismissed")
    assert len(yard.lessons.due(since_s=0.0, limit=3)) == 3
    assert len(yard.lessons.due(since_s=0.0, limit=5)) == 5
