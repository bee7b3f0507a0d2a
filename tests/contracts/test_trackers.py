"""Our tracker beside a published one, on the same detections, against the same truth."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from jaxtyping import Float32, Int64

from vigil.core import Boxes, Detections, Frame, Look, Rung, Scene, Tracker, iou
from vigil.infer import known_cards
from vigil.media.pixels import ArrayPixels
from vigil.stages.detect.model import ModelDetector
from vigil.stages.track.two_stage import TwoStageTracker

motmetrics = pytest.importorskip("motmetrics", reason="motmetrics (dev) scores trackers")
trackers = pytest.importorskip("trackers", reason="trackers (pip install --no-deps) is the rival")

Sighting = tuple[Int64[np.ndarray, "n"], Boxes]
"""Ids and boxes of one frame."""
Data = Callable[[str], Path]

BLANK = ArrayPixels(np.zeros((1, 1, 3), np.uint8))
RIVAL_SETTINGS = {"track_activation_threshold": 0.4, "high_conf_det_threshold": 0.25}
"""The scores at which our own tracker starts and prefers."""
HIGHWAY_SETTINGS = {"birth_score": 0.25, "low_score": 0.15}
"""Cars far away are small, and their detector never sure of them."""
VEHICLES = ("car", "truck", "bus")
LINES = (160, 180, 200)
"""Rows of the highway picture that cars cross downwards."""


def truth_of(path: Path, frames: int = 0) -> list[Sighting]:
    """MOT challenge text: frame, id, left, top, width, height, …; frames count from 1."""
    rows = np.loadtxt(path, delimiter=",")
    boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]]).astype(np.float32)
    at = [rows[:, 0] == frame for frame in range(1, max(frames, int(rows[:, 0].max())) + 1)]
    return [(rows[here, 1].astype(np.int64), boxes[here]) for here in at]


def look_at(time_s: float, width: int, height: int) -> Look:
    frame = Frame(source="s", index=0, time_s=time_s, width=width, height=height, pixels=BLANK)
    return Look.whole(frame, Rung.FULL)


def seen_by(scene: Scene) -> Sighting:
    boxes = np.array([track.box for track in scene.tracks], np.float32).reshape(-1, 4)
    return np.array([track.id for track in scene.tracks], np.int64), boxes


def ours(
    tracker: Tracker, found: Sequence[Detections], rate: float, size: tuple[int, int]
) -> list[Sighting]:
    """All that the scenes hold, predictions for the just missed included."""
    return [
        seen_by(tracker.update(look_at(index / rate, *size), detections))
        for index, detections in enumerate(found)
    ]


def theirs(found: Sequence[Detections], rate: float) -> list[Sighting]:
    supervision = pytest.importorskip("supervision", reason="trackers speaks in its Detections")
    tracker = trackers.ByteTrackTracker(
        frame_rate=rate, minimum_consecutive_frames=2 if rate > 3 else 1, **RIVAL_SETTINGS
    )
    sightings = []
    for detections in found:
        result = tracker.update(
            supervision.Detections(
                xyxy=detections.boxes.copy(),
                confidence=detections.scores.copy(),
                class_id=np.zeros(len(detections), int),
            )
        )
        believed = result.tracker_id >= 0
        sightings.append((result.tracker_id[believed], result.xyxy[believed]))
    return sightings


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


def blurred(
    truth: Sequence[Sighting], seed: int, *, missing: float, jitter: float = 0.04
) -> list[Detections]:
    """What a mediocre detector would make of the truth: jitter, gaps, doubt and false boxes."""
    random = np.random.default_rng(seed)
    found = []
    for _, boxes in truth:
        kept = boxes[random.random(len(boxes)) >= missing]
        side = np.tile(kept[:, 2:] - kept[:, :2], 2)
        noisy = kept + random.normal(0, jitter, kept.shape) * side
        scores = random.uniform(0.2, 0.95, len(kept))
        if random.random() < 0.2:
            x, y = random.uniform([0, 0], [580, 360])
            noisy = np.vstack([noisy, [x, y, x + 50, y + 110]])
            scores = np.append(scores, random.uniform(0.2, 0.6))
        found.append(of_people(noisy.astype(np.float32), scores.astype(np.float32)))
    return found


def of_people(boxes: Boxes, scores: Float32[np.ndarray, "n"]) -> Detections:
    return Detections(boxes=boxes, scores=scores, labels=("person",) * len(boxes))


@pytest.mark.data
@pytest.mark.parametrize("clip", ["TUD-Campus", "TUD-Stadtmitte"])
@pytest.mark.parametrize("every", [1, 5])
def test_pedestrians_are_followed_no_worse_than_by_bytetrack(
    data: Data, clip: str, every: int
) -> None:
    truth = truth_of(data(f"tracking/mot15_tud/{clip}/gt.txt"))[::every]
    rate = 25 / every
    mine, rival = [], []
    for seed in range(3):
        for missing in (0.0, 0.15):
            found = blurred(truth, seed, missing=missing)
            mine.append(score(truth, ours(TwoStageTracker(), found, rate, (640, 480))))
            rival.append(score(truth, theirs(found, rate)))
    for name in ("mota", "idf1"):
        assert np.mean([m[name] for m in mine]) >= np.mean([r[name] for r in rival])


@pytest.fixture(scope="module")
def highway(data: Data) -> list[Detections]:
    """Vehicles that YOLOX-nano finds in each frame of the highway, from a score of 0.1 on."""
    folder = data("models/detect/yolox_nano_416.onnx").parent
    card = next(card for card in known_cards() if card.name == "yolox-nano-416")
    detector = ModelDetector.of(card, folder, labels=VEHICLES, score=0.1)
    found = []
    for file in sorted(data("tracking/cdnet_highway/img1").glob("*.jpg")):
        picture = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
        frame = Frame(
            source="highway", index=0, time_s=0.0, width=320, height=240,
            pixels=ArrayPixels(picture.astype(np.uint8)),
        )  # fmt: skip
        found += detector.detect([Look.whole(frame, Rung.FULL)])
    return found


@pytest.mark.slow
@pytest.mark.data
def test_highway_cars_are_counted_and_followed(data: Data, highway: list[Detections]) -> None:
    truth = truth_of(data("tracking/cdnet_highway/gt/gt.txt"), frames=len(highway))
    mine = ours(TwoStageTracker(**HIGHWAY_SETTINGS), highway, 25, (320, 240))
    rival = theirs(highway, 25)
    assert [crossings(truth, row) for row in LINES] == [22, 22, 22]
    assert [crossings(mine, row) for row in LINES] == [22, 22, 22]
    reached, beaten = score(truth, mine), score(truth, rival)
    assert reached["mota"] >= max(0.64, beaten["mota"])
    assert reached["idf1"] >= max(0.80, beaten["idf1"])


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("every", [2, 5])
def test_highway_counts_hold_at_fewer_looks(highway: list[Detections], every: int) -> None:
    mine = ours(TwoStageTracker(**HIGHWAY_SETTINGS), highway[::every], 25 / every, (320, 240))
    assert all(abs(crossings(mine, row) - 22) <= 1 for row in LINES)
