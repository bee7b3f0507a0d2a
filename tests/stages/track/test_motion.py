"""How boxes move between looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box
from vigil.stages.track import motion
from vigil.stages.track.motion import Motion

BOX = Box(80.0, 120.0, 120.0, 200.0)


def settled(right: float, *, widening: float = 0.0, looks: int = 30, wait_s: float = 0.2) -> Motion:
    """A box seen `looks` times, its sides moving by so many pixels a second."""
    state = Motion(BOX)
    for index in range(1, looks):
        moved, grown = right * index * wait_s, widening * index * wait_s / 2
        state.predict(wait_s)
        state.correct((BOX.x1 + moved - grown, BOX.y1, BOX.x2 + moved + grown, BOX.y2))
    return state


def test_the_speed_of_a_steady_mover_is_learned() -> None:
    state = settled(50)
    assert state.speed == pytest.approx((50, 0, 50, 0), abs=0.5)
    assert state.velocity() == pytest.approx((50, 0), abs=0.5)
    assert state.moves()
    assert not settled(0).moves()


def test_who_comes_nearer_moves_though_the_foot_stands() -> None:
    state = settled(0, widening=90, looks=8)
    assert state.velocity() == pytest.approx((0, 0), abs=0.5)
    assert state.moves()


def test_doubt_grows_while_unseen_and_shrinks_with_a_hit() -> None:
    state = settled(50)
    variance = [state.doubt[0]]
    for unseen_s in (0.2, 1.0):
        state.predict(unseen_s)
        variance.append(state.ahead_doubt[0])
    assert variance == sorted(variance)
    state.correct(state.ahead)
    assert state.doubt[0] < variance[-1]


@given(st.floats(0, 1e6))
def test_an_unseen_thing_travels_at_first_at_speed_and_never_far(unseen_s: float) -> None:
    travel_s = motion.reach(unseen_s)
    assert 0 <= travel_s <= min(unseen_s, motion.COAST_S)
    if unseen_s <= 0.5:
        assert travel_s == pytest.approx(unseen_s, rel=0.03)


def test_every_prediction_starts_at_the_last_hit() -> None:
    often, once = settled(50), settled(50)
    for unseen_s in (0.2, 0.4, 0.6):
        often.predict(unseen_s)
    once.predict(0.6)
    assert (often.ahead, often.ahead_doubt) == (once.ahead, once.ahead_doubt)


def test_a_mover_is_carried_onward_and_stops_at_last() -> None:
    onward, velocity = settled(50).carry(BOX, 0.5)
    assert onward.x1 - BOX.x1 == pytest.approx(25, abs=2)
    assert velocity[0] == pytest.approx(50, abs=5)
    _, at_last = settled(50).carry(BOX, 7200.0)
    assert at_last == pytest.approx((0, 0), abs=1e-9)


@given(st.floats(-400, 400), st.floats(-400, 400), st.floats(0, 20))
def test_no_box_turns_inside_out_and_what_is_sought_keeps_half_its_size(
    right: float, widening: float, unseen_s: float
) -> None:
    state = settled(right, widening=widening, looks=2)
    state.predict(unseen_s)
    sought, shown = Box(*state.ahead), state.carry(BOX, unseen_s)[0]
    assert shown.width >= 0 <= shown.height
    assert sought.width >= 0 <= sought.height
    if unseen_s > motion.SHRINK_S:
        was = Box(*state.box)
        assert sought.width >= was.width / 2 - 1e-6
        assert sought.height >= was.height / 2 - 1e-6


def test_near_and_far_things_are_treated_alike() -> None:
    near, far = Motion((800.0, 1200.0, 1200.0, 2000.0)), Motion(BOX)
    for state in (near, far):
        state.predict(0.5)
    assert near.ahead_doubt[1:] == pytest.approx(far.ahead_doubt[1:])


def test_what_nobody_watched_may_have_gone_on() -> None:
    def widened(unwatched_s: float) -> float:
        state = settled(50)
        before = state.ahead_doubt[0]
        state.stray(unwatched_s)
        return state.ahead_doubt[0] - before

    assert widened(0.2) < 1e-4 < widened(3.0)
    assert widened(1e5) == pytest.approx(widened(3.0))
