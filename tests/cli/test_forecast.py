"""`vigil forecast`, on scenes as the watch records them and on people of MOT15."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vigil.core import Box, Scene, Track
from vigil.core.scene_record import Chunk, ChunkWriter
from vigil.train.paths.forecasting import LEAST_POINTS, forecast
from vigil.train.paths.surprises import surprises
from vigil.train.paths.ways import ways_of

WIDE, HIGH = 640, 360


def scene(time_s: float, boxes: Iterable[tuple[int, Box]]) -> Scene:
    tracks = tuple(Track(id, "person", box, 0.9, 0.0, time_s) for id, box in boxes)
    return Scene(source="yard", time_s=time_s, width=WIDE, height=HIGH, tracks=tracks)


def record(path: Path, scenes: Iterable[Scene]) -> Path:
    writer = ChunkWriter("yard", "a")
    for one in scenes:
        writer.add(one)
    path.write_bytes(writer.chunk())
    return path


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1 walks and suddenly runs after 8 s, 2 stands, 3 is there for a second."""
    chance, scenes, x = np.random.default_rng(0), [], 20.0
    for at in range(60):
        x += 20 if at > 40 else 6
        walker = Box(x, 200, x + 16, 240)
        tremble = float(chance.normal(0, 0.5))
        stander = Box(500 + tremble, 100, 520 + tremble, 150)
        here = [(1, walker), (2, stander), *([(3, stander)] if at < 5 else [])]
        scenes.append(scene(1_700_000_000 + at / 5, here))
    return record(tmp_path_factory.mktemp("yard") / "yard.scenes", scenes)


def test_tracks_are_forecast_and_a_run_is_told(vigil: Any, yard: Path, tmp_path: Path) -> None:
    picture = tmp_path / "ways.png"
    found = vigil("forecast", yard, "--out", picture)
    assert found.code == 0
    walker, short, stander = sorted(found.lines[1:4], key=lambda line: line.split()[1] != "1")
    assert "runs 22:13:28" in walker
    assert {"too short", "stands still"} <= {
        each for line in (short, stander) for each in ("too short", "stands still") if each in line
    }
    drawn = cv2.imread(str(picture))
    assert drawn.shape == (540, 960, 3)
    red = (drawn[:, :, 2] > 220) & (drawn[:, :, 1] < 120)
    assert red.any()


def test_programs_have_it_as_json(vigil: Any, yard: Path) -> None:
    walker, *_ = json.loads(vigil("forecast", yard, "--track", 1, "--ahead", 1, "--json").out)
    assert (walker["camera"], walker["track"], walker["answer"]) == ("yard", 1, "forecast")
    assert len(walker["forecast"]) == 5
    assert walker["forecast"][0]["time_s"] == pytest.approx(1_700_000_012, abs=0.01)
    assert [one["kind"] for one in walker["alarms"]] == ["runs"]


def test_what_cannot_be_done_is_told_in_a_line(vigil: Any, yard: Path, tmp_path: Path) -> None:
    assert (
        "no track of number 9 of car"
        in vigil("forecast", yard, "--track", 9, "--label", "car").failure
    )
    assert "allowed: .png" in vigil("forecast", yard, "--out", tmp_path / "a.jpg").failure
    assert "not there" in vigil("forecast", tmp_path / "nothing.scenes").failure


def test_people_in_a_street_are_forecast(data: Callable[[str], Path]) -> None:
    """TUD-Stadtmitte of MOT15, 25 pictures a second, by its truth."""
    truth = data("tracking/mot15_tud/TUD-Stadtmitte/gt.txt")
    by_frame = defaultdict(list)
    for row in np.loadtxt(truth, delimiter=","):
        x, y, wide, high = map(float, row[2:6])
        by_frame[int(row[0])].append((int(row[1]), Box(x, y, x + wide, y + high)))
    scenes = [scene(frame / 25, by_frame[frame]) for frame in sorted(by_frame)]
    ways = [
        way
        for way in ways_of([Chunk(source="yard", session="a", scenes=tuple(scenes))])
        if way.seconds > 6
    ]
    assert len(ways) >= 4
    inside, off = [], []
    for way in ways:
        for now in range(LEAST_POINTS, len(way.feet) - 5, 5):
            said = forecast(way.feet[:now], 5)
            away = way.feet[now + 4] - said.mean[4]
            inside += list(np.abs(away) <= 1.96 * said.spread[4])
            off.append(float(np.linalg.norm(away)) / way.height)
    assert np.mean(inside) > 0.7
    assert np.median(off) < 0.15
    # They stroll: nobody runs.
    kinds = [one.kind for way in ways for one in surprises(way)]
    assert len(kinds) <= len(ways)
    assert "runs" not in kinds
