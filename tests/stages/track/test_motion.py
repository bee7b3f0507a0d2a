"""How boxes move between looks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.track import motion
from vigil.stages.track.motion import Motion

PLACE = np.array([[100.0, 200.0, 40.0, 80.0]])


def settled(right: float, *, looks: int = 30, wait_s: float = 0.2) -> Motion:
    """A box that was seen `looks` times, moving `right` pixels a second."""
    state = motion.begin(PLACE)
    for index in range(1, looks):
        measured = PLACE + np.array([right * index * wait_s, 0, 0, 0])
        state = motion.correct(motion.predict(state, wait_s), measured)
    return state


@given(st.lists(st.tuples(*[st.floats(0, 2000)] * 2, *[st.floats(1, 900)] * 2), max_size=5))
def test_places_and_corners_are_each_others_way_back(rows: list[tuple[float, ...]]) -> None:
    place = np.array(rows, np.float64).reshape(-1, 4)
    assert motion.places(motion.corners(place)) == pytest.approx(place, abs=1e-2)


def test_the_speed_of_a_steady_mover_is_learned() -> None:
    state = settled(50)
    assert state.speed[0] == pytest.approx([50, 0, 0, 0], abs=0.5)
    assert motion.moves(state)[0]
    assert not motion.moves(settled(0))[0]


def test_one_time_for_all_predicts_as_a_time_for_each() -> None:
    one = settled(50)
    both = Motion(*(np.vstack([column, column]) for column in one))
    together = motion.predict(both, 0.4)
    apart = motion.predict(both, np.array([[0.4], [0.4]]))
    for left, right in zip(together, apart, strict=True):
        np.testing.assert_allclose(left, right)


def test_doubt_grows_while_unseen_and_shrinks_with_a_hit() -> None:
    state = settled(50)
    soon, late = motion.predict(state, 0.2), motion.predict(state, 1.0)
    assert state.doubt[0, 0] < soon.doubt[0, 0] < late.doubt[0, 0]
    assert motion.correct(late, late.place).doubt[0, 0] < late.doubt[0, 0]


@given(st.floats(0, 1e6))
def test_an_unseen_thing_travels_at_first_at_speed_and_never_far(unseen_s: float) -> None:
    travel_s = motion.reach(unseen_s)
    assert 0 <= travel_s <= min(unseen_s, motion.COAST_S)
    if unseen_s <= 0.5:
        assert travel_s == pytest.approx(unseen_s, rel=0.03)


def test_a_box_that_stands_is_carried_nowhere_and_a_mover_onward() -> None:
    box = motion.corners(PLACE)
    hours = np.array([[7200.0]])
    stays, _ = motion.carry(settled(0), box, hours)
    np.testing.assert_array_equal(stays, box)
    onward, speed = motion.carry(settled(50), box, np.array([[0.5]]))
    assert onward[0, 0] - box[0, 0] == pytest.approx(25, abs=2)
    assert speed[0, 0] == pytest.approx(50, abs=5)
    _, at_last = motion.carry(settled(50), box, hours)
    assert at_last == pytest.approx(np.zeros((1, 2)), abs=1e-9)


def test_near_and_far_things_are_treated_alike() -> None:
    near = motion.predict(motion.begin(PLACE * 10), 0.5)
    far = motion.predict(motion.begin(PLACE), 0.5)
    assert near.doubt[0, 1:] == pytest.approx(far.doubt[0, 1:])


def test_what_nobody_watched_may_have_gone_on() -> None:
    watched, unwatched = (
        motion.stray(settled(50), np.array([[wait_s]]))[0, 0] for wait_s in (0.2, 3.0)
    )
    assert watched < 1e-4 < unwatched
    assert motion.stray(settled(50), np.array([[1e5]]))[0, 0] == pytest.approx(unwatched)
