"""What does following objects cost, and how well does it go, beside `trackers`' ByteTrack?

The same detections for both, in turn: walkers at two densities, and YOLOX-nano's vehicles on a
real highway (skipped where the footage is absent). Costs count processor time of the trackers
alone; each is the median of several rounds, with its spread.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import motmetrics
import numpy as np
import supervision
import trackers

from benchmarks.report import Report
from vigil.core import Boxes, Detections, Frame, Look, Rung, iou
from vigil.infer import known_cards
from vigil.media.pixels import ArrayPixels
from vigil.stages.detect.model import ModelDetector
from vigil.stages.track.two_stage import TwoStageTracker

DATA = Path(
    os.environ.get("VIGIL_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
RATE = 25
ROUNDS = 7
DETECTOR_SCORE = 0.1
BIRTH_SCORE, MATCH_SCORE, LOW_SCORE = 0.25, 0.25, 0.15
LINES = (160, 180, 200)
BLANK = ArrayPixels(np.zeros((1, 1, 3), np.uint8))

Sighting = tuple[np.ndarray, Boxes]
"""Ids and boxes of one frame."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks track", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    report = Report("track")
    cost(report, rounds)
    if (DATA / "tracking" / "cdnet_highway").exists():
        highway(report, rounds)
    else:
        report.say(f"no highway in {DATA}: only costs are measured")
    return report.write()


def cost(report: Report, rounds: int) -> None:
    """Processor time of one look at walkers."""
    rows = []
    for count in (3, 20):
        found = walkers(count, looks=300)
        mine, rival = race(found, (1280, 720), rounds)
        rows.append([f"{count} walkers", said(mine), said(rival), ratio(mine, rival)])
        report.claim(
            f"cost of a look at {count} walkers, part of ByteTrack's",
            ratio(mine, rival),
            0.2,
            better="lower",
        )
    report.claim("a look at 20 walkers", statistics.median(mine), 0.06, "ms", better="lower")
    report.table(
        "cost of a look, ms (lowest to highest)", ["scene", "Vigil", "ByteTrack", "part"], rows
    )


def highway(report: Report, rounds: int) -> None:
    """Quality and cost on real cars."""
    found = vehicles()
    report.say(f"{sum(map(len, found))} vehicles detected in {len(found)} pictures")
    truth = truth_of(DATA / "tracking/cdnet_highway/gt/gt.txt", len(found))
    mine, rival = race(found, (320, 240), rounds)
    report.claim(
        "cost of a look at the highway, part of ByteTrack's",
        ratio(mine, rival),
        0.2,
        better="lower",
    )
    rows = []
    for name, believed in (
        ("Vigil", ours(found, looks_of(found, (320, 240)))),
        ("ByteTrack", theirs(found)),
    ):
        figures = score(truth, believed)
        counts = [crossings(believed, row) for row in LINES]
        rows.append([name, *(round(value, 4) for value in figures.values()), counts])
        if name == "Vigil":
            report.claim("highway MOTA at IoU 0.5", figures["mota"], 0.64)
            report.claim("highway IDF1 at IoU 0.5", figures["idf1"], 0.80)
            worst = max(abs(counts[n] / crossings(truth, LINES[n]) - 1) for n in range(len(LINES)))
            report.claim("highway: worst error of three counts", worst, 0.05, better="lower")
    report.table("highway", ["tracker", "MOTA", "IDF1", "switches", f"counts at {LINES}"], rows)


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


def vehicles() -> list[Detections]:
    """What YOLOX-nano sees of the highway."""
    card = next(card for card in known_cards() if card.name == "yolox-nano-416")
    detector = ModelDetector.of(
        card, DATA / "models/detect", labels=("car", "truck", "bus"), score=DETECTOR_SCORE
    )
    found = []
    for file in sorted((DATA / "tracking/cdnet_highway/img1").glob("*.jpg")):
        rgb = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB).astype(np.uint8)
        found += detector.detect([look_at(0.0, (320, 240), ArrayPixels(rgb))])
    return found


def look_at(time_s: float, size: tuple[int, int], pixels: ArrayPixels = BLANK) -> Look:
    frame = Frame(source="s", index=0, time_s=time_s, width=size[0], height=size[1], pixels=pixels)
    return Look.whole(frame, Rung.FULL)


def looks_of(found: Sequence[Detections], size: tuple[int, int]) -> list[Look]:
    return [look_at(index / RATE, size) for index in range(len(found))]


def ours(found: Sequence[Detections], looks: Sequence[Look]) -> list[Sighting]:
    tracker = TwoStageTracker(birth_score=BIRTH_SCORE, match_score=MATCH_SCORE, low_score=LOW_SCORE)
    scenes = [tracker.update(*pair) for pair in zip(looks, found, strict=True)]
    return [
        (
            np.array([track.id for track in scene.tracks], np.int64),
            np.array([track.box for track in scene.tracks], np.float32).reshape(-1, 4),
        )
        for scene in scenes
    ]


def rival_input(found: Sequence[Detections]) -> list[supervision.Detections]:
    return [
        supervision.Detections(
            xyxy=each.boxes.copy(),
            confidence=each.scores.copy(),
            class_id=np.zeros(len(each), int),
        )
        for each in found
    ]


def theirs(found: Sequence[Detections]) -> list[Sighting]:
    tracker = rival_tracker()
    results = [tracker.update(each) for each in rival_input(found)]
    believed = [result.tracker_id >= 0 for result in results]
    return [
        (result.tracker_id[rows], result.xyxy[rows])
        for result, rows in zip(results, believed, strict=True)
    ]


def rival_tracker() -> trackers.ByteTrackTracker:
    return trackers.ByteTrackTracker(
        frame_rate=RATE,
        track_activation_threshold=BIRTH_SCORE,
        high_conf_det_threshold=MATCH_SCORE,
    )


def race(
    found: Sequence[Detections], size: tuple[int, int], rounds: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of processor time a look, both trackers in turn, after one round to warm up."""
    looks, same = looks_of(found, size), rival_input(found)

    def vigil() -> None:
        tracker = TwoStageTracker(
            birth_score=BIRTH_SCORE, match_score=MATCH_SCORE, low_score=DETECTOR_SCORE
        )
        for look, detections in zip(looks, found, strict=True):
            tracker.update(look, detections)

    def bytetrack() -> None:
        tracker = rival_tracker()
        for detections in same:
            tracker.update(detections)

    laps = [(lap_ms(vigil, len(found)), lap_ms(bytetrack, len(found))) for _ in range(rounds + 1)]
    mine, rival = zip(*laps[1:], strict=True)
    return list(mine), list(rival)


def lap_ms(run: Callable[[], None], looks: int) -> float:
    began_s = time.process_time()
    run()
    return 1000 * (time.process_time() - began_s) / looks


def ratio(mine: Sequence[float], rival: Sequence[float]) -> float:
    return round(statistics.median(mine) / statistics.median(rival), 3)


def said(laps: Sequence[float]) -> str:
    return f"{statistics.median(laps):.3f} ({min(laps):.3f}-{max(laps):.3f})"


def truth_of(path: Path, frames: int) -> list[Sighting]:
    """MOT challenge text: frame, id, left, top, width, height, …; frames count from 1."""
    rows = np.loadtxt(path, delimiter=",")
    boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]]).astype(np.float32)
    at = [rows[:, 0] == frame for frame in range(1, frames + 1)]
    return [(rows[here, 1].astype(np.int64), boxes[here]) for here in at]


def score(truth: Sequence[Sighting], believed: Sequence[Sighting]) -> dict[str, float]:
    """MOTA, IDF1 and switches at IoU 0.5."""
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for (ids, boxes), (our_ids, our_boxes) in zip(truth, believed, strict=True):
        distance = 1.0 - iou(boxes, our_boxes.astype(np.float32)).astype(np.float64)
        distance[distance > 0.5] = np.nan
        accumulator.update(ids, our_ids, distance)
    names = ["mota", "idf1", "num_switches"]
    table = motmetrics.metrics.create().compute(accumulator, metrics=names)
    return {name: float(table[name].iloc[0]) for name in names}


def crossings(sightings: Sequence[Sighting], row: float) -> int:
    """How many ids brought their foot down over `row`."""
    foot: dict[int, float] = {}
    crossed = set()
    for ids, boxes in sightings:
        for number, bottom in zip(ids.tolist(), boxes[:, 3].tolist(), strict=True):
            if foot.get(number, bottom) < row <= bottom:
                crossed.add(number)
            foot[number] = bottom
    return len(crossed)
