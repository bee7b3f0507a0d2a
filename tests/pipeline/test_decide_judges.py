"""The real judges, and a server that speaks a large model's protocol, breaks and comes back."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigil.config import parse
from vigil.core import Case, Event, Outcome, Unverified
from vigil.pipeline import dispatcher
from vigil.store import Spent
from vigil.testing.fake_brain import FakeBrain
from vigil.testing.fake_faults import Fails, Hangs, Says

from .deciding import CAMERA, Bench, Judge, an_event, app_with, deciding, verdict_on

PATIENT = {"decide": {"deadline_s": 60, "first_s": 0}}
HASTY = {"decide": {"deadline_s": 2, "first_s": 0}}


def unsure(case: Case) -> str:
    return "unsure"


def asking(server: FakeBrain, **top: Any) -> Any:
    """A file whose cascade always asks the server; the cheap judge's word is given."""
    brain = {
        "base_url": server.url,
        "model": "fake-brain",
        "total_s": 20,
        "read_s": 10,
        "failures": 2,
    }
    app = app_with(None, brain=brain, **top)
    return app.model_copy(update={"verify": cascade(brain)})


def cascade(brain: dict[str, Any]) -> Any:
    made = parse({"brain": brain}).verify
    made.cheap = Judge(says=unsure)
    return made


def walks(bench: Bench, **changes: Any) -> Event:
    """Somebody walks through the film, as the tracker saw it."""
    event = an_event(**changes)
    return bench.happens(event)


def wait_for(what: Callable[[], Any], within_s: float = 30.0) -> None:
    until_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def test_the_second_look_decides_without_any_model(tmp_path: Path) -> None:
    app = app_with(parse({}).verify, **PATIENT)
    with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
        decision = bench.decided(walks(bench), within_s=60)
    assert decision.verdict is not None
    assert decision.verdict.judge.startswith("second_look@")
    assert decision.verdict.calls == 0
    assert decision.verdict.seconds["frames"] > 0
    assert decision.verdict.seconds["total"] >= decision.verdict.seconds["frames"]


def test_an_unsure_event_is_put_before_the_large_model(place: str | Path, tmp_path: Path) -> None:
    with FakeBrain() as server:
        app = asking(server, **PATIENT)
        with deciding(place, tmp_path / "clips", app) as bench:
            event = walks(bench)
            decision = bench.decided(event, within_s=60)
            assert decision.outcome in (Outcome.CONFIRMED, Outcome.REJECTED, Outcome.UNVERIFIED)
            assert decision.verdict is not None
            assert decision.verdict.judge == "ask_brain:fake-brain"
            assert decision.verdict.prompt
            said = bench.decider.decisions.verdicts([event.id])[event.id]
            assert [one.judge for one in said] == ["told", "ask_brain:fake-brain"]
            (spent,) = bench.decider.budget.spent("default").values()
            own = decision.verdict
            assert spent == Spent(calls=own.calls, tokens=own.tokens_in + own.tokens_out)
            assert server.counts.calls == own.calls >= 1


def test_an_outage_is_told_on_time_and_amended_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "LONGEST_PAUSE_S", 1.0)
    with FakeBrain() as server:
        server.always(Fails(status=503))
        # Long enough for a busy machine to have asked once.
        app = asking(server, decide={"deadline_s": 6, "first_s": 0, "asked_s": 0})
        with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
            event = walks(bench)
            decision = bench.decided(event)
            assert (decision.outcome, decision.reason) == (
                Outcome.UNVERIFIED,
                Unverified.BRAIN_DOWN,
            )
            assert decision.verdict.judge == "told"
            server.always(None)
            wait_for(lambda: bench.decision(event).verdict.judge == "ask_brain:fake-brain", 60)
            assert len(bench.news.outcomes(event.id)) == 3
            assert bench.decider.dispatcher.waiting == 0


def test_nonsense_is_not_believed_and_not_asked_for_for_ever(tmp_path: Path) -> None:
    with FakeBrain() as server:
        server.always(Says(text="I like trains."))
        app = asking(server, **PATIENT)
        with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
            decision = bench.decided(walks(bench), within_s=60)
            assert (decision.outcome, decision.reason) == (
                Outcome.UNVERIFIED,
                Unverified.BRAIN_DOWN,
            )
            assert bench.decider.dispatcher.tallies.asked["garbled"] == dispatcher.MOST_GARBLED
            (spent,) = bench.decider.budget.spent("default").values()
            assert spent.calls == server.counts.calls


def test_a_model_that_hangs_delays_nothing(tmp_path: Path) -> None:
    with FakeBrain() as server:
        server.always(Hangs())
        app = asking(server, **HASTY)
        with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
            decision = bench.decided(walks(bench), within_s=4)
            assert decision.reason is Unverified.DEADLINE


@pytest.mark.parametrize(
    ("on_spent", "likelihood", "suspected", "outcome"),
    [
        ("unverified", 0.9, False, Outcome.UNVERIFIED),
        ("second_look", 0.55, False, Outcome.CONFIRMED),
        ("second_look", 0.45, False, Outcome.REJECTED),
        ("second_look", 0.55, True, Outcome.UNVERIFIED),
    ],
)
def test_what_becomes_of_an_event_when_the_budget_is_spent_is_a_setting(
    tmp_path: Path, on_spent: str, likelihood: float, suspected: bool, outcome: Outcome
) -> None:
    with FakeBrain() as server:
        app = asking(server, budget={"calls_per_day": 0, "on_spent": on_spent}, **PATIENT)
        app.verify.cheap = Judge(
            says=lambda case: verdict_on(case.event.id, "unsure", likelihood=likelihood)
        )
        with deciding(tmp_path / "e.db", tmp_path / "clips", app) as bench:
            decision = bench.decided(walks(bench, suspected=suspected))
            assert decision.outcome is outcome
            undecided = outcome is Outcome.UNVERIFIED
            assert (decision.reason is Unverified.BUDGET) is undecided
            assert decision.verdict.judge == "told"
            assert server.counts.calls == 0
            assert bench.decider.dispatcher.tallies.shed["budget"] == 1


def test_the_large_model_may_downgrade_a_critical_event_and_never_silences_it(
    tmp_path: Path,
) -> None:
    judge = Judge(says=lambda _: "rejected")
    with deciding(tmp_path / "e.db", tmp_path / "clips", app_with(judge, **PATIENT)) as bench:
        event = walks(bench, critical=True)
        assert bench.news.outcomes(event.id)[0] == "pending"
        bench.decided(event, Outcome.REJECTED)
        assert bench.news.outcomes(event.id) == ["pending", "rejected"]


def test_a_local_brain_without_weights_is_told_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brain = {"kind": "local", "folder": str(tmp_path / "nowhere")}
    app = parse({"cameras": {"gate": CAMERA}, "metrics": "off", "brain": brain})
    with deciding(tmp_path / "e.db", tmp_path / "clips", app):
        said = capsys.readouterr().out
    assert said.count("a model cannot be asked") == 1
    assert "allowed: a folder with a config.json" in said
