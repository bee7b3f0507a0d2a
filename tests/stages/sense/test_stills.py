"""When stills are looked at, and what of them."""

from dataclasses import replace

import numpy as np
import pytest
from tests.infer.test_head import WORDS, head_of

from vigil.core import Box, Boxes, Image, Likeness, Signals, as_array
from vigil.infer.head_folder import KeptHead
from vigil.infer.head_panel import HeadPanel
from vigil.media.pixels import frame_of_array
from vigil.stages.sense.stills import StillSense

NOTHING: Boxes = as_array([])
HEAD = KeptHead(algorithm="flame", version=2, head=head_of(*WORDS, width=2), embedder="e")


class Brightness:
    """The brighter a picture, the more it is a flame."""

    mark = "e:1"

    def __init__(self) -> None:
        self.images: list[Image] = []

    def embed(self, images: list[Image]) -> np.ndarray:
        self.images += images
        return np.array([[image.mean() / 60 - 0.5, 0] for image in images], np.float32)


class Watched:
    """A sense whose moving regions and pictures the test decides."""

    def __init__(self, *heads: KeptHead, **settings: object) -> None:
        self.embedder = Brightness()
        self.moving = NOTHING
        panel = HeadPanel(heads or (HEAD,), {"e": self.embedder})
        self.sense = StillSense(panel, lambda: self.moving, **settings)  # type: ignore[arg-type]

    def look(self, time_s: float, *bright: Box) -> tuple[Likeness, ...]:
        picture = np.zeros((180, 320, 3), np.uint8)
        for box in bright:
            picture[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = 255
        self.sense.see(frame_of_array(picture, index=0, time_s=time_s), None)
        return self.sense.tell(Signals()).likenesses

    def times(self, *bright: Box, until_s: float = 10.0) -> list[float]:
        """When it looked, of pictures that come five times a second."""
        moments = [number / 5 for number in range(round(until_s * 5))]
        return [time_s for time_s in moments if self.look(time_s, *bright)]


def test_it_looks_every_two_seconds_while_something_moves_and_seldom_else() -> None:
    still = Watched()
    assert still.times(until_s=130) == [0.0, 60.0, 120.0]
    moving = Watched()
    moving.moving = as_array([Box(10, 10, 40, 40)])
    assert moving.times() == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_what_was_told_is_followed_though_it_has_stopped() -> None:
    watched = Watched()
    lamp = Box(200, 100, 310, 170)
    watched.moving = as_array([lamp])
    (first,) = watched.look(0.0, lamp)
    assert first.box == lamp
    assert first.likelihood >= first.least
    watched.moving = NOTHING
    (second,) = watched.look(2.0, lamp)
    assert second.box == lamp
    (gone,) = watched.look(4.0)
    assert gone.likelihood < gone.least
    assert watched.look(6.0) == ()


def test_each_word_of_several_is_told_and_of_two_the_first() -> None:
    three = replace(
        HEAD, algorithm="waste", head=replace(head_of("a", "b", "c", width=2), embedder="e:1")
    )
    found = Watched(HEAD, three).look(0.0)
    assert [(one.algorithm, one.word) for one in found] == [
        ("flame", "fire"), ("waste", "a"), ("waste", "b"), ("waste", "c"),
    ]  # fmt: skip
    assert sum(one.likelihood for one in found[1:]) == pytest.approx(1)
    assert {one.version for one in found} == {2}


def test_at_most_three_regions_are_shown_and_like_ones_once() -> None:
    watched = Watched()
    boxes = [Box(x, 10, x + 20, 40) for x in (0, 60, 120, 180, 240)]
    watched.moving = as_array([boxes[0], Box(1, 10, 21, 40), *boxes[1:]])
    watched.look(0.0)
    assert len(watched.embedder.images) == 4


def test_what_masks_hide_is_not_shown() -> None:
    half = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    watched = Watched(masks=(half,))
    watched.look(0.0, Box(200, 0, 320, 180))
    assert watched.embedder.images[0].max() == 0
