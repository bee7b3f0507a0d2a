"""Finding what moves, and what came to rest, without a model."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Box, Frame, Look, Rung, as_array, iou
from vigil.stages.detect.motion import MotionDetector

CAR = "videos/car-detection.mp4"
LINES = (110, 160, 216, 268, 320)


def look(frame: Frame) -> Look:
    return Look.whole(frame, Rung.FULL)


class NearestTrack:
    """The simplest tracker there is: the nearest box to where the last one was heading."""

    def __init__(self, second: float, box: Box) -> None:
        self.seconds, self.points = [second], [middle(box)]
        self.velocity = np.zeros(2)

    def distance(self, second: float, box: Box) -> float:
        ahead = self.points[-1] + self.velocity * (second - self.seconds[-1])
        return float(np.hypot(*(middle(box) - ahead)))

    def add(self, second: float, box: Box) -> None:
        moved = (middle(box) - self.points[-1]) / (second - self.seconds[-1])
        self.velocity = moved if len(self.seconds) == 1 else 0.6 * self.velocity + 0.4 * moved
        self.seconds.append(second)
        self.points.append(middle(box))

    def crossing(self, line: float) -> tuple[float, str] | None:
        """When and which way it left its first side, once it has travelled 40 pixels."""
        first = self.points[0][1]
        for second, point in zip(self.seconds, self.points, strict=True):
            if (point[1] < line) != (first < line) and abs(point[1] - first) >= 40:
                return second, "down" if first < line else "up"
        return None


def middle(box: Box) -> np.ndarray:
    return np.array([(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2])


def follow(finds: list[tuple[float, list[Box]]]) -> list[NearestTrack]:
    tracks: list[NearestTrack] = []
    for second, boxes in finds:
        alive = [track for track in tracks if second - track.seconds[-1] < 0.7]
        pairs = sorted(
            (track.distance(second, box), t, b)
            for t, track in enumerate(alive)
            for b, box in enumerate(boxes)
        )
        free_tracks, free_boxes = set(range(len(alive))), set(range(len(boxes)))
        for distance, t, b in pairs:
            if distance < 90 and t in free_tracks and b in free_boxes:
                alive[t].add(second, boxes[b])
                free_tracks.remove(t)
                free_boxes.remove(b)
        tracks += [NearestTrack(second, boxes[b]) for b in free_boxes]
    return [track for track in tracks if len(track.seconds) > 3]


def found_in(frames: Iterator[tuple[float, Frame]]) -> list[tuple[float, list[Box]]]:
    detector = MotionDetector()
    finds = []
    for second, frame in frames:
        (detections,) = detector.detect([look(frame)])
        finds.append((second, [Box(*row) for row in detections.boxes.tolist()]))
    return finds


@pytest.mark.data
@pytest.mark.parametrize("hz", [5, 10, 25])
def test_four_cars_cross_each_of_five_lines_within_their_label_times(
    hz: float, footage: Callable[..., Iterator[tuple[float, Frame]]], data: Callable[[str], Path]
) -> None:
    labels = json.loads(data("EVENTS.json").read_text())[CAR]["tracks"]
    tracks = follow(found_in(footage(CAR, hz=hz)))
    for line in LINES:
        crossings = sorted(c for c in (track.crossing(line) for track in tracks) if c)
        for label in labels:
            start_s, end_s = label["t"]
            mine = [
                second
                for second, way in crossings
                if way == label["dir"] and start_s - 0.3 <= second <= end_s + 0.3
            ]
            assert mine, f"line {line}: no {label['dir']} for {label}"
        assert sorted(way for _, way in crossings) == ["down", "down", "up", "up"], line
