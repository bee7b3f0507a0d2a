"""From a camera to a decision and an alert, through `vigil run` as people start it."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from vigil.core import Outcome
from vigil.store import DecisionStore, EventStore
from vigil.testing.films import tiny_stream
from vigil.testing.rtsp_server import RtspServer, looped

from .running import Running, wait_for, write_config


def stream() -> Any:
    return looped(tiny_stream(8, [(1.0, 5.0)]))


def begin(tmp_path: Path, server: RtspServer, name: str = "log.txt", **top: Any) -> Running:
    config = tmp_path / "vigil.yaml"
    sinks = {"out": {"to": {"kind": "file", "path": str(tmp_path / "alerts.jsonl")}}}
    camera = {"source": server.url("cam")}
    write_config(config, {"gate": camera}, health="off", alerts={"sinks": sinks}, **top)
    return Running(config, tmp_path / name)


def told(tmp_path: Path) -> list[dict[str, Any]]:
    file = tmp_path / "alerts.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def decided(running: Running) -> dict[str, Outcome]:
    store = EventStore(running.home.database, running.home.clips)
    try:
        ids = [found.event.id for found in store.events(rule="presence")]
        standing = DecisionStore(store.database).decisions(ids)
        return {key: decision.outcome for key, decision in standing.items()}
    finally:
        store.close()


def settled(running: Running) -> dict[str, Outcome]:
    """All events that are recorded, once none of them is pending."""
    found = decided(running)
    return {} if Outcome.PENDING in found.values() else found


@pytest.mark.slow
def test_an_event_is_recorded_judged_and_told(tmp_path: Path) -> None:
    with RtspServer({"cam": stream()}) as server:
        running = begin(tmp_path, server)
        try:
            outcomes = wait_for(lambda: settled(running), within_s=90)
            wait_for(lambda: running.status()["call"]["decisions"])
            judged = [each for each, outcome in outcomes.items() if outcome != "rejected"]
            wait_for(lambda: {a["event"]["id"] for a in told(tmp_path)} >= set(judged))
            running.end(signal.SIGTERM, within_s=20)
        finally:
            running.process.kill()
    assert {alert["outcome"] for alert in told(tmp_path)} <= {"confirmed", "unverified"}


@pytest.mark.slow
def test_a_kill_of_everything_leaves_no_event_undecided(tmp_path: Path) -> None:
    with RtspServer({"cam": stream()}) as server:
        running = begin(tmp_path, server, verify="second_look")
        try:
            wait_for(lambda: decided(running), within_s=90)
            running.process.kill()
            running.process.wait()
            before = set(decided(running))
            again = begin(tmp_path, server, "again.txt", verify="second_look")
            try:
                wait_for(lambda: before <= set(settled(again)), within_s=60)
                again.end(signal.SIGTERM, within_s=20)
            finally:
                again.process.kill()
        finally:
            running.process.kill()


@pytest.mark.slow
def test_a_server_instead_of_a_file_changes_nothing_else(postgres: Any, tmp_path: Path) -> None:
    with RtspServer({"cam": stream()}) as server:
        running = begin(tmp_path, server, database=postgres())
        running.home = running.home.__class__(
            path=running.home.path, server=json.loads(running.config.read_text())["database"]
        )
        try:
            wait_for(lambda: settled(running), within_s=90)
            assert not (running.home.path / "events.db").exists()
            running.end(signal.SIGTERM, within_s=20)
        finally:
            running.process.kill()
