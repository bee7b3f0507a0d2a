"""A large model is asked about a thing once, whatever rules make of it."""

import asyncio
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from vigil.core import Case, Event, Outcome, Ruling, Severity, Verdict
from vigil.pipeline.appearance import Looks
from vigil.pipeline.cases import NoPictures
from vigil.pipeline.same_thing import is_same_thing, is_seen_again
from vigil.stages.verify.cascade import Cascade

from .deciding import BrainJudge, Judge, an_event, app_with, deciding

NOW_S = 1_700_000_000.0
RULES = [
    {"kind": "presence", "name": "yard"},
    {"kind": "loitering", "name": "stays", "longer_than_s": 5},
]
CAMERAS = {"gate": {"source": "rtsp://192.0.2.1/live", "rules": RULES}}
PATIENT = {"decide": {"deadline_s": 60, "first_s": 0}}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"start_s": NOW_S + 15}, True),
        ({"start_s": NOW_S + 16}, False),
        ({"start_s": NOW_S - 16}, False),
        ({"label": "dog"}, False),
        ({"source": "door"}, False),
        ({"track_ids": (2,)}, False),
        ({"track_ids": (1, 2)}, False),
        ({"track_ids": ()}, False),
    ],
)
def test_what_the_tracker_holds_for_one_thing(changes: dict[str, Any], same: bool) -> None:
    first = an_event(start_s=NOW_S, end_s=NOW_S + 60)
    later = an_event(**{"rule": "stays", "start_s": NOW_S, "end_s": NOW_S + 60, **changes})
    assert is_same_thing(later, first) is same


@dataclass(kw_only=True, eq=False)
class Carries(BrainJudge):
    """A judge whose rulings hold for all that is told of the same thing."""

    def carried(self, case: Case, other: Case, said: Verdict) -> Verdict | None:
        assert said.event_id == other.event.id
        return replace(said, event_id=case.event.id, prompt="asked", calls=0, time_s=time.time())


@dataclass(kw_only=True, eq=False)
class Stuck(Carries):
    """Never answers the first question."""

    async def verify(self, case: Case) -> Verdict:
        if not self.asked:
            self.asked.append(case.event.id)
            await asyncio.sleep(3600)
        return await super().verify(case)


def judges(dear: Judge) -> Cascade:
    return Cascade(cheap=Judge(says=lambda _: "unsure"), dear=dear)


def told(event: Event, **changes: Any) -> Event:
    """The other rule tells of the same thing, at the same time."""
    known = {"rule": "stays", "track_ids": event.track_ids, "start_s": event.start_s}
    return an_event(**{**known, **changes})


@pytest.mark.parametrize("ruling", ["confirmed", "rejected"])
def test_an_answer_settles_what_another_rule_tells_of_the_same_thing(
    place: str | Path, tmp_path: Path, ruling: str
) -> None:
    dear = Carries(says=lambda _: ruling)
    app = app_with(judges(dear), CAMERAS, **PATIENT)
    with deciding(place, tmp_path / "clips", app) as bench:
        first = bench.happens()
        bench.decided(first)
        second = bench.happens(told(first))
        decision = bench.decided(second)
        assert decision.outcome is Outcome(ruling)
        assert decision.incident == second.id, "people may be told of both"
        assert decision.verdict.event_id == second.id
        kept = bench.decider.decisions.verdicts([second.id])[second.id]
        assert [verdict.calls for verdict in kept] == [0, 0]
        assert bench.decider.dispatcher.tallies.shared == 1
    assert dear.asked == [first.id]


def test_an_answer_that_is_under_way_is_waited_for(tmp_path: Path) -> None:
    dear = Carries(says=lambda _: "rejected", seconds=1.0)
    app = app_with(judges(dear), CAMERAS, **PATIENT)
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        first = bench.happens()
        second = bench.happens(told(first))
        for event in (first, second):
            assert bench.decided(event).outcome is Outcome.REJECTED
    assert len(dear.asked) == 1


def test_an_answer_holds_after_a_restart(tmp_path: Path) -> None:
    place = tmp_path / "e.db"
    answers = Carries(says=lambda _: "rejected")
    hangs = Judge(seconds=3600, says=lambda _: "unsure")
    first_app = app_with(judges(answers), CAMERAS, **PATIENT)
    with deciding(place, tmp_path / "clips", first_app) as bench:
        first = bench.happens()
        bench.decided(first)
        bench.decider._verifier.cheap._judge = hangs
        second = bench.happens(told(first))
        while not hangs.asked:
            time.sleep(0.02)
    later = Carries(says=lambda _: "confirmed")
    with deciding(place, tmp_path / "clips", app_with(judges(later), CAMERAS, **PATIENT)) as bench:
        assert bench.decided(second).outcome is Outcome.REJECTED
        # Numbers of tracks begin anew with a start: this is another thing.
        assert bench.decided(bench.happens(told(first))).outcome is Outcome.CONFIRMED
    assert len(later.asked) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"critical": True}),
        ({}, {"track_ids": (2,)}),
        ({"severity": Severity.LOW}, {"severity": Severity.HIGH}),
    ],
    ids=["critical", "another track", "asked about at once, being more severe"],
)
def test_what_is_asked_about_for_itself(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    dear = Stuck(says=lambda _: "rejected")
    app = app_with(judges(dear), CAMERAS, **PATIENT)
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        first = bench.happens(an_event(**before))
        while not dear.asked:
            time.sleep(0.02)
        second = bench.happens(told(first, **after))
        bench.decided(second)
    assert dear.asked == [first.id, second.id]


def test_a_judge_that_cannot_tell_what_its_answers_are_worth_is_asked_again(tmp_path: Path) -> None:
    dear = BrainJudge(says=lambda _: "rejected")
    with deciding(
        tmp_path / "e.db", tmp_path / "clips", app_with(judges(dear), CAMERAS, **PATIENT)
    ) as bench:
        first = bench.happens()
        bench.decided(first)
        bench.decided(bench.happens(told(first)))
    assert len(dear.asked) == 2


class Told(Looks):
    """Is told how alike two things are."""

    def __init__(self, likeness: float | None) -> None:
        super().__init__()
        self._likeness = likeness

    def same(self, ours: Case, theirs: Case, *, one_camera: bool) -> bool | None:
        least = 0.25 if one_camera else 0.6
        return None if self._likeness is None else self._likeness >= least


@pytest.mark.parametrize(
    ("likeness", "rejected", "confirmed"),
    [(0.9, True, True), (0.4, False, True), (0.1, False, False), (None, False, True)],
)
def test_a_rejection_needs_more_than_the_number_of_a_track(
    likeness: float | None, rejected: bool, confirmed: bool
) -> None:
    case = Case(event=an_event(), clip=None, footage=NoPictures(NOW_S))
    assert is_seen_again(Told(likeness), case, case, Ruling.REJECTED) is rejected
    assert is_seen_again(Told(likeness), case, case, Ruling.CONFIRMED) is confirmed
