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


def play(detector, scene, *, from_s, until_s, **drawn):
    """Detections at each fifth of a second."""
    return [
        detector.detect([look(scene.frame(moment, **drawn))])[0]
        for moment in np.arange(from_s, until_s, 0.2)
    ]


BOX = Box(300, 150, 360, 190)
THING = (300, 150, 60, 40, 20)


def overlap(boxes: np.ndarray, box: Box) -> float:
    return float(iou(boxes, as_array([box])).max(initial=0))


def test_a_thing_is_found_while_it_moves_and_after_it_came_to_rest(place) -> None:
    detector, scene = MotionDetector(absorb_s=120), place()
    assert not any(len(found) for found in play(detector, scene, from_s=0, until_s=4))
    for found in play(detector, scene, from_s=4, until_s=30, things=[THING]):
        assert len(found) == 1
        assert overlap(found.boxes, BOX) > 0.8
        assert found.labels == ("object",)
        assert 0.7 < found.scores[0] <= 1


def test_the_hole_that_a_thing_leaves_is_not_found_for_long(place) -> None:
    detector, scene = MotionDetector(), place()
    play(detector, scene, from_s=0, until_s=10, things=[THING])
    after = play(detector, scene, from_s=10, until_s=16)
    assert not any(len(found) for found in after[10:])


def test_parts_of_one_thing_are_joined_and_two_things_stay_apart(place) -> None:
    detector, scene = MotionDetector(), place()
    play(detector, scene, from_s=0, until_s=4)
    bonnet, boot, other = (300, 150, 28, 40, 20), (332, 150, 28, 40, 20), (420, 150, 60, 40, 20)
    (found,) = play(detector, scene, from_s=4, until_s=4.1, things=[bonnet, boot, other])
    assert len(found) == 2
    assert overlap(found.boxes, BOX) > 0.75
    assert overlap(found.boxes, Box(420, 150, 480, 190)) > 0.8


@pytest.mark.parametrize("light", [0.6, 1.5])
def test_another_exposure_brings_nothing(place, light) -> None:
    detector, scene = MotionDetector(), place()
    play(detector, scene, from_s=0, until_s=4)
    assert not any(len(f) for f in play(detector, scene, from_s=4, until_s=8, light=light))


def test_a_shadow_is_dropped_and_a_dark_thing_is_not(place) -> None:
    detector, scene = MotionDetector(), place()
    play(detector, scene, from_s=0, until_s=4)
    shade = np.ones((360, 640), np.float32)
    shade[100:200, 100:250] = 0.75
    (found,) = play(detector, scene, from_s=4, until_s=4.1, things=[THING], light=shade)
    assert len(found) == 1
    assert overlap(found.boxes, BOX) > 0.8


def test_nothing_is_sought_inside_a_mask(place) -> None:
    detector = MotionDetector(masks=(((0.4, 0.3), (0.7, 0.3), (0.7, 0.7), (0.4, 0.7)),))
    scene = place()
    play(detector, scene, from_s=0, until_s=4)
    assert not any(len(f) for f in play(detector, scene, from_s=4, until_s=6, things=[THING]))


def test_each_source_has_a_background_of_its_own(place) -> None:
    detector, left, right = MotionDetector(), place(seed=1), place(seed=2)
    for moment in np.arange(0, 4, 0.2):
        looks = [look(left.frame(moment, source="a")), look(right.frame(moment, source="b"))]
        assert [len(found) for found in detector.detect(looks)] == [0, 0]
    looks = [look(left.frame(4, source="a")), look(right.frame(4, [THING], source="b"))]
    assert [len(found) for found in detector.detect(looks)] == [0, 1]


def test_a_source_that_is_no_longer_named_is_forgotten(place, monkeypatch) -> None:
    monkeypatch.setattr("vigil.stages.detect.motion.REMEMBERED_CALLS", 10)
    detector, scene = MotionDetector(), place()
    detector.detect([look(scene.frame(0, source="gone"))])
    for moment in np.arange(0, 4, 0.2):
        detector.detect([look(scene.frame(moment, source="here"))])
    assert set(detector._views) == {"here"}


def test_it_learns_a_background_and_so_needs_luma_looks() -> None:
    assert MotionDetector().needs is Rung.LUMA
