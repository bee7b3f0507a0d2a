"""Where looks go, and what is news, on hand-made tracks."""

import numpy as np

from vigil.core import Box, Boxes, Detections, Track, as_array
from vigil.pipeline.attention import SETTLED, Attention

NOTHING = as_array([])
PARKED = Box(200, 100, 300, 160)


def a_track(box: Box, *, hits: int = 50, label: str = "car", speed: float = 0.0) -> Track:
    return Track(
        id=1,
        label=label,
        box=box,
        score=0.9,
        first_seen_s=0.0,
        last_seen_s=9.0,
        hits=hits,
        velocity=(speed, 0.0),
    )


def seen(*boxes: Box, label: str = "person", score: float = 0.9) -> Detections:
    return Detections(
        boxes=as_array(list(boxes)),
        scores=np.full(len(boxes), score, np.float32),
        labels=(label,) * len(boxes),
    )


def attention(*tracks: Track) -> Attention:
    made = Attention(frozenset({"person", "car"}), wake_score=0.15)
    made.tracks = tracks
    return made


def at(x: float) -> Boxes:
    return as_array([Box(x, 40, x + 40, 120)])


def test_a_look_leaves_out_what_long_stands_far_from_all_motion() -> None:
    assert len(attention(a_track(PARKED)).regions(at(0))) == 1
    assert len(attention(a_track(PARKED, hits=SETTLED - 1)).regions(at(0))) == 1
    person = a_track(PARKED, hits=SETTLED - 1, label="person")
    assert len(attention(person).regions(at(0))) == 2, "somebody has just come"
    assert len(attention(a_track(PARKED, speed=40)).regions(at(0))) == 2
    assert len(attention(a_track(PARKED)).regions(at(190))) == 2


def test_when_nothing_moves_everything_believed_is_looked_at() -> None:
    assert attention(a_track(PARKED)).regions(NOTHING).tolist() == [list(PARKED)]


def test_something_wanted_where_it_moves_wakes() -> None:
    person = Box(5, 45, 30, 115)
    assert attention().is_woken(seen(person), at(0))
    assert not attention().is_woken(seen(person, label="bird"), at(0))
    assert not attention().is_woken(seen(person, score=0.1), at(0))


def test_of_somebody_in_the_dark_it_is_enough_that_the_legs_move() -> None:
    legs = as_array([Box(4, 92, 50, 140)])
    assert attention().is_woken(seen(Box(15, 56, 33, 91)), legs)
    assert len(attention().glimpses(seen(Box(15, 56, 33, 91), score=0.2), legs)) == 1
    assert len(attention().glimpses(seen(Box(15, 16, 33, 51)), legs)) == 0
    assert len(attention().glimpses(Detections.none(), legs)) == 0


def test_only_a_sure_sight_of_what_moves_is_sure() -> None:
    person = Box(5, 45, 30, 115)
    assert attention().is_sure(seen(person), at(0))
    assert not attention().is_sure(seen(person, score=0.4), at(0))
    assert not attention().is_sure(seen(person), at(300))


def test_a_parked_car_beside_a_moving_bush_does_not_wake() -> None:
    assert not attention().is_woken(seen(PARKED, label="car"), at(0))


def test_a_thing_that_a_track_explains_wakes_only_when_it_moves_there() -> None:
    watching = attention(a_track(PARKED))
    assert not watching.is_woken(seen(PARKED, label="car"), NOTHING)
    assert watching.is_woken(seen(PARKED, label="car"), at(190))


def test_a_believed_thing_that_is_gone_wakes_so_that_its_end_is_found() -> None:
    assert attention(a_track(PARKED)).is_woken(Detections.none(), at(210))


def test_a_doubtful_sight_asks_for_another_look_and_a_sure_or_an_empty_one_does_not() -> None:
    watching = attention()
    answers = []
    for score in (0.3, 0.9, 0.05):
        watching.note(seen(PARKED, score=score))
        answers.append(watching.wanted)
    watching.note(Detections.none())
    assert answers == [True, False, False]
    assert not watching.wanted


def test_who_has_just_come_asks_for_another_look_and_a_parked_car_does_not() -> None:
    assert attention(a_track(PARKED, hits=2, label="person")).wanted
    assert attention(a_track(PARKED, hits=2, speed=40)).wanted
    assert not attention(a_track(PARKED, hits=2)).wanted
    assert not attention(a_track(PARKED, speed=40)).wanted


def test_people_and_movers_are_nothing_that_was_left_behind() -> None:
    standing = a_track(PARKED, label="person")
    moving = a_track(PARKED, speed=40)
    assert len(attention(standing, moving, a_track(PARKED)).restless()) == 2
