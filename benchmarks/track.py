"""What does following objects cost, and how well does it go, beside `trackers`' ByteTrack?

The same detections for both, in turn: walkers at two densities, and YOLOX-nano's vehicles on a
real highway (skipped where the footage is absent). Costs count processor time of the trackers
alone; each is the median of several rounds, with its spread.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.footage import DATA
from benchmarks.report import Report
from benchmarks.sightings import (
    HIGHWAY_LINES,
    HIGHWAY_RATE,
    HIGHWAY_SETTINGS,
    HIGHWAY_SIZE,
    bytetrack,
    crossings,
    in_their_words,
    looks_of,
    ours,
    score,
    theirs,
    truth_of,
    vehicles,
)
from vigil.core import Detections
from vigil.stages.track.two_stage import TwoStageTracker

RATE = 25.0
ROUNDS = 7
BIRTH_SCORE = HIGHWAY_SETTINGS["birth_score"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks track", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    report = Report("track")
    cost(report, rounds)
    if (DATA / "tracking" / "cdnet_highway").exists():
        highway(report, rounds)
    else:
        report.say(f"no highway in {DATA}: only walkers are followed")
    return report.write()


def cost(report: Report, rounds: int) -> None:
    """Processor time of one look at walkers."""
    rows = []
    for count in (3, 20):
        found = walkers(count, looks=300)
        mine, rival = race(found, (1280, 720), rounds)
        claim_cost(report, f"{count} walkers", mine, rival)
        rows.append([f"{count} walkers", said(mine), said(rival), ratio(mine, rival)])
    report.claim("a look at 20 walkers", statistics.median(mine), 0.06, "ms", better="lower")
    report.table(
        "cost of a look, ms (lowest to highest)", ["scene", "Vigil", "ByteTrack", "part"], rows
    )


def highway(report: Report, rounds: int) -> None:
    """Quality and cost on real cars."""
    found = vehicles(DATA)
    report.say(f"{sum(map(len, found))} vehicles detected in {len(found)} pictures")
    truth = truth_of(DATA / "tracking/cdnet_highway/gt/gt.txt", len(found))
    claim_cost(report, "the highway", *race(found, HIGHWAY_SIZE, rounds))
    looks = looks_of(len(found), HIGHWAY_RATE, HIGHWAY_SIZE)
    mine = ours(TwoStageTracker(**HIGHWAY_SETTINGS), found, looks)
    rival = theirs(bytetrack(HIGHWAY_RATE, birth_score=BIRTH_SCORE), found)
    rows = []
    for name, believed in (("Vigil", mine), ("ByteTrack", rival)):
        counts = [crossings(believed, line) for line in HIGHWAY_LINES]
        figures = [round(value, 4) for value in score(truth, believed).values()]
        rows.append([name, *figures, counts])
    report.table(
        "highway", ["tracker", "MOTA", "IDF1", "switches", f"counts at {HIGHWAY_LINES}"], rows
    )
    (_, mota, idf1, _, counts), (_, their_mota, their_idf1, *_) = rows
    report.claim("highway MOTA at IoU 0.5", mota, 0.64)
    report.claim("highway IDF1 at IoU 0.5", idf1, 0.80)
    report.claim("highway MOTA above ByteTrack's", mota - their_mota, 0.0)
    report.claim("highway IDF1 above ByteTrack's", idf1 - their_idf1, 0.0)
    true_counts = [crossings(truth, line) for line in HIGHWAY_LINES]
    worst = max(abs(count / true - 1) for count, true in zip(counts, true_counts, strict=True))
    report.claim("highway: worst error of three counts", worst, 0.05, better="lower")


def walkers(count: int, looks: int) -> list[Detections]:
    """Upright boxes that wander over a picture of 1280 x 720."""
    random = np.random.default_rng(count)
    foot = random.uniform([20, 60], [1260, 700], (count, 2))
    speed = random.normal(0, 30, (count, 2))
    found = []
    for index in range(looks):
        at = foot + speed * index / RATE
        shape = np.array([-15, -80, 15, 0]) + random.normal(0, 1, (count, 4))
        boxes = np.tile(at, 2) + shape
        scores = random.uniform(0.5, 0.9, count).astype(np.float32)
        labels = ("person",) * count
        found.append(Detections(boxes=boxes.astype(np.float32), scores=scores, labels=labels))
    return found


def race(
    found: Sequence[Detections], size: tuple[int, int], rounds: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of processor time a look, both trackers in turn, after one round to warm up."""
    looks, same = looks_of(len(found), RATE, size), in_their_words(found)

    def vigil() -> None:
        tracker = TwoStageTracker(**HIGHWAY_SETTINGS)
        for look, detections in zip(looks, found, strict=True):
            tracker.update(look, detections)

    def rival() -> None:
        tracker = bytetrack(RATE, birth_score=BIRTH_SCORE)
        for detections in same:
            tracker.update(detections)

    laps = [(lap_ms(vigil, len(found)), lap_ms(rival, len(found))) for _ in range(rounds + 1)]
    mine, others = zip(*laps[1:], strict=True)
    return list(mine), list(others)


def lap_ms(run: Callable[[], None], looks: int) -> float:
    began_s = time.process_time()
    run()
    return 1000 * (time.process_time() - began_s) / looks


def claim_cost(report: Report, scene: str, mine: Sequence[float], rival: Sequence[float]) -> None:
    part = ratio(mine, rival)
    report.claim(f"cost of a look at {scene}, part of ByteTrack's", part, 0.2, better="lower")


def ratio(mine: Sequence[float], rival: Sequence[float]) -> float:
    return round(statistics.median(mine) / statistics.median(rival), 3)


def said(laps: Sequence[float]) -> str:
    return f"{statistics.median(laps):.3f} ({min(laps):.3f}-{max(laps):.3f})"
