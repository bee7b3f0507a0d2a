"""No event that was accepted stays undecided, wherever the process was killed."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vigil.core import Outcome, Unverified

from .deciding import Bench, Judge, app_with, deciding

SCRIPT = Path(__file__).parent / "decider_process.py"


def run_and_kill(place: str | Path, tmp_path: Path, *, after_s: float) -> None:
    """Let it record for so long from its first event on; then kill it without a warning."""
    log = tmp_path / "log"
    before = len(accepted(tmp_path))
    command = [sys.executable, str(SCRIPT), str(place), str(tmp_path / "clips"), str(log)]
    process = subprocess.Popen(command)
    try:
        until_s = time.monotonic() + 60
        while len(accepted(tmp_path)) == before:
            assert process.poll() is None
            assert time.monotonic() < until_s
            time.sleep(0.02)
        time.sleep(after_s)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def accepted(tmp_path: Path) -> list[str]:
    log = tmp_path / "log"
    lines = log.read_text().split("\n") if log.exists() else []
    return [line for line in lines[:-1] if line]


def outcomes(bench: Bench, ids: list[str]) -> dict[str, Outcome]:
    found = bench.decider.decisions.decisions(ids)
    return {key: decision.outcome for key, decision in found.items()}


def wait_until_decided(bench: Bench, ids: list[str], *, pending_for_s: float) -> None:
    until_s = time.monotonic() + pending_for_s
    while Outcome.PENDING in outcomes(bench, ids).values():
        assert time.monotonic() < until_s
        time.sleep(0.05)


@pytest.mark.slow
def test_every_accepted_event_is_judged_after_a_kill(place: str | Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    for _ in range(3):
        run_and_kill(place, tmp_path, after_s=chance.uniform(0.0, 0.6))
    ids = accepted(tmp_path)
    judge = Judge()
    app = app_with(judge, decide={"deadline_s": 3, "first_s": 0})
    with deciding(place, tmp_path / "clips", app) as bench:
        wait_until_decided(bench, ids, pending_for_s=10)
        until_s = time.monotonic() + 60
        while set(outcomes(bench, ids).values()) != {Outcome.CONFIRMED}:
            assert time.monotonic() < until_s, outcomes(bench, ids)
            time.sleep(0.1)
        assert len(outcomes(bench, ids)) == len(ids)
        assert bench.decider.decisions.pending() == {}


@pytest.mark.slow
def test_what_is_overdue_after_a_kill_is_settled_at_once_while_judges_hang(
    place: str | Path, tmp_path: Path
) -> None:
    run_and_kill(place, tmp_path, after_s=0.3)
    time.sleep(3)
    ids = accepted(tmp_path)
    app = app_with(Judge(seconds=3600), decide={"deadline_s": 3, "first_s": 0})
    with deciding(place, tmp_path / "clips", app) as bench:
        wait_until_decided(bench, ids, pending_for_s=5)
        reasons = {each.reason for each in bench.decider.decisions.decisions(ids).values()}
        assert reasons == {Unverified.DEADLINE}
        assert set(bench.news.said) >= {(key, "unverified", "deadline", False) for key in ids}


@pytest.mark.slow
def test_a_job_that_is_accepted_apart_from_its_event_would_be_lost(
    place: str | Path, tmp_path: Path
) -> None:
    """So the harness sees what the one transaction is for."""
    log = tmp_path / "log"
    command = [sys.executable, str(SCRIPT), str(place), str(tmp_path / "clips"), str(log), "apart"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    ids = accepted(tmp_path)
    judge = Judge()
    app = app_with(judge, decide={"deadline_s": 60, "first_s": 0})
    with deciding(place, tmp_path / "clips", app) as bench:
        time.sleep(3)
        assert outcomes(bench, ids) == dict.fromkeys(ids, Outcome.PENDING)
        assert judge.asked == []
