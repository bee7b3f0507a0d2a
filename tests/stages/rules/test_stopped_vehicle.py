import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.rules.stopped_vehicle import StoppedVehicle

from .films import NOON_S, Actor, blinks, events, film, raised_s, spans, stands, walks

LANE = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))


def car(*stops: tuple[float, tuple[float, float]], **fields: object) -> Actor:
    return Actor(**{"label": "car", "high": 0.15, "wide": 0.15, "where": walks(*stops), **fields})


def breakdown(**fields: object) -> Actor:
    """Drives in, stops from 4 s to 40 s, and drives on."""
    return car((0, (0.1, 0.8)), (4, (0.5, 0.8)), (40, (0.5, 0.8)), (44, (0.9, 0.8)), **fields)


def test_a_car_that_stops_is_told_from_its_stop_to_its_start():
    scenes = film(breakdown(), until_s=50)
    ((start_s, end_s),) = spans(StoppedVehicle(), scenes)
    assert start_s == pytest.approx(4.0, abs=0.3)
    assert end_s == pytest.approx(40.0, abs=0.4)
    (moment_s,) = raised_s(StoppedVehicle(), scenes)
    assert moment_s == pytest.approx(14.0, abs=0.3)
    (event,) = events(StoppedVehicle(), scenes)
    assert event.claim == "A car has stopped in the picture for longer than 10 seconds."


def test_moving_traffic_is_silent():
    crowd = [car((i * 2, (0.0, 0.8)), (i * 2 + 8, (1.0, 0.8)), id=i) for i in range(20)]
    assert events(StoppedVehicle(longer_than_s=3.0), film(*crowd, until_s=50)) == []


def test_a_slow_queue_is_silent():
    creeping = car((0, (0.1, 0.8)), (60, (0.9, 0.8)))
    assert events(StoppedVehicle(longer_than_s=5.0), film(creeping, until_s=62)) == []


def test_what_was_parked_before_is_told_only_when_asked():
    parked = car(where=stands((0.5, 0.8)))
    assert events(StoppedVehicle(), film(parked, until_s=60)) == []
    assert len(events(StoppedVehicle(parked=True), film(parked, until_s=60))) == 1


def test_a_parked_car_behind_passing_traffic_is_one_event():
    stop = (0.5, 0.8)
    hidden = blinks(
        walks((0, (0.1, 0.8)), (4, stop), (60, stop)), out=[(t, t + 2) for t in range(10, 58, 6)]
    )
    assert len(events(StoppedVehicle(), film(car(where=hidden), until_s=60))) == 1


def test_a_shaking_box_is_at_rest():
    def shakes(t: float) -> tuple[float, float]:
        if t < 4:
            return 0.1 + 0.1 * t, 0.8
        return 0.5 + 0.005 * (round(t * 10) % 3), 0.8

    assert len(events(StoppedVehicle(), film(car(where=shakes), until_s=60))) == 1


def test_one_odd_box_does_not_end_a_stop():
    def jumps(t: float) -> tuple[float, float]:
        if t < 4:
            return 0.1 + 0.1 * t, 0.8
        return (0.5, 0.9) if round(t * 10) % 50 == 0 else (0.5, 0.8)

    assert len(events(StoppedVehicle(), film(car(where=jumps), until_s=60))) == 1


def test_only_stops_inside_the_zone_count_and_its_border_does_not_flicker():
    outside = car((0, (0.1, 0.3)), (4, (0.5, 0.3)), (40, (0.5, 0.3)))
    assert events(StoppedVehicle(zone=LANE), film(outside, until_s=50)) == []

    def on_the_border(t: float) -> tuple[float, float]:
        return (0.1 + 0.1 * t, 0.502) if t < 4 else (0.5, 0.502 - 0.004 * (round(t * 10) % 2))

    border = car(where=on_the_border)
    assert len(events(StoppedVehicle(zone=LANE), film(border, until_s=60))) <= 1


def test_it_holds_while_nothing_moves_and_nobody_looks():
    scenes = film(breakdown(), until_s=50, asleep=[(7.0, 39.0)])
    ((start_s, end_s),) = spans(StoppedVehicle(), scenes)
    assert (start_s, end_s) == (pytest.approx(4.0, abs=0.3), pytest.approx(40.0, abs=0.4))


def test_a_car_that_vanishes_ends_its_event_where_it_was_last_seen():
    towed = car((0, (0.1, 0.8)), (4, (0.5, 0.8)), (30, (0.5, 0.8)))
    ((_, end_s),) = spans(StoppedVehicle(), film(towed, until_s=60))
    assert end_s == 30.0


def test_two_stops_are_two_events():
    bus = car(
        (0, (0.1, 0.8)),
        (3, (0.4, 0.8)),
        (20, (0.4, 0.8)),
        (23, (0.7, 0.8)),
        (50, (0.7, 0.8)),
        label="bus",
    )
    assert len(events(StoppedVehicle(), film(bus, until_s=60))) == 2


def test_a_person_who_waits_is_no_vehicle():
    assert events(StoppedVehicle(), film(breakdown(label="person"), until_s=50)) == []


@given(st.floats(1.0, 8.5) | st.floats(11.5, 30.0))
def test_only_long_stops_are_told(lasts_s):
    stop = (0.5, 0.8)
    path = car((0, (0.1, 0.8)), (4, stop), (4 + lasts_s, stop), (8 + lasts_s, (0.9, 0.8)))
    found = events(StoppedVehicle(), film(path, until_s=12 + lasts_s, hz=5))
    assert len(found) == (lasts_s > 10)
    assert all(event.start_s - NOON_S == pytest.approx(4.0, abs=0.4) for event in found)


def test_a_track_that_jumps_from_one_parked_car_to_the_next_has_not_come():
    def handed_on(t: float) -> tuple[float, float]:
        return (0.3, 0.6) if t < 3 else (0.6, 0.6)

    parked = Actor(where=handed_on, label="car", high=0.15, wide=0.12)
    assert events(StoppedVehicle(longer_than_s=5), film(parked, until_s=20, hz=5)) == []
