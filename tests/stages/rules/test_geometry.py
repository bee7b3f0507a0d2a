from cmath import phase
from math import tau
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vigil.core import Box, Scene
from vigil.stages.rules.geometry import Area, Line, Wire, Zone, covered, gap, overlap, stand

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
SCENE = Scene(source="gate", time_s=0.0, width=200, height=100)
share = st.floats(0, 1)


def problem(kind: object, value: object) -> tuple[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    (error,) = caught.value.errors()
    return error["loc"], error["msg"]


def test_a_zone_may_be_written_as_pairs_or_as_frigate_writes_it():
    pairs = TypeAdapter(Zone).validate_python([[0.1, 0.2], [0.9, 0.2], [0.5, 0.9]])
    assert pairs == TypeAdapter(Zone).validate_python("0.1,0.2,0.9,0.2,0.5,0.9")


def test_a_zone_that_repeats_its_first_corner_is_closed_not_wrong():
    assert len(TypeAdapter(Zone).validate_python([*SQUARE, SQUARE[0]])) == 4


@pytest.mark.parametrize(
    ("value", "place", "words"),
    [
        ([[0.1, 0.2], [0.9, 640], [0.5, 0.9]], (1, 1), "less than or equal to 1"),
        ([[0.1, 0.2], [-0.1, 0.2], [0.5, 0.9]], (1, 0), "greater than or equal to 0"),
        ([[0.1, float("nan")], [0.9, 0.2], [0.5, 0.9]], (0, 1), ""),
        ([[0.1, 0.2], [0.9, 0.2]], (), "at least 3 corners; found 2"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], (), "must not cross"),
        ([[0, 0], [0.5, 0.5], [1, 1]], (), "enclose some area"),
        ([[0, 0], [1, 0], [1, 1], [1, 0]], (), "[1.0, 0.0] twice"),
        ("yard", (), "found 'yard'"),
        ("0.1,0.2,0.3", (), '"x,y,x,y"'),
    ],
)
def test_a_wrong_zone_is_refused_with_place_and_reason(value, place, words):
    where, message = problem(Zone, value)
    assert where == place
    assert words in message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([[0, 0]], "2 ends; found 1"),
        ([[0, 0], [1, 1], [0, 1]], "2 ends; found 3"),
        ("0.5,0.5,0.5,0.5", "must differ"),
    ],
)
def test_a_wrong_line_is_refused_with_the_reason(value, words):
    assert words in problem(Line, value)[1]


def test_the_border_belongs_to_the_zone():
    area = Area(SQUARE)
    for corner in SQUARE:
        assert area.holds(corner)
    assert area.holds((0.5, 0.8))
    assert not area.holds((0.5, 0.81))


def test_a_notch_is_outside():
    arrow = Area([(0, 0), (1, 0), (1, 1), (0.5, 0.2), (0, 1)])
    assert arrow.holds((0.5, 0.1))
    assert not arrow.holds((0.5, 0.6))


@given(share, share)
def test_a_mirrored_zone_holds_the_mirrored_point(x, y):
    notched = [(0.1, 0.1), (0.9, 0.3), (0.7, 0.9), (0.4, 0.5), (0.2, 0.8)]
    mirror = [(1 - a, b) for a, b in notched]
    assert Area(notched).holds((x, y)) == Area(mirror).holds((1 - x, y))


def turns(point, corners):
    """How often the border goes round a point, and how far away it is."""
    at = complex(*point)
    spokes = [complex(*corner) - at for corner in corners]
    pairs = list(zip(spokes, spokes[1:] + spokes[:1], strict=True))
    nearest = min(
        abs(one - (one - other) * min(max((one * (one - other).conjugate()).real, 0.0)
        / abs(one - other) ** 2, 1.0))
        for one, other in pairs
    )  # fmt: skip
    return round(sum(phase(other / one) for one, other in pairs) / tau), nearest


@given(st.integers(0, 2**32))
def test_a_point_is_inside_when_the_border_goes_round_it(seed):
    chance = Random(seed)
    middle = (chance.uniform(0.3, 0.7), chance.uniform(0.3, 0.7))
    corners = [(chance.random(), 0.0), (1.0, chance.random()), middle, (0.0, chance.random())]
    asked = Area(corners)
    for _ in range(100):
        on_a_tile = (chance.randrange(33) / 32, chance.randrange(33) / 32)
        anywhere = (chance.uniform(-0.1, 1.1), chance.uniform(-0.1, 1.1))
        for point in (on_a_tile, anywhere):
            if point in corners:
                assert asked.holds(point)
                continue
            round_it, away = turns(point, corners)
            if away > 2e-6:
                assert asked.holds(point) == (round_it != 0)
            elif away < 5e-7:
                assert asked.holds(point)


def test_each_point_of_many_is_told_as_it_is_alone():
    area, chance = Area(SQUARE), Random(5)
    points = [(chance.random(), chance.random()) for _ in range(200)] + list(SQUARE)
    assert area.each(points) == [area.holds(point) for point in points]


def test_who_is_cut_off_by_the_lower_edge_stands_on_it():
    assert stand(Box(90, 50, 110, 130), SCENE) == (0.5, 1.0)
    assert Area([(0, 0.5), (1, 0.5), (1, 1), (0, 1)]).holds(stand(Box(90, 50, 110, 130), SCENE))


def test_the_centre_may_stand_for_a_thing():
    assert stand(Box(90, 20, 110, 60), SCENE, "centre") == (0.5, 0.4)


def test_right_of_a_line_drawn_from_left_to_right_is_below_it():
    wire = Wire([(0, 0.5), (1, 0.5)], aspect=2.0)
    assert wire.beyond(wire.upright((0.3, 0.75))) == pytest.approx(0.25)
    assert wire.beyond(wire.upright((0.3, 0.25))) == pytest.approx(-0.25)
    assert wire.along(wire.upright((0.25, 0.9))) == pytest.approx(0.25)


def test_distances_from_a_line_are_picture_heights_in_every_direction():
    upright = Wire([(0.5, 0), (0.5, 1)], aspect=2.0)
    assert abs(upright.beyond(upright.upright((0.6, 0.5)))) == pytest.approx(0.2)


def test_gap_overlap_and_cover_of_two_boxes():
    one, other = Box(0, 0, 10, 10), Box(13, 14, 20, 20)
    assert gap(one, other) == 5.0
    assert gap(one, Box(5, 5, 20, 20)) == 0.0
    assert overlap(one, Box(0, 0, 10, 20)) == 0.5
    assert covered(Box(0, 0, 10, 20), one) == 0.5
    assert overlap(Box(1, 1, 1, 1), Box(1, 1, 1, 1)) == covered(Box(1, 1, 1, 1), one) == 0.0
