"""What it costs to keep samples: the same watch with and without samplers.

    python -m benchmarks sampling [--repeats 5]

Real films, watched as `vigil run` watches them but for clips, with a model and without any. Both
ways run in turn in one process, each first every other time; cost is processor seconds of all
threads for each second of film. That ratio is told, but a hundredth is lost in its noise: what is
claimed is what the samplers take themselves, with the making and writing of pictures, added up call
by call. The films are short, and a watch's first minute uses up most of an hour's budget: a day
costs less.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.footage import DATA, YOLOX
from benchmarks.report import Report, cpu_s
from vigil.config import open_home, parse
from vigil.core import Clip, Sample, Step
from vigil.infer import Registry, add_model
from vigil.media.probe import describe
from vigil.pipeline.build import Builder
from vigil.pipeline.sample_writer import SampleCounts, SampleWriter
from vigil.pipeline.settle import settle
from vigil.pipeline.shard import Shard

FILMS = {
    "people one by one": ("one-by-one-person-detection.mp4", "person"),
    "cars on a road": ("car-detection.mp4", "car"),
}
GOAL = 0.02
"""Of the watch's processor time."""


class Nobody:
    """An outbox of which nothing is kept."""

    def put(self, step: Step, clip: Clip | None) -> None:
        """Nobody listens."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One film watched once."""

    cost: float
    """Processor seconds a second of film."""
    samples: list[Sample]
    counts: SampleCounts
    asked: int
    """How often samplers were asked."""
    asking_s: float
    """Processor seconds of the watch's own thread for that, pictures made included."""
    writing_s: float
    """The same of the thread that writes."""


def watch(film: Path, label: str, detector: str, seconds: float, *, sampling: bool) -> Run:
    """Watch a film from an empty home, so that no budget is spent."""
    told: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        if detector != "motion":
            detector = add_model(Registry(home.models), str(YOLOX), fetch=_offline).name
        rule = {"kind": "presence", "labels": [label] if detector != "motion" else []}
        source = {"kind": "file", "path": str(film)}
        camera = {"source": source, "detector": detector, "rules": [rule]}
        app = parse({"cameras": {"gate": camera}})
        builder = Builder(home, evidence=False, tell_sample=told.append if sampling else None)
        running, found = builder.camera(app.cameras["gate"])
        desk = running.watch.samples
        asking, writing = Stopwatch(), Stopwatch()
        write = SampleWriter._write
        if desk is not None:
            desk.see = asking.around(desk.see)
            SampleWriter._write = writing.around(write)
        began_s = cpu_s()
        Shard(cameras=[(running, found)], outbox=Nobody()).run(threading.Event())
        builder.close()
        cost = (cpu_s() - began_s) / seconds
        SampleWriter._write = write
        running.check()
    return Run(
        cost=cost,
        samples=told,
        counts=SampleCounts() if desk is None else desk.counts,
        asked=asking.times,
        asking_s=asking.seconds,
        writing_s=writing.seconds,
    )


class Stopwatch:
    """Adds up the processor time of a thread's calls."""

    def __init__(self) -> None:
        self.seconds, self.times = 0.0, 0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any) -> Any:
            began_s = time.thread_time()
            answer = call(*given)
            self.seconds += time.thread_time() - began_s
            self.times += 1
            return answer

        return timed


def _offline(address: str, path: Path) -> None:
    raise AssertionError(f"{address} is not to be fetched")


def seconds_of(film: Path) -> float:
    """How long a film lasts."""
    return describe(film).duration_s or 1.0


def main() -> int:
    options = argparse.ArgumentParser(prog="sampling", description=__doc__)
    options.add_argument("--repeats", type=int, default=5)
    repeats = options.parse_args().repeats
    settle()
    report = Report("sampling")
    rows = []
    for detector in ("yolox-nano", "motion"):
        shares = []
        for title, (name, label) in FILMS.items():
            film = DATA / "videos" / name
            seconds = seconds_of(film)
            report.say(f"{detector}: {title}")
            pairs = [pair(film, label, detector, seconds, turn) for turn in range(repeats)]
            runs = [on for on, _ in pairs]
            ratio = median(on.cost / off.cost for on, off in pairs)
            share = median((on.asking_s + on.writing_s) / (on.cost * seconds) for on in runs)
            shares.append(share)
            kept = runs[-1].counts.kept
            rows.append(
                (
                    f"{title}, {detector}",
                    f"{seconds:.0f}",
                    f"{median(off.cost for _, off in pairs):.4f}",
                    f"{ratio:.3f}",
                    f"{share:.2%}",
                    runs[-1].asked,
                    f"{median(on.asking_s / max(1, on.asked) for on in runs) * 1e6:.0f}",
                    kept,
                    runs[-1].counts.refused,
                    f"{median(on.writing_s / max(1, kept) for on in runs) * 1e3:.1f}",
                    f"{sum(one.size_bytes for one in runs[-1].samples) / max(1, kept) / 1e3:.0f}",
                )
            )
        what = f"{detector}, larger of {len(FILMS)} films"
        report.claim(
            f"samplers' share of the watch's processor time, {what}",
            max(shares),
            GOAL,
            better="lower",
        )
    columns = (
        *("film", "s", "CPU s/s without", "ratio", "share", "asked", "us to ask", "kept"),
        *("refused", "ms to write one", "kB each"),
    )
    report.table(f"medians of {repeats} turns", columns, rows)
    return report.write()


def pair(film: Path, label: str, detector: str, seconds: float, turn: int) -> tuple[Run, Run]:
    """With and without samplers, one right after the other."""
    order = (True, False) if turn % 2 else (False, True)
    found = {
        sampling: watch(film, label, detector, seconds, sampling=sampling) for sampling in order
    }
    return found[True], found[False]
