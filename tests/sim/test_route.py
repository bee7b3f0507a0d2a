import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.sim.route import Route, Stop

coordinates = st.floats(-20, 20).map(lambda value: round(value, 2))
corners = st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=6, unique=True)


def test_a_route_takes_its_length_over_its_speed() -> None:
    route = Route(points=((0.0, 0.0), (3.0, 4.0)), start_s=2.0, speed_m_s=2.0)
    assert route.end_s == pytest.approx(4.5)
    half = route.at(3.25)
    assert half is not None
    assert (half.x, half.y) == pytest.approx((1.5, 2.0))
    assert half.heading == pytest.approx(np.arctan2(4, 3))


def test_nobody_is_there_before_the_start_and_after_the_end() -> None:
    route = Route(points=((0.0, 0.0), (2.0, 0.0)), start_s=1.0, speed_m_s=1.0)
    assert route.at(0.99) is None
    assert route.at(3.01) is None


def test_a_stop_holds_its_place_for_its_time() -> None:
    route = Route(points=((0.0, 0.0), (5.0, 0.0), (9.0, 0.0)), stops=(Stop(1, 3.0),))
    start_s, end_s = route.stop_interval_s(1)
    assert end_s - start_s == pytest.approx(3.0)
    for time_s in (start_s, (start_s + end_s) / 2, end_s):
        stance = route.at(time_s)
        assert stance is not None
        assert stance.x == pytest.approx(5.0)
    middle = route.at((start_s + end_s) / 2)
    assert middle is not None
    assert middle.speed_m_s == 0


@pytest.mark.parametrize("corner", [0, 2])
def test_a_stop_must_be_at_a_corner_that_exists(corner: int) -> None:
    with pytest.raises(ValueError, match="allowed: 1 to 1"):
        Route(points=((0.0, 0.0), (5.0, 0.0)), stops=(Stop(corner, 3.0),))


@settings(max_examples=40, deadline=None)
@given(corners, st.floats(0.5, 10))
def test_no_actor_ever_jumps(points: list[tuple[float, float]], speed_m_s: float) -> None:
    route = (
        Route(
            points=tuple(points),
            speed_m_s=speed_m_s,
            stops=(Stop(len(points) - 1, 1.0), Stop(1, 2.0)),
        )
        if len(points) > 2
        else Route(points=tuple(points), speed_m_s=speed_m_s)
    )
    times = np.linspace(0, route.end_s, 60)
    stances = [route.at(float(time_s)) for time_s in times]
    places = np.array([(s.x, s.y) for s in stances if s is not None])
    assert len(places) == len(times)
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert steps.max() <= speed_m_s * (times[1] - times[0]) * 1.001 + 1e-9
