"""How boxes move between looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box
from vigil.stages.track import motion
from vigil.stages.track.motion import Motion

PLACE = (100.0, 200.0, 40.0, 80.0)


def settled(right: float, *, looks: int = 30, wait_s: float = 0.2) -> Motion:
    """A box that was seen `looks` times, moving `right` pixels a second."""
    state = motion.begin(PLACE)
    for index in range(1, looks):
        measured = (PLACE[0] + right * index * wait_s, *PLACE[1:])
        state = motion.correct(motion.predict(state, wait_s), measured)
    return state


@given(st.tuples(*[st.floats(0, 2000)] * 2, *[st.floats(1, 900)] * 2))
def test_places_and_corners_are_each_others_way_back(place: motion.Place) -> None:
    assert motion.place_of(motion.corners(place)) == pytest.approx(place, abs=1e-9)


def test_the_speed_of_a_steady_mover_is_learned() -> None:
    state = settled(50)
    assert state[4:8] == pytest.approx([50, 0, 0, 0], abs=0.5)
    assert motion.moves(state)
    assert not motion.moves(settled(0))


def test_doubt_grows_while_unseen_and_shrinks_with_a_hit() -> None:
    state = settled(50)
    soon, late = motion.predict(state, 0.2), motion.predict(state, 1.0)
    assert state.doubt < soon.doubt < late.doubt
    assert motion.correct(late, late[:4]).doubt < late.doubt


@given(st.floats(0, 1e6))
def test_an_unseen_thing_travels_at_first_at_speed_and_never_far(unseen_s: float) -> None:
    travel_s = motion.reach(unseen_s)
    assert 0 <= travel_s <= min(unseen_s, motion.COAST_S)
    if unseen_s <= 0.5:
        assert travel_s == pytest.approx(unseen_s, rel=0.03)


def test_a_mover_is_carried_onward_and_stops_at_last() -> None:
    box = Box._make(motion.corners(PLACE))
    onward, velocity = motion.carry(settled(50), box, 0.5)
    assert onward.x1 - box.x1 == pytest.approx(25, abs=2)
    assert velocity[0] == pytest.approx(50, abs=5)
    _, at_last = motion.carry(settled(50), box, 7200.0)
    assert at_last == pytest.approx((0, 0), abs=1e-9)


def test_a_box_is_shown_half_way_between_measured_and_filtered() -> None:
    state = motion.begin(PLACE)
    measured = motion.corners((110.0, 204.0, 44.0, 80.0))
    assert motion.place_of(motion.between(measured, state)) == pytest.approx((105, 202, 42, 80))


def test_near_and_far_things_are_treated_alike() -> None:
    near = motion.predict(motion.begin((1000.0, 2000.0, 400.0, 800.0)), 0.5)
    far = motion.predict(motion.begin(PLACE), 0.5)
    assert near[9:] == pytest.approx(far[9:])


def test_what_nobody_watched_may_have_gone_on() -> None:
    watched, unwatched = (motion.stray(settled(50), wait_s) for wait_s in (0.2, 3.0))
    assert watched < 1e-4 < unwatched
    assert motion.stray(settled(50), 1e5) == pytest.approx(unwatched)
