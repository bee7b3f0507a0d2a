from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vigil.core import Box
from vigil.stages.rules.wrong_way import WrongWay

from .films import NOON_S, Actor, blinks, events, film, raised_s, spans, stands, walks

EAST = ((0.1, 0.7), (0.9, 0.7))
BEND = ((0.1, 0.9), (0.7, 0.9), (0.7, 0.2))
LOWER = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))


def car(*stops: tuple[float, tuple[float, float]], **fields: object) -> Actor:
    return Actor(**{"label": "car", "high": 0.15, "wide": 0.12, "where": walks(*stops), **fields})


WEST = car((1.0, (0.9, 0.7)), (9.0, (0.1, 0.7)))


def test_who_goes_against_the_lane_is_told_from_where_it_came():
    scenes = film(WEST, until_s=12)
    ((start_s, end_s),) = spans(WrongWay(lane=EAST), scenes)
    assert (start_s, end_s) == (1.0, pytest.approx(9.0, abs=0.1))
    (told_s,) = raised_s(WrongWay(lane=EAST), scenes)
    assert told_s < 2.0
    (event,) = events(WrongWay(lane=EAST), scenes)
    assert event.claim == "A car moves against the allowed direction in the picture."
    assert event.claim_zh == "画面中有汽车逆行。"


def test_traffic_the_right_way_is_silent():
    cars = [car((i, (0.0, 0.7)), (i + 4, (1.0, 0.7)), id=i) for i in range(20)]
    assert events(WrongWay(lane=EAST), film(*cars, until_s=30)) == []


def test_who_crosses_the_lane_is_not_going_against_it():
    for slant in (0.0, -0.1, 0.1):
        across = car((0, (0.5, 0.4)), (6, (0.5 + slant, 0.95)))
        assert events(WrongWay(lane=EAST), film(across, until_s=8)) == []


def test_what_stands_with_a_shaking_box_is_silent():
    def shakes(t: float) -> tuple[float, float]:
        return 0.5 + (0.01 if round(t * 10) % 2 else -0.01), 0.7

    assert events(WrongWay(lane=EAST), film(car(where=shakes), until_s=60)) == []


def test_a_lane_may_bend():
    along = car((0, (0.1, 0.9)), (5, (0.7, 0.9)), (10, (0.7, 0.3)))
    back = car((0, (0.7, 0.3)), (5, (0.7, 0.9)), (10, (0.1, 0.9)))
    assert events(WrongWay(lane=BEND), film(along, until_s=12)) == []
    ((start_s, end_s),) = spans(WrongWay(lane=BEND), film(back, until_s=12))
    assert (start_s, end_s) == (0.0, pytest.approx(10.0, abs=0.1))


def test_who_turns_is_told_from_the_turn_until_it_goes_right_again():
    turns = car((0, (0.1, 0.7)), (4, (0.7, 0.7)), (8, (0.3, 0.7)), (14, (0.95, 0.7)))
    ((start_s, end_s),) = spans(WrongWay(lane=EAST), film(turns, until_s=16))
    assert start_s == pytest.approx(4.0, abs=0.2)
    assert 8.0 <= end_s <= 9.5


def test_one_jump_back_as_of_swapped_tracks_is_silent():
    def swapped(t: float) -> tuple[float, float]:
        return 0.1 + 0.08 * t - (0.25 if t > 4 else 0.0), 0.7

    assert events(WrongWay(lane=EAST), film(car(where=swapped), until_s=10)) == []


def test_only_its_zone_and_its_labels_count():
    above = car((1.0, (0.9, 0.3)), (9.0, (0.1, 0.3)))
    walker = car((1.0, (0.9, 0.7)), (9.0, (0.1, 0.7)), label="person")
    rule = WrongWay(lane=EAST, zone=LOWER)
    assert events(rule, film(above, until_s=10)) == []
    assert events(rule, film(walker, until_s=10)) == []
    assert len(events(WrongWay(lane=EAST, labels=("person",)), film(walker, until_s=10))) == 1


def test_a_track_broken_on_the_way_is_one_event():
    path = walks((1.0, (0.9, 0.7)), (9.0, (0.1, 0.7)))
    first = car(where=blinks(path, out=[(4.0, 99)]), id=1)
    second = car(where=blinks(path, out=[(0, 4.2)]), id=2)
    assert len(events(WrongWay(lane=EAST), film(first, second, until_s=12))) == 1


@pytest.mark.parametrize("hz", [2, 5, 25])
def test_few_looks_are_enough(hz):
    fast = car((0.0, (1.0, 0.7)), (3.0, (0.0, 0.7)))
    assert len(events(WrongWay(lane=EAST), film(fast, until_s=5, hz=hz))) == 1


def test_what_was_parked_is_silent():
    assert events(WrongWay(lane=EAST), film(car(where=stands((0.5, 0.7))), until_s=30)) == []


@pytest.mark.parametrize(
    "lane", [None, [[0.1, 0.5]], [[0.1, 0.5], [0.1, 0.5]], "0.1,0.5", [[0, 0], [2, 0]]]
)
def test_a_lane_needs_points(lane):
    settings = {} if lane is None else {"lane": lane}
    with pytest.raises(ValidationError, match="lane"):
        TypeAdapter(WrongWay).validate_python(settings)


@given(
    cars=st.lists(
        st.tuples(st.booleans(), st.floats(0.55, 0.95), st.floats(2.0, 6.0)),
        min_size=1,
        max_size=5,
    )
)
def test_exactly_those_against_the_lane_are_told(cars):
    actors = []
    for number, (wrong, y, lasts_s) in enumerate(cars):
        x1, x2 = (0.95, 0.05) if wrong else (0.05, 0.95)
        start_s = 8.0 * number
        actors.append(car((start_s, (x1, y)), (start_s + lasts_s, (x2, y)), id=number + 1))
    found = events(WrongWay(lane=EAST), film(*actors, until_s=8.0 * len(cars), hz=5))
    wanted = [8.0 * number for number, (wrong, _, _) in enumerate(cars) if wrong]
    assert [event.start_s - NOON_S for event in found] == pytest.approx(wanted, abs=0.21)


def test_a_box_that_slides_from_one_parked_car_to_the_next_is_silent():
    ours, both, next_one = (0.55, 0.7), (0.4, 0.7), (0.4, 0.55)
    sides = [ours] * 5 + [both] * 3 + [next_one] * 5
    scenes = film(car(where=stands((0.6, 0.7))), until_s=len(sides) / 5, hz=5)
    slid = []
    for scene, (left, right) in zip(scenes, sides, strict=True):
        (track,) = scene.tracks
        box = Box(left * scene.width, track.box.y1, right * scene.width, track.box.y2)
        slid.append(replace(scene, tracks=(track._replace(box=box),)))
    assert events(WrongWay(lane=EAST), slid) == []
