import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vigil.stages.rules.ground import Ground
from vigil.stages.rules.speed import KMH, Speed

from .films import NOON_S, Actor, blinks, events, film, spans, stands, walks

LINES = (((0.3, 0.4), (0.3, 1.0)), ((0.8, 0.4), (0.8, 1.0)))
"""Half of the picture's width apart."""
# A rectangle of 8 by 40 m on the ground, as a camera on a pole sees it.
ROAD = ((0.4, 0.3), (0.6, 0.3), (0.95, 1.0), (0.05, 1.0))
WIDE_M, LONG_M = 8.0, 40.0


def between_lines(**settings: object) -> Speed:
    return Speed(**{"lines": LINES, "distance_m": 20.0, "faster_than_kmh": 50.0, **settings})


def on_the_ground(**settings: object) -> Speed:
    return Speed(
        **{
            "ground": ROAD,
            "width_m": WIDE_M,
            "length_m": LONG_M,
            "distance_m": 10.0,
            "faster_than_kmh": 50.0,
            **settings,
        }
    )


def passes(kmh: float, *, back: bool = False, **fields: object) -> Actor:
    """Across the picture; half of its width is 20 m."""
    lasts_s = 40.0 / (kmh / KMH)
    ends = [(0.0, 0.7), (1.0, 0.7)][:: -1 if back else 1]
    where = walks((1.0, ends[0]), (1.0 + lasts_s, ends[1]))
    return Actor(**{"label": "car", "high": 0.1, "wide": 0.1, "where": where, **fields})


def drives(kmh: float, **fields: object) -> Actor:
    """Down the road, in the middle of it, at an even speed on the ground."""
    there = Ground(
        ((0.0, 0.0), (WIDE_M, 0.0), (WIDE_M, LONG_M), (0.0, LONG_M)), width_m=1.0, length_m=1.0
    )
    assert there.place((4.0, 20.0)) == pytest.approx((0.5, 0.5))
    lasts_s = LONG_M / (kmh / KMH)

    def where(t: float) -> tuple[float, float] | None:
        metres = (t - 1.0) * kmh / KMH
        return seen_at(WIDE_M / 2, metres) if 0 <= t - 1.0 <= lasts_s else None

    return Actor(**{"label": "car", "high": 0.05, "wide": 0.05, "where": where, **fields})


def seen_at(across_m: float, along_m: float) -> tuple[float, float]:
    """The point of the picture that lies there on the ground, found by halving."""
    ground = Ground(ROAD, width_m=WIDE_M, length_m=LONG_M)
    low, high = 0.3, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if ground.place((0.5, middle))[1] < along_m else (low, middle)
    assert across_m == WIDE_M / 2
    return 0.5, low


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("hz", [5, 12, 25])
def test_a_passage_between_two_lines_is_timed_either_way(back, hz):
    (event,) = events(between_lines(), film(passes(72.0, back=back), until_s=8, hz=hz))
    assert event.counts["km_h"] == pytest.approx(72, abs=1)
    assert event.start_s - NOON_S == pytest.approx(1.4 if back else 1.6, abs=0.05)
    assert event.end_s - event.start_s == pytest.approx(1.0, abs=0.05)
    assert event.claim == "A car moves faster than 50 km/h in the picture."
    assert event.claim_zh == "画面中汽车的速度超过50公里/小时。"


def test_who_keeps_to_the_limit_is_silent():
    assert events(between_lines(), film(passes(45.0), until_s=8)) == []


def test_slowness_may_be_told_instead():
    rule = between_lines(faster_than_kmh=None, slower_than_kmh=30.0)
    (event,) = events(rule, film(passes(20.0), until_s=12))
    assert event.counts["km_h"] == 20
    assert event.claim == "A car moves slower than 30 km/h in the picture."
    assert events(rule, film(passes(45.0), until_s=12)) == []


def test_one_line_alone_the_ends_of_a_line_and_a_long_stop_give_no_speed():
    turns = walks((0, (0.1, 0.7)), (1, (0.5, 0.7)), (2, (0.1, 0.7)))
    above = walks((0, (0.0, 0.3)), (2, (1.0, 0.3)))
    waits = walks((0, (0.1, 0.7)), (1, (0.5, 0.7)), (30, (0.5, 0.7)), (31, (0.9, 0.7)))
    rule = between_lines(faster_than_kmh=None, slower_than_kmh=200.0)
    for where in (turns, above, waits):
        assert events(rule, film(passes(1, where=where), until_s=35)) == []


def test_a_jump_over_both_lines_in_one_look_is_no_speed():
    def jumps(t: float) -> tuple[float, float]:
        return (0.1, 0.7) if t < 2 else (0.95, 0.7)

    assert events(between_lines(), film(passes(1, where=jumps), until_s=5)) == []


def test_speed_on_the_ground_is_even_though_the_picture_is_not():
    (event,) = events(on_the_ground(), film(drives(72.0), until_s=6, hz=10))
    assert event.counts["km_h"] == pytest.approx(72, abs=2)
    assert event.start_s - NOON_S == pytest.approx(1.0, abs=0.2)
    assert event.claim == "A car moves faster than 50 km/h in the marked zone."
    assert events(on_the_ground(), film(drives(45.0), until_s=8, hz=10)) == []


def test_who_brakes_ends_the_event():
    def brakes(t: float) -> tuple[float, float] | None:
        metres = 20.0 * t if t < 1.1 else 22.0 + 3.0 * (t - 1.1)
        return seen_at(WIDE_M / 2, metres) if metres <= LONG_M else None

    ((start_s, end_s),) = spans(on_the_ground(), film(drives(1, where=brakes), until_s=8, hz=10))
    assert start_s == 0.0
    assert end_s == pytest.approx(1.0, abs=0.15)


def test_ground_with_three_corners_on_a_line_is_refused():
    with pytest.raises(ValueError, match="no three of its four corners"):
        on_the_ground(ground=((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.5, 1.0)))


def test_what_stands_is_never_timed():
    rule = on_the_ground(faster_than_kmh=None, slower_than_kmh=300.0)
    assert events(rule, film(drives(1, where=stands((0.5, 0.8))), until_s=60)) == []


def test_what_is_beyond_the_ground_is_not_timed_even_on_the_horizon():
    up = Actor(label="car", high=0.05, where=walks((0, (0.5, 0.25)), (10, (0.5, 0.0))))
    rule = on_the_ground(faster_than_kmh=0.1, zone=((0, 0), (1, 0), (1, 1), (0, 1)))
    assert events(rule, film(up, until_s=12, hz=25)) == []


def test_a_track_broken_between_the_lines_is_timed():
    whole = passes(40.0)
    first = passes(40.0, where=blinks(whole.where, out=[(2.0, 99)]), id=1)
    second = passes(40.0, where=blinks(whole.where, out=[(0, 2.0)]), id=2)
    rule = between_lines(faster_than_kmh=30.0)
    (event,) = events(rule, film(first, second, until_s=8))
    assert event.counts["km_h"] == pytest.approx(40, abs=2)


@pytest.mark.parametrize(
    "settings",
    [
        {"faster_than_kmh": 50},
        {"lines": LINES, "distance_m": 5},
        {"lines": LINES, "distance_m": 5, "faster_than_kmh": 50, "slower_than_kmh": 5},
        {"lines": LINES, "distance_m": 0, "faster_than_kmh": 50},
        {"lines": LINES[:1], "distance_m": 5, "faster_than_kmh": 50},
        {"distance_m": 5, "faster_than_kmh": 50},
        {"ground": ROAD, "distance_m": 5, "faster_than_kmh": 50},
        {"ground": ROAD[:3], "width_m": 1, "length_m": 1, "distance_m": 5, "faster_than_kmh": 50},
        {"ground": ROAD, "lines": LINES, "width_m": 1, "length_m": 1, "distance_m": 5,
         "faster_than_kmh": 50},
    ],
)  # fmt: skip
def test_a_measurement_that_cannot_be_made_is_refused(settings):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Speed).validate_python(settings)
    assert len(caught.value.errors()) == 1


@given(kmh=st.floats(10, 90), limit=st.floats(10, 90), hz=st.sampled_from([5, 10, 25]))
def test_only_who_is_faster_is_told_and_how_fast(kmh, limit, hz):
    rule = between_lines(faster_than_kmh=limit)
    found = events(rule, film(passes(kmh), until_s=18, hz=hz))
    if abs(kmh - limit) > 1:
        assert bool(found) == (kmh > limit)
    assert all(event.counts["km_h"] == pytest.approx(kmh, rel=0.02, abs=1) for event in found)
