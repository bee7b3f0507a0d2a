"""What a model's words make of what moves: who is told, and what stays an object."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from vigil.core import Box, Detections, Look, Rung, as_array, iou
from vigil.stages.detect.motion import MotionDetector
from vigil.stages.detect.naming import PATIENCE_S, Naming

SURE = 0.5
Find = tuple[Box, float]
"""A box in which the model sees somebody, and how surely."""
WALKER = Box(300, 100, 340, 200)
CHAIR = Box(330, 130, 370, 200)
ANYONE: tuple[Find, ...] = ((WALKER, 0.6),)


def people(finds: Sequence[Find]) -> Detections:
    return Detections(
        boxes=as_array([box for box, _ in finds]),
        scores=np.array([score for _, score in finds], np.float32),
        labels=("person",) * len(finds),
        card="model@1",
    )


def drawn(*boxes: Box, level: float = 20) -> list[tuple[float, float, float, float, float]]:
    return [(box.x1, box.y1, box.width, box.height, level) for box in boxes]


class View:
    """A drawn place, what moves in it, and a model that sees what it is told to see."""

    def __init__(self, scene, **settings: float) -> None:
        self.scene, self.now_s = scene, 0.0
        self.motion = MotionDetector(**settings)
        self.naming = Naming(self.motion)
        self.asked: list[float] = []

    def play(
        self,
        seconds: float,
        things: Sequence[Box] = (),
        seen: Sequence[Find] = (),
        waving: Sequence[Box] = (),
    ) -> list[Detections]:
        """What is told at each fifth of a second; what waves is white, other things are black."""
        told = []
        for _ in range(round(5 * seconds)):
            frame = self.scene.frame(self.now_s, drawn(*things) + drawn(*waving, level=230))
            (moved,) = self.motion.moved([Look.whole(frame, Rung.LUMA)])
            if len(self.naming.places(frame, moved)):
                self.asked.append(self.now_s)
                self.naming.learn(frame, moved, people(seen), sure=SURE)
            told.append(self.naming.tell(frame, moved))
            self.now_s += 0.2
        return told


@pytest.fixture
def view(place: Callable[..., object]) -> Callable[..., View]:
    return lambda **settings: View(place(), **settings)


def test_what_moves_is_told_by_its_name_and_what_nobody_names_as_an_object(view) -> None:
    seen = view()
    seen.play(2)
    found = seen.play(1, [WALKER], ANYONE)[-1]
    assert (found.labels, found.card) == (("person",), "model@1")
    assert iou(found.boxes, as_array([WALKER]))[0, 0] > 0.99
    nameless = seen.play(1, [Box(100, 200, 160, 240), WALKER], ANYONE)[-1]
    assert sorted(nameless.labels) == ["object", "person"]


def test_two_people_in_one_blob_are_two_persons(view) -> None:
    seen, friend = view(), Box(335, 105, 372, 200)
    seen.play(2)
    found = seen.play(1, [WALKER, friend], [(WALKER, 0.6), (friend, 0.6)])[-1]
    assert found.labels == ("person", "person")


def test_of_a_blob_that_a_name_hardly_explains_the_rest_is_an_object(view) -> None:
    seen, cart = view(), Box(335, 110, 480, 200)
    seen.play(2)
    found = seen.play(1, [WALKER, cart], ANYONE)[-1]
    assert found.labels == ("person", "object")
    assert iou(found.boxes[1:], as_array([cart]))[0, 0] > 0.7


def test_a_name_makes_nothing_less_sure_than_motion_was(view) -> None:
    seen = view()
    seen.play(2)
    nameless = seen.play(1, [WALKER])[-1]
    named = seen.play(1, [WALKER], [(WALKER, SURE)])[-1]
    assert named.scores[0] >= 0.9 * nameless.scores[0] > SURE


def test_what_the_model_doubts_gives_no_name_and_keeps_one(view) -> None:
    seen, weakly = view(), [(WALKER, 0.8 * SURE)]
    seen.play(2)
    assert seen.play(1, [WALKER], weakly)[-1].labels == ("object",)
    seen.play(1, [WALKER], ANYONE)
    assert seen.play(5, [WALKER], weakly)[-1].labels == ("person",)


def test_a_chair_that_never_moved_is_nobody_even_while_somebody_passes_it(view) -> None:
    seen, chair = view(), (CHAIR, 0.9)
    assert not any(len(found) for found in seen.play(3, [CHAIR], [chair]))
    for found in seen.play(2, [CHAIR, WALKER], [chair, *ANYONE]):
        assert len(iou(found.boxes, as_array([WALKER]))) == 1
    assert not any(len(found) for found in seen.play(2, [CHAIR], [chair]))


def test_a_chair_is_nobody_again_when_all_that_was_left_of_who_passed_has_gone(view) -> None:
    seen = view()
    chair = ((CHAIR, 0.9),)
    seen.play(2, seen=chair)
    last_of_him = Box(345, 135, 369, 195)
    while_there = seen.play(1, [last_of_him], chair)
    assert any(len(told) for told in while_there)  # it may as well be the chair that stirs
    after = seen.play(3, seen=chair)
    assert all(not len(told) for told in after[5:])


def test_who_sat_there_since_the_start_is_told_once_they_stir(view) -> None:
    seen, sitting, arm = view(), [(CHAIR, 0.9)], Box(334, 140, 364, 160)
    assert not any(len(found) for found in seen.play(3, [CHAIR], sitting))
    assert seen.play(0.4, [CHAIR], sitting, waving=[arm])[-1].labels == ("person",)


def test_who_came_and_stands_still_is_told_when_the_background_has_taken_them_in(view) -> None:
    seen, absorb_s = view(absorb_s=4), 4
    seen.play(2)
    assert seen.play(10 * absorb_s, [WALKER], ANYONE)[-1].labels == ("person",)
    alone = MotionDetector(absorb_s=absorb_s)
    for step in range(210):
        things = drawn(WALKER) if step >= 10 else []
        (found,) = alone.detect([Look.whole(seen.scene.frame(step / 5, things), Rung.LUMA)])
    assert not len(found)
    told = seen.play(PATIENCE_S + 1, [WALKER])
    assert not len(told[-1])


def test_who_has_gone_is_told_no_longer(view) -> None:
    seen = view()
    seen.play(2)
    assert len(seen.play(1, [WALKER], ANYONE)[-1])
    assert not any(len(found) for found in seen.play(0.4))


def test_the_model_sees_an_empty_view_once_a_minute_and_what_rests_once_a_second(view) -> None:
    seen = view()
    seen.play(50)
    assert seen.asked == [0.0]
    seen.play(5, [WALKER])
    came = [moment for moment in seen.asked if 50 <= moment < 55]
    assert 5 <= len(came) <= 7
    seen.play(70)
    left = [moment for moment in seen.asked if moment >= 65]
    assert len(left) <= 2
