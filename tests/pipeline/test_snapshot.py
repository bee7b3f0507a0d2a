"""One picture of an event, its thing marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from vigil.core import Box, Event, Frame, Image, Luma, SourceLost
from vigil.pipeline.snapshot import snapshot

WIDTH, HEIGHT = 320, 180


class Grey:
    """Pixels as grey as the second they are of."""

    def __init__(self, level: int) -> None:
        self._level = level

    def luma(self, width: int, height: int) -> Luma:
        return np.full((height, width), self._level, np.uint8)

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        return np.full((height, width, 3), self._level, np.uint8)


@dataclass
class Shown:
    """Footage of pictures at some moments."""

    times_s: Sequence[float]
    start_s: float = 0.0
    end_s: float = 100.0

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        for index, time_s in enumerate(self.times_s):
            if start_s <= time_s <= end_s:
                yield Frame(
                    source="gate",
                    index=index,
                    time_s=time_s,
                    width=WIDTH,
                    height=HEIGHT,
                    pixels=Grey(int(10 * time_s)),
                )


class Broken(Shown):
    """Footage that cannot be read."""

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        raise SourceLost("the clip is gone")


def event() -> Event:
    box = Box(100, 50, 200, 150)
    path = ((4.0, Box(0, 0, 10, 10)), (6.0, box))
    return Event(
        id="e", source="gate", rule="presence", claim="x", start_s=5, end_s=9, box=box, path=path
    )


def picture(coded: bytes) -> Image:
    read = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)


def test_it_shows_the_moment_whose_box_is_known_with_the_box_drawn() -> None:
    shown = picture(snapshot(Shown([4.0, 5.0, 6.0, 7.0]), event()))

    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert shown[20, 300].tolist() == pytest.approx([60, 60, 60], abs=4), "of second 6"
    red, _, blue = shown[100, 100].tolist()
    assert red > blue + 60, "the left edge of the box"


def test_it_is_no_wider_than_wanted_and_its_box_shrinks_with_it() -> None:
    shown = picture(snapshot(Shown([6.0]), event(), width=160))

    assert shown.shape == (HEIGHT // 2, WIDTH // 2, 3)
    assert int(shown[50, 50, 0]) > int(shown[50, 50, 2]) + 60


@pytest.mark.parametrize(
    ("footage", "seen"), [(Shown([5.5]), True), (Shown([20.0]), False), (Broken([]), False)]
)
def test_without_a_picture_near_that_moment_there_is_none(footage: Shown, seen: bool) -> None:
    assert bool(snapshot(footage, event())) is seen
