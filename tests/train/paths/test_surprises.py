"""Who suddenly runs, stops or turns is told of; who goes on is not."""

import numpy as np
import pytest
from numpy.random import default_rng

from vigil.core import Box, Scene, Track
from vigil.core.scene_record import Chunk
from vigil.train.paths.surprises import surprises
from vigil.train.paths.ways import Way, ways_of

WALK = np.array([16.0, 3.0])
"""Pixels a step of a fifth of a second; a body is 100 high."""


def way(*speeds: tuple[int, np.ndarray], seed: int = 0) -> Way:
    """Stretches of so many steps; boxes tremble."""
    steps = np.concatenate([np.tile(speed, (count, 1)) for count, speed in speeds])
    feet = np.cumsum(np.concatenate([[[200.0, 300.0]], steps]), 0)
    feet += default_rng(seed).normal(0, 0.7, feet.shape)
    return Way(
        source="gate", track=1, label="person", start_s=1000.0, rate_hz=5.0, feet=feet,
        height=100.0, size=(1280, 720),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "after"),
    [("runs", 3 * WALK), ("stops", 0 * WALK), ("turns", np.array([-3.0, 16.0]))],
)
def test_a_change_is_told_once_and_in_time(kind: str, after: np.ndarray) -> None:
    found = list(surprises(way((40, WALK), (5, after))))
    assert [each.kind for each in found] == [kind]
    assert 1008.0 < found[0].time_s <= 1009.0
    assert found[0].distance > 3.7


def test_who_goes_on_is_not_told_of() -> None:
    told = [list(surprises(way((60, WALK), seed=seed))) for seed in range(10)]
    assert sum(map(len, told)) == 0


def test_who_stands_and_trembles_is_not_told_of() -> None:
    assert list(surprises(way((80, 0 * WALK)))) == []


def test_ways_come_from_scenes() -> None:
    scenes = []
    for at in range(30):
        # Looks come unevenly, the car is there for a moment, and the person is lost for 3 s.
        time_s = 0.5 * at + (0.1 if at % 2 else 0) + (3 if at >= 15 else 0)
        person = track(1, "person", 10 + 8 * time_s)
        tracks = (person, track(2, "car", 500)) if at < 4 else (person,)
        scenes.append(scene(time_s, tracks))
    scenes.append(scene(scenes[-1].time_s, scenes[-1].tracks))
    chunk = Chunk(source="gate", session="a", scenes=tuple(scenes))
    first, car, second = ways_of([chunk])
    assert (first.label, car.label, second.label) == ("person", "car", "person")
    assert first.seconds == pytest.approx(7.0)
    assert second.start_s == pytest.approx(10.6)
    assert np.diff(first.feet[:, 0]) == pytest.approx(8 / 5)
    assert first.feet[0] == pytest.approx([15, 180])
    assert first.height == 80
    assert [each.label for each in ways_of([chunk], label="car")] == ["car"]
    assert ways_of([chunk], source="yard") == []


def track(number: int, label: str, x: float) -> Track:
    return Track(number, label, Box(x, 100, x + 10, 180), 0.9, 0.0, 0.0)


def scene(time_s: float, tracks: tuple[Track, ...]) -> Scene:
    return Scene(source="gate", time_s=time_s, width=640, height=360, tracks=tracks)
