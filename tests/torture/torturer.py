"""Runs the victim, kills it, and checks that everything it had accepted is there."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from vigil.core import Outcome, StepKind
from vigil.media.footage import ClipFootage
from vigil.store import DecisionStore, EventStore, Retention
from vigil.testing.http_receiver import HttpReceiver, Received

VICTIM = Path(__file__).with_name("victim.py")
NO_SYNC = {"PYTHONPATH": str(VICTIM.with_name("no_sync"))}
READY_S = 120.0


@dataclass(kw_only=True)
class Victim:
    """A running victim in a process group of its own, and what it has accepted so far."""

    process: subprocess.Popen[bytes]
    accepted: list[str] = field(default_factory=list)
    """Lines: an event's id, the step, and perhaps its clip."""

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, count: int) -> None:
        """Until it has accepted so many steps."""
        until_s = time.monotonic() + READY_S
        while len(self.accepted) < count:
            assert self.process.poll() is None, "the victim died by itself"
            assert time.monotonic() < until_s, "the victim accepts nothing"
            time.sleep(0.005)

    def signal(self, number: int) -> None:
        """To it and to all its shards."""
        os.killpg(self.process.pid, number)

    def kill(self) -> list[str]:
        """Kill all of it at once; what it had accepted."""
        self.signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.accepted

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith(b"\n"):  # else it was cut short by the kill
                self.accepted.append(line.decode().strip())


@dataclass(kw_only=True)
class Torture:
    """One home folder through many lives."""

    home: Path
    film: Path
    receiver: HttpReceiver
    log: Path
    flags: Sequence[str] = ()
    accepted: list[str] = field(default_factory=list)

    def start(self) -> Victim:
        return Victim(process=self._run(self.home, *self.flags))

    def one_life(self, random_: random.Random) -> int:
        """Start it, let it work for a moment, kill it; how many steps it accepted."""
        victim = self.start()
        try:
            victim.wait_for(random_.randint(1, 12))
            time.sleep(random_.random() * 0.4)
        finally:
            accepted = victim.kill()
        self.accepted += accepted
        return len(accepted)

    def settle_and_check(self) -> int:
        """Let the next start finish what was left, and check it; how many events there are."""
        with self._run(self.home, "settle", *self.flags) as process:
            process.communicate(timeout=READY_S + 30)
            assert process.returncode == 0, f"settling failed: {self.log.read_text()[-2000:]}"
        told = messages(list(self.receiver.received))
        return self.check(told)

    def check(self, told: Mapping[str, str]) -> int:
        """All that was accepted is there, whole, decided and told."""
        home = self.home
        with closing(EventStore(home / "events.db", home / "clips")) as store:
            Retention(store, days=None, gb=None, reserve_mb=0).reconcile(time.time() + 3600)
            self._check_steps(store)
            self._check_files(store, home / "clips")
            found = store.events(limit=1_000_000)
            decided = DecisionStore(store.database).decisions([each.event.id for each in found])
            for each in found:
                decision = decided.get(each.event.id)
                assert decision is not None, f"event {each.event.id} was never to be decided"
                assert decision.outcome is not Outcome.PENDING, f"{each.event.id} is pending"
                if decision.outcome is not Outcome.REJECTED:
                    assert each.event.id in told, f"the alert of {each.event.id} is lost"
        assert whole(home / "events.db")
        missing = {each.event.id for each in found} - jobs(home / "events.db")
        assert not missing, f"the jobs of {missing} are lost"
        return len(found)

    def _check_steps(self, store: EventStore) -> None:
        for line in self.accepted:
            event_id, kind, *clip = line.split()
            found = store.event(event_id)
            assert found is not None, f"event {event_id} is lost"
            ended = found.step.kind is StepKind.END
            assert ended or kind != StepKind.END, f"the end of {event_id} is lost"
            assert found.clip is not None or not clip, f"the clip of {event_id} is lost"

    def _check_files(self, store: EventStore, folder: Path) -> None:
        clips = [found.clip for found in store.events(limit=1_000_000) if found.clip is not None]
        places = {store.clip_path(clip.uri): clip for clip in clips}
        files = {file for file in folder.rglob("*.mp4") if not file.name.startswith(".")}
        assert files == set(places), f"files and rows differ: {files ^ set(places)}"
        for place, clip in places.items():
            assert place.stat().st_size == clip.size_bytes, f"{place} is not as long as its row"
            assert ClipFootage(place, clip.start_s).end_s >= clip.start_s

    def _run(self, home: Path, *flags: str) -> subprocess.Popen[bytes]:
        arguments = [str(home), f"{self.receiver.url}/hook", str(self.film), *flags]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(VICTIM), *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"}
                | (NO_SYNC if "no-sync" in flags else {}),
            )


def messages(told: Sequence[Received]) -> Mapping[str, str]:
    """The alert that told of each event; a message comes twice only with the same id and text."""
    bodies: dict[tuple[str, int], bytes] = {}
    alerts: dict[str, set[str]] = defaultdict(set)
    for received in told:
        found = received.json()
        key = (found["id"], found["sequence"])
        assert bodies.setdefault(key, received.body) == received.body, f"{key} says two things"
        alerts[found["event"]["id"]].add(found["id"])
    for event_id, ids in alerts.items():
        assert len(ids) == 1, f"event {event_id} was told as {ids}"
    return {event_id: next(iter(ids)) for event_id, ids in alerts.items()}


def jobs(path: Path) -> set[str]:
    """Events whose durable job is in the job library's own tables, done or not."""
    query = "SELECT workflow_uuid FROM workflow_status WHERE workflow_uuid LIKE 'decide:%'"
    with closing(sqlite3.connect(path)) as connection:
        return {str(row[0]).removeprefix("decide:") for row in connection.execute(query)}


def whole(path: Path) -> bool:
    """Whether SQLite finds no fault in it."""
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
