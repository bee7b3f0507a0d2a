"""Where things stood, and how they went."""

import numpy as np

from vigil.core import Box, Scene, Track
from vigil.core.scene_record import Chunk
from vigil.core.stats import COLUMNS, ROWS, cell_of
from vigil.pipeline.heat_map import from_store, heat_of_scenes, heat_picture

NOON_S = 1_750_000_000.0


def walk(label: str = "person") -> Chunk:
    """Ten seconds from left to right, then ten seconds on one spot."""
    scenes = []
    for n in range(41):
        x = min(0.1 + 0.04 * n, 0.9) * 640
        track = Track(1, label, Box(x - 10, 100, x + 10, 180), 0.9, NOON_S, NOON_S + n / 2)
        scenes.append(
            Scene(
                source="gate", time_s=NOON_S + n / 2, width=640, height=360, tracks=(track,),
                looked=True,
            )
        )  # fmt: skip
    return Chunk(source="gate", session="one", scenes=tuple(scenes))


def test_seconds_are_counted_where_things_stood() -> None:
    heat = heat_of_scenes([walk()])
    assert sum(heat.seconds.values()) == 20.0
    assert max(heat.seconds, key=lambda cell: heat.seconds[cell]) == cell_of((0.9, 0.5))
    (path,) = heat.paths.values()
    assert (path[0][0], round(path[-1][0], 2)) == (0.1, 0.9)
    assert len(path) < 25, "who stands still adds no points"


def test_only_what_was_asked_for_is_counted() -> None:
    both = [walk(), walk("dog")]
    assert sum(heat_of_scenes(both, label="person").seconds.values()) == 20.0
    assert heat_of_scenes(both, source="yard").seconds == {}
    first = heat_of_scenes(both[:1], until_s=NOON_S + 5)
    assert sum(first.seconds.values()) == 4.5


def test_the_picture_is_warm_where_they_stood_and_itself_elsewhere() -> None:
    view = np.full((270, 480, 3), 90, np.uint8)
    drawn = heat_picture(heat_of_scenes([walk()]), view)
    assert drawn.shape == view.shape
    red, _, blue = drawn[int(0.52 * 270), int(0.905 * 480)].astype(int)
    assert red > blue
    assert np.array_equal(drawn[20, 20], (90, 90, 90))


def test_nothing_is_drawn_of_nothing() -> None:
    drawn = heat_picture(from_store({}))
    assert np.all(drawn == 40)
    assert from_store({3: 2.0}).grid().shape == (ROWS, COLUMNS)
