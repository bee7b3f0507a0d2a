"""What the watch costs and what it misses, against other ways to watch the same clips.

All policies run in turn in one process on the same films with the same detector file. Cost is
processor seconds of all threads for each second of film; recording is switched off everywhere.
Events of reference are those that the same rules raise when the detector looks at every frame.
"""

import argparse
import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median

import psutil

from benchmarks.footage import YOLOX, Shot, film
from benchmarks.report import Report, cpu_s
from benchmarks.rivals import PlainYolox, frigate_policy, opencv_loop, supervision_loop
from vigil.core import Clip, Event, Rung, Step, StepKind
from vigil.infer.content import sha256_of
from vigil.infer.known import known_card
from vigil.media.ring import PacketRing
from vigil.pipeline.build import RING_BYTES
from vigil.pipeline.camera import Camera
from vigil.pipeline.settle import settle
from vigil.pipeline.shard import Shard
from vigil.pipeline.watch import Watch
from vigil.sim.truth import TrueEvent
from vigil.stages.detect.model import ModelDetector
from vigil.stages.gate.ledger import RecallLedger, lower_bound
from vigil.stages.gate.luma import LumaGate
from vigil.stages.gate.packets import PacketGate
from vigil.stages.gate.veto import VetoRecord
from vigil.stages.ingest.file import FileSource
from vigil.stages.rules.presence import Presence
from vigil.stages.track.two_stage import TwoStageTracker

LABELS = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
GROUND = ((0.0, 0.44), (1.0, 0.44), (1.0, 1.0), (0.0, 1.0))
"""Without the row of parked cars, which are there for good."""
MAIN = Shot(visits=4, seconds=144, width=1920, rate=25.0, bit_rate=4_000_000)
SUB = Shot(visits=8, seconds=288, bit_rate=384_000)
CROWD = Shot(visits=3, seconds=108, bit_rate=384_000, seed=2)
RECALL_SEEDS = 300
"""Of the first film of the recall; what was learnt from other films is tested on these."""
NAIVE_S = 8.0
"""The loops that look at every frame cost the same all the time: a short stretch will do."""


LOOPS = {"OpenCV loop": opencv_loop, "supervision loop": supervision_loop}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One policy on one film."""

    cost: float
    """Processor seconds a second of film."""
    events: list[Event]
    decoded: float = 1.0
    """Share of the pictures that were decoded."""
    looks: float | None = None
    """Detector looks a picture; None where the policy was not asked."""


class Kept:
    """An outbox that keeps the events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, step: Step, clip: Clip | None) -> None:
        if step.kind is StepKind.END:
            self.events.append(step.event)


def watcher(path: Path, name: str, *, floor: Rung | None = None, ledger: bool = True) -> Camera:
    """A camera that plays a film as fast as it is taken in."""
    ring = PacketRing(8.0, RING_BYTES)
    watch = Watch(
        source=name,
        gate=LumaGate(),
        tracker=TwoStageTracker(),
        rules=[Presence(labels=LABELS, zone=GROUND)],
        ring=ring,
        ledger=RecallLedger(seed=1) if ledger else None,
        packet_gate=PacketGate(),
        veto_record=VetoRecord(seed=1),
    )
    if floor is not None:
        watch.ladder.floor = floor
    return Camera(name=name, source=FileSource(path=path, name=name), watch=watch, live=False)


def vigil(
    path: Path, detector: ModelDetector, seconds: float, *, floor: Rung | None = None
) -> Outcome:
    """Vigil as it runs, the recall ledger on; `floor` FULL looks at every frame."""
    kept, camera = Kept(), watcher(path, "film", floor=floor, ledger=floor is None)
    began_s = cpu_s()
    Shard(cameras=[(camera, detector)], outbox=kept).run(threading.Event())
    cost = (cpu_s() - began_s) / seconds
    camera.check()
    counts = camera.watch.counts
    return Outcome(
        cost=cost,
        events=kept.events,
        decoded=counts.decoded / counts.packets,
        looks=counts.looks / counts.packets,
    )


def rival(moments: Callable[[], Iterator[float]], seconds: float) -> Outcome:
    """Run a rival to its end; what it saw is only counted."""
    began_s = cpu_s()
    for _ in moments():
        pass
    return Outcome(cost=(cpu_s() - began_s) / seconds, events=[])


def measure_costs(report: Report, repeats: int, detector: ModelDetector) -> None:
    """All policies on main stream and substream, at a tenth of activity and idle."""
    plain, tuned = PlainYolox(YOLOX), PlainYolox(YOLOX, tuned=True)
    costs: dict[tuple[str, str], list[Outcome]] = {}
    shots = {
        "main 10 %": MAIN,
        "main idle": replace(MAIN, visits=0),
        "sub 10 %": SUB,
        "sub idle": replace(SUB, visits=0),
    }
    for stream, shot in shots.items():
        path = film(shot)
        report.say(f"{stream}: {path.name}")
        for _ in range(repeats):
            runs: dict[str, Callable[[], Outcome]] = {
                "Frigate policy": partial(
                    rival, partial(frigate_policy, path, tuned), shot.seconds
                ),
                "Vigil": partial(vigil, path, detector, shot.seconds),
            }
            if "idle" not in stream:
                for name, loop in LOOPS.items():
                    watching = partial(loop, path, plain, seconds=NAIVE_S)
                    runs[name] = partial(rival, watching, NAIVE_S)
            for policy, run in runs.items():
                gc.collect()
                costs.setdefault((stream, policy), []).append(run())
    _tell_costs(report, costs)


def _tell_costs(report: Report, costs: dict[tuple[str, str], list[Outcome]]) -> None:
    def cost(stream: str, policy: str) -> float:
        return median(outcome.cost for outcome in costs[stream, policy])

    rows = []
    for (stream, policy), outcomes in costs.items():
        values = sorted(outcome.cost for outcome in outcomes)
        rows.append(
            (
                f"{stream}, {policy}",
                f"{median(values):.4f}",
                f"{values[0]:.4f}-{values[-1]:.4f}",
                f"{1 / median(values):.1f}",
                f"{outcomes[0].decoded:.0%}",
                "" if outcomes[0].looks is None else f"{outcomes[0].looks:.3f}",
                f"{median(values) / cost(stream, 'Vigil'):.1f}",
            )
        )
    columns = ("policy", "cores", "spread", "streams a core", "decoded", "looks", "x Vigil")
    report.table("cost of a stream", columns, rows)
    for loop in LOOPS:
        ratio = cost("main 10 %", loop) / cost("main 10 %", "Vigil")
        report.claim(f"cheaper than the {loop}, 1080p25 main, 10 % activity", ratio, 15, "x")
    goals = {"main 10 %": 2.5, "main idle": 7.0, "sub 10 %": 1.5, "sub idle": 2.5}
    for stream, goal in goals.items():
        ratio = cost(stream, "Frigate policy") / cost(stream, "Vigil")
        report.claim(f"cheaper than the Frigate policy, {stream}", ratio, goal, "x")


def measure_recall(report: Report, detector: ModelDetector) -> None:
    """Events of the gated watch against those of looking at every frame, and against the truth."""
    found = wanted = seen = there = 0
    rows = []
    for shot in recall_shots():
        path, visits = film(shot), shot.script().visits()
        every = vigil(path, detector, shot.seconds, floor=Rung.FULL).events
        gated = vigil(path, detector, shot.seconds)
        hits = sum(any(_meet(event, other) for other in gated.events) for event in every)
        true = [sum(_is_told(visit, told) for visit in visits) for told in (gated.events, every)]
        found, wanted = found + hits, wanted + len(every)
        seen, there = seen + true[0], there + len(visits)
        false = sum(not any(_meet(event, visit) for visit in visits) for event in gated.events)
        name = f"{shot.name}, seed {shot.seed}"
        rows.append((name, len(every), hits, len(visits), *true, false, f"{gated.cost:.4f}"))
        report.say(f"{name}: {hits} of {len(every)}; {true[0]} of {len(visits)} visits")
    columns = (
        "film", "events of looking always", "of these by the gate", "true visits",
        "of these by the gate, too", "of these by looking always", "false events", "cores",
    )  # fmt: skip
    report.table("recall", columns, rows)
    report.claim("events of reference", wanted, 60)
    report.claim("event recall, ledger on", found / max(1, wanted), 0.98)
    bound = lower_bound(found, wanted)
    report.details["exact lower 95 % bound of the recall"] = round(bound, 4)
    report.details["true visits told by the gated watch"] = f"{seen} of {there}"
    report.say(f"recall {found}/{wanted}, exact lower 95 % bound {bound:.3f}")


def recall_shots() -> Iterator[Shot]:
    """Small and large, by day and night, at constant quality and at a constant bit rate."""
    kinds = product(("small", "large"), (False, True), (None, 384_000))
    for number, (size, night, bit_rate) in enumerate(kinds):
        yield Shot(
            visits=12,
            seconds=300,
            size=size,
            night=night,
            bit_rate=bit_rate,
            seed=RECALL_SEEDS + number,
        )


def _meet(a: Event | TrueEvent, b: Event | TrueEvent, slack_s: float = 1.0) -> bool:
    return a.start_s <= b.end_s + slack_s and b.start_s <= a.end_s + slack_s


def _is_told(visit: TrueEvent, told: list[Event]) -> bool:
    return any(_meet(visit, event) for event in told)


def measure_crowd(report: Report) -> None:
    """What one more camera costs, in processes of their own: memory and processor time."""
    figures = {}
    for count in (1, 16, 64):
        asked = subprocess.run(
            [sys.executable, "-m", "benchmarks", "watch", "--crowd", str(count)],
            capture_output=True,
            text=True,
            check=True,
        )
        figures[count] = json.loads(asked.stdout.splitlines()[-1])
        report.say(f"{count} cameras: {figures[count]}")
    rows = [
        (n, f"{f['cost']:.4f}", f"{f['rss_mb']:.0f}", f"{f['ring_mb']:.2f}")
        for n, f in figures.items()
    ]
    report.table("many substreams in one shard", ("cameras", "cores each", "MB", "ring MB"), rows)
    growth = (figures[64]["rss_mb"] - figures[1]["rss_mb"]) / 63
    report.claim("memory of one more substream camera", growth, 8, "MB", better="lower")
    ratio = figures[64]["cost"] / figures[1]["cost"]
    report.claim("cost of a stream among 64, over that of one", ratio, 1.10, "x", better="lower")


def crowd(count: int) -> None:
    """One shard with `count` substreams; prints a line of JSON."""
    settle()
    detector, path = yolox(), film(CROWD)
    Shard(cameras=[(watcher(path, "first"), detector)], outbox=Kept()).run(threading.Event())
    peak: list[float] = []
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(0.2):
            peak.append(psutil.Process().memory_info().rss / 1e6)

    threading.Thread(target=sample, daemon=True).start()
    passes = max(1, 8 // count)
    began_s = cpu_s()
    for _ in range(passes):
        cameras = [watcher(path, f"camera{index}") for index in range(count)]
        shard = Shard(cameras=[(camera, detector) for camera in cameras], outbox=Kept())
        shard.run(threading.Event())
    cost = (cpu_s() - began_s) / (passes * count * CROWD.seconds)
    stop.set()
    ring_mb = max(camera.watch.ring.size_bytes for camera in cameras) / 1e6
    print(json.dumps({"cost": cost, "rss_mb": max(peak), "ring_mb": ring_mb}))


def yolox() -> ModelDetector:
    """The detector of all Vigil runs: the rivals' file, opened as Vigil opens it."""
    card = known_card(sha256_of(YOLOX))
    assert card is not None
    detector = ModelDetector.of(card, YOLOX.parent)
    detector.warm_up()
    return detector


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks watch", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=["costs", "recall", "crowd"])
    parser.add_argument("--crowd", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not YOLOX.exists():
        print(f"needs {YOLOX}: set VIGIL_TEST_DATA to a folder that holds models/detect")
        return 2
    if options.crowd:
        crowd(options.crowd)
        return 0
    report = Report("watch")
    detector = yolox()
    if options.only in (None, "costs"):
        measure_costs(report, options.repeats, detector)
    if options.only in (None, "recall"):
        measure_recall(report, detector)
    if options.only in (None, "crowd"):
        measure_crowd(report)
    return report.write(part=options.only is not None)
