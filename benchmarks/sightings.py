"""Who was believed to be where: by us, by `trackers`' ByteTrack, and in truth."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import motmetrics
import numpy as np
import supervision
import trackers

from vigil.core import Boxes, Detections, Frame, Look, Rung, Tracker, iou
from vigil.infer import known_cards
from vigil.media.pixels import ArrayPixels
from vigil.stages.detect.model import ModelDetector

Sighting = tuple[np.ndarray, Boxes]
"""Ids and boxes of one moment."""

HIGHWAY_SIZE = (320, 240)
HIGHWAY_RATE = 25.0
HIGHWAY_SETTINGS = {"birth_score": 0.25, "low_score": 0.15}
"""Cars far away are small, and their detector never sure of them."""
HIGHWAY_LINES = (160, 180, 200)
"""Rows of the picture that cars cross downwards."""
VEHICLES = ("car", "truck", "bus")
BLANK = ArrayPixels(np.zeros((1, 1, 3), np.uint8))


def truth_of(path: Path, frames: int = 0) -> list[Sighting]:
    """MOT challenge text: frame, id, left, top, width, height, …; frames count from 1.

    At least `frames` sightings come back: nobody need be there at the end.
    """
    rows = np.loadtxt(path, delimiter=",")
    boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]]).astype(np.float32)
    at = [rows[:, 0] == frame for frame in range(1, max(frames, int(rows[:, 0].max())) + 1)]
    return [(rows[here, 1].astype(np.int64), boxes[here]) for here in at]


def vehicles(data: Path) -> list[Detections]:
    """What YOLOX-nano sees in each frame of the highway, from a score of 0.1 on."""
    card = next(card for card in known_cards() if card.name == "yolox-nano-416")
    detector = ModelDetector.of(card, data / "models/detect", labels=VEHICLES, score=0.1)
    found = []
    for file in sorted((data / "tracking/cdnet_highway/img1").glob("*.jpg")):
        rgb = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB).astype(np.uint8)
        found += detector.detect([look_at(0.0, HIGHWAY_SIZE, ArrayPixels(rgb))])
    return found


def look_at(time_s: float, size: tuple[int, int], pixels: ArrayPixels = BLANK) -> Look:
    """A look at the whole of a picture, which trackers never read."""
    frame = Frame(source="s", index=0, time_s=time_s, width=size[0], height=size[1], pixels=pixels)
    return Look.whole(frame, Rung.FULL)


def looks_of(count: int, rate: float, size: tuple[int, int]) -> list[Look]:
    """So many looks, `rate` of them a second."""
    return [look_at(index / rate, size) for index in range(count)]


def ours(tracker: Tracker, found: Sequence[Detections], looks: Sequence[Look]) -> list[Sighting]:
    """All that the scenes hold, predictions for the just missed included."""
    scenes = [tracker.update(*pair) for pair in zip(looks, found, strict=True)]
    return [
        (
            np.array([track.id for track in scene.tracks], np.int64),
            np.array([track.box for track in scene.tracks], np.float32).reshape(-1, 4),
        )
        for scene in scenes
    ]


def theirs(tracker: trackers.ByteTrackTracker, found: Sequence[Detections]) -> list[Sighting]:
    """All boxes to which ByteTrack gave an id."""
    results = [tracker.update(each) for each in in_their_words(found)]
    believed = [result.tracker_id >= 0 for result in results]
    return [
        (result.tracker_id[rows], result.xyxy[rows])
        for result, rows in zip(results, believed, strict=True)
    ]


def bytetrack(rate: float, *, birth_score: float) -> trackers.ByteTrackTracker:
    """The rival, with the scores at which our own tracker starts and prefers."""
    return trackers.ByteTrackTracker(
        frame_rate=rate, track_activation_threshold=birth_score, high_conf_det_threshold=0.25
    )


def in_their_words(found: Sequence[Detections]) -> list[supervision.Detections]:
    """The same detections for the rival, which knows one class only."""
    return [
        supervision.Detections(
            xyxy=each.boxes.copy(),
            confidence=each.scores.copy(),
            class_id=np.zeros(len(each), int),
        )
        for each in found
    ]


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
