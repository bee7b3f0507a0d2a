"""The whole watch on real footage, against labels made by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.journeys.conftest import Watcher

from vigil.core import Box, Event, Rung, as_array, iou

pytestmark = pytest.mark.data
Data = Callable[[str], Path]
Model = Callable[[str], str]


def labels(data: Data, name: str) -> Any:
    return json.loads(data("EVENTS.json").read_text())[name]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "min_score", "allowed_s"),
    [("person-detection-retail-0013.xml", 0.7, 0.5), ("yolox_nano_416.onnx", 0.5, 1.0)],
)
def test_six_people_one_after_another_are_six_presences(
    data: Data, model: Model, watched: Watcher, file: str, min_score: float, allowed_s: float
) -> None:
    name = "videos/one-by-one-person-detection.mp4"
    rule = {"kind": "presence", "labels": ["person"], "min_score": min_score}
    found = watched(data(name), detector=model(file), rules=[rule])
    truth = labels(data, name)["present"]
    assert len(found.events) == len(truth) == 6
    for event, (start_s, end_s) in zip(found.events, truth, strict=True):
        assert event.start_s == pytest.approx(start_s, abs=allowed_s)
        assert event.end_s == pytest.approx(end_s, abs=allowed_s)
    assert found.camera is not None
    account, counts = found.camera.accounted(), found.camera.watch.counts
    assert account.received == account.processed == 1394
    assert counts.looks < 0.3 * counts.packets, "the watch must be gated"


@pytest.mark.parametrize("height", [0.25, 0.37, 0.5, 0.62, 0.74])
def test_four_cars_cross_a_line_at_any_height_without_a_model(
    data: Data, watched: Watcher, height: float
) -> None:
    name = "videos/car-detection.mp4"
    line = [[0, height], [1, height]]
    rule = {"kind": "line_crossing", "line": line, "forward": "down", "backward": "up"}
    found = watched(data(name), detector="motion", rules=[rule])
    cars = labels(data, name)["tracks"]
    assert sorted(event.direction or "" for event in found.events) == ["down", "down", "up", "up"]
    assert found.events[-1].counts == {"down": 2, "up": 2}
    for car in cars:
        assert any(crosses_in(event, car) for event in found.events), car


def crosses_in(event: Event, car: dict[str, Any]) -> bool:
    first_s, last_s = car["t"]
    return event.direction == car["dir"] and first_s - 0.3 <= event.start_s <= last_s + 0.3


@pytest.mark.slow
def test_a_bag_left_behind_is_one_event_told_soon_after_its_owner_left(
    data: Data, model: Model, watched: Watcher
) -> None:
    name = "videos/aboda_video4.avi"
    found = watched(
        data(name),
        detector=model("person-detection-retail-0013.xml"),
        rules=[{"kind": "abandoned_object"}],
    )
    (event,) = found.events
    truth = labels(data, name)
    assert truth["owner_leaves_view"] - 3 <= found.raised_s(event) <= 26.0
    assert event.box is not None
    assert iou(as_array([event.box]), as_array([Box(*truth["bag_box_xyxy"])]))[0, 0] >= 0.65


@pytest.mark.slow
def test_changing_light_leaves_nothing_behind_on_the_ground(
    data: Data, model: Model, watched: Watcher
) -> None:
    found = watched(
        data("tracking/pets2001_ds3_cam1.mp4"),
        detector=model("yolox_nano_416.onnx"),
        rules=[{"kind": "abandoned_object", "zone": [[0, 0.45], [1, 0.45], [1, 1], [0, 1]]}],
    )
    assert len(found.events) <= 1


@pytest.mark.slow
def test_a_motorway_is_counted_within_five_percent_on_three_lines(
    data: Data, model: Model, watched: Watcher
) -> None:
    rows = (160, 180, 200)
    rules = [
        {
            "kind": "line_crossing",
            "name": f"row-{row}",
            "labels": ["car", "truck", "bus"],
            "line": [[0, row / 240], [1, row / 240]],
        }
        for row in rows
    ]
    data("tracking/cdnet_highway/img1/000001.jpg")
    folder = {"kind": "images", "path": str(data("tracking/cdnet_highway/img1")), "rate": 25}
    found = watched(folder, detector=model("yolox_nano_416.onnx"), rules=rules)
    for row in rows:
        count = sum(event.rule == f"row-{row}" for event in found.events)
        assert abs(count - true_crossings(data, row)) <= 0.05 * true_crossings(data, row), row
    assert found.camera is not None
    assert found.camera.watch.ladder.rest(0.0) is Rung.LUMA


def true_crossings(data: Data, row: int) -> int:
    """Cars of the truth whose foot passes the row, either way, once each."""
    table = np.loadtxt(data("tracking/cdnet_highway/gt/gt.txt"), delimiter=",")
    feet = table[:, 3] + table[:, 5]
    count = 0
    for car in np.unique(table[:, 1]):
        path = feet[table[:, 1] == car]
        count += bool(len(path) and path[0] < row <= path[-1]) or bool(path[-1] < row <= path[0])
    return count
