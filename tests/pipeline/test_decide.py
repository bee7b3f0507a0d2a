"""Every event is decided by its deadline, and people hear of it as it deserves."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from vigil.core import (
    BrainUnavailable,
    Case,
    Outcome,
    SourceLost,
    Step,
    StepKind,
    Unverified,
)
from vigil.stages.verify.cascade import Cascade
from vigil.store import Retention, SteadyStore
from vigil.store.schema import events

from .deciding import (
    Both,
    BrainJudge,
    Judge,
    News,
    an_event,
    app_with,
    deciding,
    put_film,
)

SOON = {"decide": {"deadline_s": 1, "first_s": 0}}
PATIENT = {"decide": {"deadline_s": 60, "first_s": 0}}


def wait_for(what: Callable[[], Any], within_s: float = 20.0) -> None:
    until_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until_s
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("ruling", "outcome", "reason"),
    [
        ("confirmed", Outcome.CONFIRMED, None),
        ("rejected", Outcome.REJECTED, None),
        ("unsure", Outcome.UNVERIFIED, Unverified.UNSURE),
    ],
)
def test_a_verdict_decides(
    place: str | Path, tmp_path: Path, ruling: str, outcome: Outcome, reason: Unverified | None
) -> None:
    judge = Judge(says=lambda _: ruling)
    with deciding(place, tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        event = bench.happens()
        decision = bench.decided(event)
        assert (decision.outcome, decision.reason) == (outcome, reason)
        assert decision.verdict is not None
        assert decision.verdict.judge == "told"
        assert set(decision.verdict.seconds) == {"queue", "clip", "frames", "model", "total"}
        assert bench.decider.decisions.verdicts([event.id]) == {event.id: [decision.verdict]}
        assert bench.store.event(event.id).outcome is outcome
        assert bench.news.outcomes(event.id) == ["pending", outcome.value]


def test_people_hear_of_the_end_with_what_was_decided(place: str | Path, tmp_path: Path) -> None:
    with deciding(place, tmp_path / "clips", app_with(Judge(), **PATIENT)) as bench:
        event = bench.happens()
        bench.decided(event)
        bench.ends(event)
        assert bench.news.said[-1] == (event.id, "confirmed", None, True)


def test_the_deadline_is_kept_while_a_judge_hangs(place: str | Path, tmp_path: Path) -> None:
    judge = Judge(seconds=3600)
    with deciding(place, tmp_path / "clips", app_with(judge, **SOON)) as bench:
        event = bench.happens()
        decision = bench.decided(event)
        assert (decision.outcome, decision.reason) == (Outcome.UNVERIFIED, Unverified.DEADLINE)
        assert decision.decided_s >= decision.due_s
        assert bench.news.outcomes(event.id) == ["pending", "unverified"]


def test_a_judge_that_blocks_every_thread_does_not_move_the_deadline(
    place: str | Path, tmp_path: Path
) -> None:
    def stuck(_case: Case) -> None:
        time.sleep(4)  # in the judges' own loop: the worst that a plug-in can do

    with deciding(place, tmp_path / "clips", app_with(Judge(says=stuck), **SOON)) as bench:
        first, second = bench.happens(), bench.happens()
        for event in (first, second):
            assert bench.decided(event, within_s=3.5).reason is Unverified.DEADLINE


def test_a_late_verdict_amends_what_people_were_told(place: str | Path, tmp_path: Path) -> None:
    judge = Judge(seconds=2, says=lambda _: "rejected")
    with deciding(place, tmp_path / "clips", app_with(judge, **SOON)) as bench:
        event = bench.happens()
        assert bench.decided(event).outcome is Outcome.UNVERIFIED
        late = bench.decided(event, Outcome.REJECTED)
        assert late.decided_s < late.verdict.time_s
        assert bench.news.outcomes(event.id) == ["pending", "unverified", "rejected"]
        assert late.incident == event.id


def test_what_is_decided_stays_so(place: str | Path, tmp_path: Path) -> None:
    with deciding(place, tmp_path / "clips", app_with(Judge(), **PATIENT)) as bench:
        event = bench.happens()
        bench.decided(event)
        for outcome in (Outcome.REJECTED, Outcome.UNVERIFIED):
            found = bench.decider.decisions.decide(event.id, outcome, now_s=time.time())
            assert found is None
        assert bench.decision(event).outcome is Outcome.CONFIRMED


def test_critical_events_are_told_before_anybody_has_judged(
    place: str | Path, tmp_path: Path
) -> None:
    judge = Judge(seconds=3600)
    with deciding(place, tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        event = bench.happens(an_event(critical=True))
        assert bench.news.said == [(event.id, "pending", None, False)]


def test_nobody_judges_where_nobody_is_asked_to(place: str | Path, tmp_path: Path) -> None:
    with deciding(place, tmp_path / "clips", app_with(None)) as bench:
        event = bench.happens()
        decision = bench.decision(event)
        assert (decision.outcome, decision.reason) == (Outcome.UNVERIFIED, Unverified.NO_JUDGE)
        assert not bench.decider.durable.launched


def test_events_of_the_camera_itself_need_no_pictures(tmp_path: Path) -> None:
    judge = Judge()
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        gone = bench.happens(an_event(rule="camera_offline", box=None, track_ids=()), film=False)
        assert bench.decided(gone).outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (SourceLost("no picture"), Unverified.NO_CLIP),
        (ZeroDivisionError("a mistake"), Unverified.ERROR),
        (BrainUnavailable("nobody there"), Unverified.BRAIN_DOWN),
    ],
)
def test_a_judge_that_fails_leaves_the_event_unverified(
    tmp_path: Path, failure: Exception, reason: Unverified
) -> None:
    judge = Judge(says=lambda _: failure)
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        decision = bench.decided(bench.happens())
        assert (decision.outcome, decision.reason) == (Outcome.UNVERIFIED, reason)


def test_without_a_clip_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    judge = Judge(says=lambda case: list(case.footage.frames(0, 1)) and "confirmed")
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        assert bench.decided(bench.happens(film=False)).reason is Unverified.NO_CLIP


def test_a_camera_that_is_gone_shows_nobody_what_its_masks_hid(tmp_path: Path) -> None:
    judge = Judge()
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        event = bench.happens(an_event(source="taken down"))
        assert bench.decided(event).reason is Unverified.NO_CLIP
        assert judge.asked == []


def test_judges_see_the_masked_clip_and_what_the_rule_speaks_of(tmp_path: Path) -> None:
    zone = ((0.25, 0.0), (1.0, 0.0), (1.0, 1.0))
    camera = {
        "source": "rtsp://192.0.2.1/live",
        "masks": [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]],
        "rules": [{"kind": "presence", "name": "yard", "zone": zone, "labels": ["person"]}],
    }
    seen: list[Case] = []
    black: list[bool] = []

    def look(case: Case) -> str:
        seen.append(case)
        picture = next(iter(case.footage.frames(case.footage.start_s, case.footage.end_s))).rgb(64)
        black.append(bool(picture[:, :28].max() == 0 and picture[:, 40:].max() > 0))
        return "confirmed"

    app = app_with(Judge(says=look), {"gate": camera}, **PATIENT)
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        bench.decided(bench.happens())
    (case,) = seen
    assert black == [True]
    assert case.zones == (zone,)
    assert case.labels == {"person"}
    assert case.kind == "presence"
    assert case.footage.end_s - case.footage.start_s == pytest.approx(5.9, abs=0.05)


def test_a_judge_waits_until_the_clip_shows_the_beginning(tmp_path: Path) -> None:
    judge = Judge()
    app = app_with(judge, decide={"deadline_s": 30, "first_s": 4})
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        event = an_event()
        clips = tmp_path / "clips"
        short = put_film(clips, event, seconds=2)
        bench.store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), short)
        time.sleep(1.0)
        assert judge.asked == []
        put_film(clips, event, seconds=6)
        decision = bench.decided(event)
        assert decision.verdict.seconds["clip"] >= 0.9


def test_a_large_model_waits_for_more_of_the_clip_than_the_judge_before_it(tmp_path: Path) -> None:
    seen: list[float] = []

    def look(case: Case) -> str:
        seen.append(case.footage.end_s - case.event.start_s)
        return "unsure" if len(seen) == 1 else "confirmed"

    dear = BrainJudge(says=look)
    judges = Both(cheap=Judge(says=look), dear=dear)
    app = app_with(judges, decide={"deadline_s": 60, "first_s": 10, "asked_s": 3})
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        event, clips = an_event(), tmp_path / "clips"
        short = put_film(clips, event, seconds=2)
        bench.store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), short)
        time.sleep(1.5)
        assert len(seen) == 1
        # What has been seen of it meanwhile belongs to the case.
        later = replace(event, end_s=event.end_s + 2, path=((event.start_s + 2, event.box),))
        step = Step(kind=StepKind.UPDATE, event=later, time_s=event.start_s + 2)
        bench.store.record(step, put_film(clips, event, seconds=6))
        decision = bench.decided(event)
    assert decision.outcome is Outcome.CONFIRMED
    assert decision.verdict.seconds["clip"] >= 1.0
    assert seen[0] < 1.5
    assert seen[1] > 3.0
    assert dear.shown[0].event.path == later.path


def test_a_second_glance_spares_a_question(tmp_path: Path) -> None:
    seen: list[float] = []

    def look(case: Case) -> str:
        seen.append(case.footage.end_s - case.event.start_s)
        return "unsure" if len(seen) == 1 else "rejected"

    dear = BrainJudge()
    judges = Cascade(cheap=Judge(says=look), dear=dear)
    app = app_with(judges, decide={"deadline_s": 60, "first_s": 10, "asked_s": 3})
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        event, clips = an_event(), tmp_path / "clips"
        short = put_film(clips, event, seconds=2)
        bench.store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), short)
        wait_for(lambda: seen)
        put_film(clips, event, seconds=6)
        decision = bench.decided(event)
        kept = bench.decider.decisions.verdicts([event.id])[event.id]
    assert decision.outcome is Outcome.REJECTED
    assert (len(seen), dear.asked) == (2, [])
    assert seen[0] < 1.5
    assert seen[1] > 3.0
    assert [verdict.ruling for verdict in kept] == ["rejected"]


def test_what_was_seen_whole_is_not_looked_into_again(tmp_path: Path) -> None:
    cheap, dear = Judge(says=lambda _: "unsure"), BrainJudge()
    app = app_with(Cascade(cheap=cheap, dear=dear), **PATIENT)
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        event = bench.happens()
        bench.decided(event)
    assert (cheap.asked, dear.asked) == ([event.id], [event.id])


def test_a_clip_that_stays_short_is_judged_all_the_same(tmp_path: Path) -> None:
    app = app_with(Judge(), decide={"deadline_s": 2, "first_s": 10})
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        assert bench.decided(bench.happens()).outcome is Outcome.CONFIRMED


def test_after_a_restart_what_is_overdue_is_settled_at_once(
    place: str | Path, tmp_path: Path
) -> None:
    news = News()
    app = app_with(Judge(seconds=3600), decide={"deadline_s": 2, "first_s": 0})
    with deciding(place, tmp_path / "clips", app, news=news) as bench:
        event = bench.happens()
        assert bench.decision(event).outcome is Outcome.PENDING
    time.sleep(2)
    with deciding(place, tmp_path / "clips", app, news=news) as bench:
        decision = bench.decided(event, within_s=1.5)
        assert decision.reason is Unverified.DEADLINE
    assert news.outcomes(event.id) == ["pending", "unverified"]


def test_what_is_too_old_by_then_is_not_judged_any_more(tmp_path: Path) -> None:
    slow, quick = Judge(seconds=3600), Judge()
    brief = {"decide": {"deadline_s": 1, "first_s": 0, "stale_s": 10}}
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(slow, **brief)) as bench:
        event = bench.happens()
        with bench.store.database.writing() as connection:
            aged = update(events).where(events.c.id == event.id)
            connection.execute(aged.values(created_s=time.time() - 60))
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(quick, **brief)) as bench:
        wait_for(lambda: bench.decision(event).reason is Unverified.SHED)
    assert quick.asked == []


def test_a_restart_goes_on_judging(place: str | Path, tmp_path: Path) -> None:
    slow, quick = Judge(seconds=3600), Judge(says=lambda _: "rejected")
    with deciding(place, tmp_path / "clips", app_with(slow, **PATIENT)) as bench:
        event = bench.happens()
        wait_for(lambda: slow.asked)
    with deciding(place, tmp_path / "clips", app_with(quick, **PATIENT)) as bench:
        assert bench.decided(event).outcome is Outcome.REJECTED
    assert quick.asked == [event.id]


def test_what_a_judge_said_before_a_restart_is_not_asked_again(
    place: str | Path, tmp_path: Path
) -> None:
    before = Both(cheap=Judge(says=lambda _: "unsure"), dear=BrainJudge(seconds=3600))
    after = Both(cheap=Judge(), dear=BrainJudge())
    with deciding(place, tmp_path / "clips", app_with(before, **PATIENT)) as bench:
        event = bench.happens()
        wait_for(lambda: before.dear.asked)
    with deciding(place, tmp_path / "clips", app_with(after, **PATIENT)) as bench:
        assert bench.decided(event).outcome is Outcome.CONFIRMED
    assert (after.cheap.asked, after.dear.asked) == ([], [event.id])


def test_steps_that_waited_on_the_disk_are_judged_when_they_are_replayed(tmp_path: Path) -> None:
    judge = Judge()
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        steady = SteadyStore(
            bench.store, Retention(bench.store, reserve_mb=0), tmp_path / "spill", retry_s=0.1
        )
        bench.store.open()
        other = sqlite3.connect(tmp_path / "e.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        event = an_event()
        clip = put_film(tmp_path / "clips", event)
        steady.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), clip)
        steady.record(Step(kind=StepKind.END, event=event, time_s=event.start_s + 1), None)
        assert steady.waiting
        other.close()
        time.sleep(0.2)
        assert steady.replay()
        assert bench.decided(event).outcome is Outcome.CONFIRMED
    assert any(over for *_, over in bench.news.said)


def test_an_event_whose_first_word_is_its_end_is_judged_too(tmp_path: Path) -> None:
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(Judge(), **PATIENT)) as bench:
        event = an_event()
        clip = put_film(tmp_path / "clips", event)
        bench.store.record(Step(kind=StepKind.END, event=event, time_s=event.start_s), clip)
        assert bench.decided(event).outcome is Outcome.CONFIRMED
        assert (event.id, "pending", None, True) in bench.news.said


def test_events_that_a_crash_left_open_are_told_to_be_over(tmp_path: Path) -> None:
    news = News()
    app = app_with(Judge(), **PATIENT)
    with deciding(tmp_path / "e.db", tmp_path / "clips", app, news=news) as bench:
        event = bench.happens()
        bench.decided(event)
        assert bench.store.end_open() == 1
        assert news.said[-1] == (event.id, "confirmed", None, True)


def test_a_transaction_that_fails_leaves_neither_event_nor_job_nor_news(
    place: str | Path, tmp_path: Path
) -> None:
    judge = Judge()

    def refuses(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with deciding(place, tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        event = an_event()
        bench.decider.decisions._announce = refuses
        with pytest.raises(ZeroDivisionError):
            bench.happens(event)
        assert bench.store.event(event.id) is None
        assert bench.decider.decisions.decision(event.id) is None
        bench.decider.decisions._announce = bench.news
        later = bench.happens()
        bench.decided(later)
        assert judge.asked == [later.id]


def test_the_figures_say_what_was_decided_and_where_the_time_went(tmp_path: Path) -> None:
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(Judge(), **PATIENT)) as bench:
        bench.decided(bench.happens())
        wait_for(lambda: bench.decider.status()["verdicts"] == 1)
        status = bench.decider.status()
    assert status["decisions"] == [{"outcome": "confirmed", "reason": "", "events": 1}]
    assert status["percentiles_s"]["total"]["p50"] >= 0
    assert status["seconds"]["total"] >= status["seconds"]["queue"]
