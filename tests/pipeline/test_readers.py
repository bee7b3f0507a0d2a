"""From packets to events that say what colour a thing is, through the whole watch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import Clip, ConfigError, Detections, Event, Look, Rung, Step, StepKind, part
from vigil.media.encode import H264Options, VideoWriter
from vigil.pipeline.build import Builder
from vigil.pipeline.shard import Shard
from vigil.pipeline.stats import camera_stats

WIDTH, HEIGHT, RATE = 320, 180, 10
ROADS = {"red": (20, (190, 25, 30)), "blue": (105, (30, 60, 170))}
"""Where each car goes by: its upper edge, and its paint."""


def write_film(path: Path, seconds: float = 9.0) -> Path:
    """A red and a blue car go by, one above the other."""
    random = np.random.default_rng(3)
    ground = random.integers(90, 130, (HEIGHT // 4, WIDTH // 4, 1)).repeat(4, 0).repeat(4, 1)
    with VideoWriter(path, WIDTH, HEIGHT, RATE, options=H264Options(key_every=RATE)) as writer:
        for index in range(round(seconds * RATE)):
            picture = np.repeat(ground, 3, axis=2) + random.normal(0, 2, (HEIGHT, WIDTH, 1))
            x = round((index / RATE - 4) * 80)
            for top, paint in ROADS.values():
                if -60 < x < WIDTH:
                    picture[top : top + 50, max(0, x) : max(0, x + 60)] = paint
                    picture[top + 8 : top + 18, max(0, x + 12) : max(0, x + 48)] = (40, 45, 50)
            writer.write(np.clip(picture, 0, 255).astype(np.uint8))
    return path


@part
class Painted:
    """Finds what is not grey, row by row, and calls it a car."""

    @property
    def needs(self) -> Rung:
        return Rung.LUMA

    def detect(self, looks: "list[Look]") -> list[Detections]:
        return [self._one(look) for look in looks]

    def _one(self, look: Look) -> Detections:
        rgb = look.frame.rgb(WIDTH).astype(int)
        vivid = rgb.max(axis=2) - rgb.min(axis=2) > 60
        boxes = []
        for top, _ in ROADS.values():
            columns = np.flatnonzero(vivid[top : top + 50].sum(axis=0) > 8)
            if len(columns) > 5:
                boxes.append([columns[0], top, columns[-1] + 1, top + 50])
        return Detections(
            boxes=np.array(boxes, np.float32).reshape(-1, 4),
            scores=np.full(len(boxes), 0.9, np.float32),
            labels=("car",) * len(boxes),
            card="painted@1",
        )


class Told:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    def put(self, step: Step, clip: Clip | None) -> None:
        self.steps.append(step)


def watched(path: Path, *rules: dict[str, Any]) -> tuple[list[Event], dict[str, Any]]:
    camera = {
        "source": {"kind": "file", "path": path},
        "detector": Painted(),
        "readers": ["colour", "vehicle_type"],
        "rules": list(rules),
    }
    app, told = parse({"cameras": {"a": camera}}), Told()
    builder = Builder(open_home(), evidence=False)
    (built,) = [builder.camera(each) for each in app.cameras.values()]
    shard = Shard(cameras=[built], outbox=told)
    while shard.cameras:
        shard.turn()
    shard._clips.close()
    events = [step.event for step in told.steps if step.kind is StepKind.END]
    return events, dict(camera_stats(built[0]))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("cars") / "cars.mp4")


def test_events_say_what_their_things_are_like(film):
    events, stats = watched(film, {"kind": "presence", "labels": "car", "per": "track"})
    words = [{r.kind: r.word for r in event.readings} for event in events]
    assert sorted(word["colour"] for word in words) == ["blue", "red"]
    assert {word["vehicle_type"] for word in words} == {"car"}
    assert stats["read_wanted"] == 4
    assert stats["read_waiting"] == 0
    assert stats["read_crops"] <= stats["looks"], "one crop a look at most"


def test_a_rule_that_asks_for_red_tells_of_the_red_car_only(film):
    asked = {"kind": "presence", "labels": "car", "readings": {"colour": "red"}}
    (event,), _ = watched(film, asked)
    assert "red" in {reading.word for reading in event.readings}
    assert event.box.y2 < 100, "the upper lane"


def test_a_rule_that_asks_for_what_nobody_reads_is_refused(film):
    rule = {"kind": "presence", "readings": {"color": "red"}}
    with pytest.raises(ConfigError, match=r"no reader of it; did you mean 'colour'\?"):
        watched(film, rule)


def test_two_readers_of_one_kind_are_refused():
    camera = {"source": "rtsp://10.0.0.5/sub", "readers": ["colour", {"kind": "colour"}]}
    with pytest.raises(ConfigError, match="another reader has this name"):
        parse({"cameras": {"a": camera}})


def test_cameras_that_set_their_readers_alike_share_them(film):
    source = {"kind": "file", "path": film}
    settings = {name: {"source": source, "readers": ["colour"]} for name in "ab"}
    settings["c"] = {"source": source, "readers": [{"kind": "colour", "min_score": 0.9}]}
    builder = Builder(open_home(), evidence=False)
    desks = [
        builder.camera(each)[0].watch._belief._reading_desk
        for each in parse({"cameras": settings}).cameras.values()
    ]
    first, second, third = (desk._readers[0] for desk in desks)
    assert first is second
    assert first is not third
