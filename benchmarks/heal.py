"""How long do a crashed camera's neighbours see nothing?

A shard that is full watches cameras of a real RTSP server. One camera's decoding aborts the
process, again and again, as a broken stream would; every gate writes down when it sees a picture.
The gap of a neighbour is the longest time between two of its pictures around the crash. The same
with a process that is killed from outside, with every processor busy, and without a spare.
"""

import argparse
import itertools
import logging
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import structlog

from benchmarks.report import Report
from vigil.config import open_home, parse
from vigil.core import Clip, Frame, Signals, Step, part
from vigil.pipeline import fleet
from vigil.pipeline.supervisor import Supervisor
from vigil.stages.gate.luma import LumaGate
from vigil.testing.films import tiny_stream
from vigil.testing.rtsp_server import RtspServer, looped

PROCESSORS = fleet.processors()
GIVE_UP_S = 60.0
SETTLE_S = 3.0
"""Pictures from before the crash."""


@part
class DiaryGate(LumaGate):
    """Writes down when it saw a picture; aborts the process while the file `fuse` is there."""

    diary: Path
    fuse: Path

    def see(self, frame: Frame) -> Signals:
        if self.fuse.exists():
            os.abort()
        with self.diary.open("a") as file:
            file.write(f"{time.monotonic()}\n")
        return super().see(frame)


class Nowhere:
    """A store that keeps nothing."""

    def record(self, step: Step, clip: Clip | None) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class Situation:
    name: str
    spare: int = 1
    busy: bool = False
    killed: bool = False
    """From outside; otherwise by the decoding of one camera."""
    gaps_s: list[float] = field(default_factory=list)


SITUATIONS = (
    Situation(name="a camera crashes its process"),
    Situation(name="the same, every processor busy", busy=True),
    Situation(name="the same, without a spare", spare=0),
    Situation(name="the same, busy and without a spare", spare=0, busy=True),
    Situation(name="a process is killed", killed=True),
    Situation(name="a process is killed, every processor busy", busy=True, killed=True),
)


class Scene:
    """Cameras in one full shard, in a folder of their own."""

    def __init__(self, folder: Path, url: str, cameras: int, spare: int) -> None:
        self.folder = folder
        self.names = [f"camera-{number}" for number in range(cameras)]
        self.supervisor = Supervisor(home=open_home(folder / "home"), store=Nowhere())
        settings = {
            name: {
                "source": url,
                "detector": "motion",
                "gate": DiaryGate(diary=folder / name, fuse=folder / f"{name}.fuse"),
            }
            for name in self.names
        }
        shards = {"cameras_per_shard": cameras, "spare": spare}
        self.supervisor.apply(parse({"shards": shards, "cameras": settings}))

    def wait_for(self, what: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + GIVE_UP_S
        while not what():
            if time.monotonic() > deadline_s:
                raise TimeoutError("the cameras did not come back")
            self.supervisor.tend()
            time.sleep(0.2)

    def prepare(self, spare: int) -> None:
        self.wait_for(lambda: all(self.seen(name, after_s=0.0) for name in self.names))
        self.wait_for(lambda: len(self.supervisor.status()["spares"]) == spare)
        ready_s = time.monotonic() + SETTLE_S
        self.wait_for(lambda: time.monotonic() > ready_s)

    def seen(self, name: str, *, after_s: float) -> list[float]:
        """When a camera's pictures were seen, monotonic seconds."""
        diary = self.folder / name
        lines = diary.read_text().split() if diary.exists() else []
        return [moment_s for line in lines if (moment_s := float(line)) > after_s]

    def crash(self, *, killed: bool) -> list[str]:
        """Take the shard down; the cameras that had no part in it."""
        if not killed:
            (self.folder / f"{self.names[0]}.fuse").touch()
            return self.names[1:]
        (process,) = self.supervisor.status()["processes"].values()
        os.kill(process["pid"], signal.SIGKILL)
        return self.names


def gaps_s(folder: Path, url: str, cameras: int, situation: Situation) -> list[float]:
    """The longest gap of each neighbour, seconds, of one crash."""
    scene = Scene(folder, url, cameras, situation.spare)
    try:
        scene.prepare(situation.spare)
        began_s = time.monotonic()
        neighbours = scene.crash(killed=situation.killed)
        after_s = began_s + 1.0
        scene.wait_for(lambda: all(scene.seen(name, after_s=after_s) for name in neighbours))
        end_s = time.monotonic() + SETTLE_S
        scene.wait_for(lambda: time.monotonic() > end_s)
        return [
            max(b - a for a, b in itertools.pairwise(scene.seen(n, after_s=began_s - SETTLE_S)))
            for n in neighbours
        ]
    finally:
        scene.supervisor.close()


@contextmanager
def load(busy: bool) -> Iterator[None]:
    """Keep every processor busy, if `busy`."""
    program = [sys.executable, "-c", "while True: pass"]
    hogs = [subprocess.Popen(program) for _ in range(PROCESSORS if busy else 0)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def spare_bytes(folder: Path, url: str) -> dict[str, Any]:
    """What a process that waits takes: resident, and of that what it shares with nobody."""
    scene = Scene(folder, url, 1, 1)
    try:
        scene.prepare(1)
        (spare,) = scene.supervisor.status()["spares"].values()
        memory = psutil.Process(spare["pid"]).memory_full_info()
        return {"resident": memory.rss, "unshared": memory.uss}
    finally:
        scene.supervisor.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks heal")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cameras", type=int, default=8, help="in the shard that dies")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # One shard takes all cameras, so that a crash leaves no other one with room.
    fleet.processors = lambda: 1
    report = Report("heal")

    feed = looped(tiny_stream(8, [(2, 5)]))
    with tempfile.TemporaryDirectory() as folder, RtspServer({"cam": feed}) as server:
        url = server.url("cam")
        report.details["bytes of a spare"] = spare_bytes(Path(folder) / "spare", url)
        # In turn, so that what else the machine does falls on all alike.
        for number in range(chosen.rounds):
            for index, situation in enumerate(SITUATIONS):
                place = Path(folder) / f"{number}-{index}"
                place.mkdir()
                with load(situation.busy):
                    situation.gaps_s.extend(gaps_s(place, url, chosen.cameras, situation))
                report.say(f"{situation.name}: {max(situation.gaps_s):.2f} s")

    rows = [
        (
            each.name,
            len(each.gaps_s),
            f"{statistics.median(each.gaps_s):.2f}",
            f"{max(each.gaps_s):.2f}",
        )
        for each in SITUATIONS
    ]
    report.table("longest gap of a neighbour, s", ("situation", "gaps", "p50", "max"), rows)
    first, busy, _, _, killed, killed_busy = (max(each.gaps_s) for each in SITUATIONS)
    claims = {
        "longest gap of a crashed camera's neighbours": first,
        "longest gap of a crashed camera's neighbours, every processor busy": busy,
        "longest gap of a killed process's cameras": killed,
        "longest gap of a killed process's cameras, every processor busy": killed_busy,
    }
    for claim, gap_s in claims.items():
        report.claim(claim, gap_s, 5.0, "s", better="lower")
    return report.write()
