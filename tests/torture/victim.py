"""A whole `vigil run` that says which steps it has accepted, until somebody kills it.

`python victim.py HOME RECEIVER FILM [FLAG …]`. Flags switch a mechanism off, so that a test can
see what it is good for: `no-sync` never syncs the database (see `no_sync` for files), `hasty` says
that a step was accepted before it is written, `no-jobs` writes events without their jobs and keeps
no deadlines. `settle` watches nothing: it ends when everything that was accepted is decided and
told; `brief` does not wait long for that.
"""

import os
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

from vigil.cli.signals import stop_on_signals
from vigil.config.app import App
from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import Clip, Step
from vigil.pipeline.call import Call
from vigil.pipeline.deadlines import Deadlines
from vigil.pipeline.durable import Durable
from vigil.pipeline.logs import log_to_stderr
from vigil.pipeline.supervisor import Supervisor
from vigil.store import DeliveryStore, EventStore, Retention, SteadyStore, database

CAMERAS = 3
SETTLED_S, BRIEF_S = 60.0, 8.0
"""Longest times that settling may take."""


def settings(receiver: str, film: Path, home: Path, *, cameras: int) -> App:
    """Looped films in which something happens all the time."""
    source = {"kind": "file", "path": str(film), "loop": True, "realtime": True}
    watched = {
        "source": source | {"start_s": time.time()},
        "detector": "motion",
        "health": "off",
        "rules": [
            {"kind": "presence", "close_s": 0.4, "inertia": 2, "within": 3},
            {"kind": "line_crossing", "line": [[0.5, 0.0], [0.5, 1.0]]},
        ],
        "record": {"pre_capture": 1, "post_capture": 0.5},
    }
    return parse(
        {
            "metrics": "off",
            "retain": {"days": None, "gb": None, "reserve_mb": 0},
            "decide": {"deadline_s": 3, "first_s": 0.5},
            "cameras": {f"camera-{number}": watched for number in range(cameras)},
            "alerts": {
                "group_s": 0,
                "sinks": {
                    "hook": {
                        "to": {"kind": "webhook", "url": receiver, "allow_private": True},
                    },
                    "log": {"to": {"kind": "file", "path": str(home / "alerts.jsonl")}},
                },
            },
        }
    )


class Journal:
    """A store whose acceptance is told to whoever reads our output."""

    def __init__(self, store: SteadyStore, *, hasty: bool) -> None:
        self._store = store
        self._hasty = hasty
        self._one_at_a_time = threading.Lock()

    def record(self, step: Step, clip: Clip | None) -> None:
        if self._hasty:
            self._tell(step, clip)
            time.sleep(0.05)
        self._store.record(step, clip)
        if not self._hasty:
            self._tell(step, clip)

    def _tell(self, step: Step, clip: Clip | None) -> None:
        kept = "" if clip is None else clip.uri
        with self._one_at_a_time:
            os.write(1, f"{step.event.id} {step.kind} {kept}\n".encode())


def without_syncs() -> None:
    """From here on the database is not synced."""

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous = OFF")

    database._prepare_sqlite = prepare


def main(home_path: Path, receiver: str, film: Path, flags: set[str]) -> None:
    log_to_stderr()  # the output is for acceptances
    if "no-sync" in flags:
        without_syncs()
    home = open_home(home_path)
    events = EventStore(home.database, home.clips)
    store = SteadyStore(events, Retention(events, days=None, gb=None, reserve_mb=0), home.spill)
    settling = "settle" in flags
    app = settings(receiver, film, home_path, cameras=CAMERAS)
    call = Call(events, app)
    if "no-jobs" in flags:
        Durable.enqueue = Deadlines.add = Deadlines.start = lambda *_a, **_k: None  # type: ignore[method-assign]
    store.start()
    call.start()
    if settling:
        settle(call, events, within_s=BRIEF_S if "brief" in flags else SETTLED_S)
    else:
        watch(home, store, call, app, hasty="hasty" in flags)
    call.close()
    store.close()


def watch(home: Any, store: SteadyStore, call: Call, app: App, *, hasty: bool) -> None:
    stop = stop_on_signals()
    supervisor = Supervisor(home=home, store=Journal(store, hasty=hasty))
    supervisor.apply(app)
    while not stop.wait(0.5):
        supervisor.tend()
        call.tend()
        store.replay()
    supervisor.close()


def settle(call: Call, events: EventStore, *, within_s: float) -> None:
    """Until nothing is pending and nothing waits to be told."""
    deliveries = DeliveryStore(events.database)
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        call.tend()
        waiting = sum(counts.get("waiting", 0) for counts in deliveries.counts().values())
        if not call.decider.decisions.pending() and not waiting:
            return
        time.sleep(0.1)
    sys.exit(f"not settled: {len(call.decider.decisions.pending())} pending, {waiting} to be told")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), set(sys.argv[4:]))
