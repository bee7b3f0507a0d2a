"""The wake ladder is pure policy: it is told what was seen, and when."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Rung
from vigil.stages.gate.ladder import KeySpacing, Ladder


def with_keys(gap_s: float, count: int = 4) -> Ladder:
    ladder = Ladder()
    for index in range(count):
        ladder.spacing.see(index * gap_s)
    return ladder


def test_a_camera_with_frequent_keys_sleeps_on_them() -> None:
    assert with_keys(2.0).rung(6.1) is Rung.KEYFRAME


def test_spacing_that_is_not_known_yet_keeps_the_camera_on_luma() -> None:
    assert with_keys(2.0, count=2).rung(2.1) is Rung.LUMA


def test_keys_that_come_rarely_keep_the_camera_on_luma() -> None:
    assert with_keys(4.8).rung(20.0) is Rung.LUMA


def test_one_long_group_of_pictures_is_enough_to_stay_on_luma_for_a_while() -> None:
    ladder = with_keys(1.0, count=4)
    ladder.spacing.see(3.0 + 4.8)
    assert ladder.rung(8.0) is Rung.LUMA


def test_a_key_that_does_not_come_lifts_a_sleeping_camera_to_luma() -> None:
    ladder = with_keys(2.0)
    assert ladder.rung(6.0 + 2.1) is Rung.KEYFRAME
    assert ladder.rung(6.0 + 2.3) is Rung.LUMA


@pytest.mark.parametrize("floor", [Rung.LUMA, Rung.DETECT, Rung.FULL])
def test_it_never_rests_below_what_is_needed(floor: Rung) -> None:
    ladder = with_keys(2.0)
    ladder.floor = floor
    assert ladder.rung(6.1) is floor


def test_motion_keeps_it_awake_for_a_while_and_no_longer() -> None:
    ladder = with_keys(2.0)
    ladder.moved(6.0)
    assert ladder.rung(6.0 + ladder.look_on_s - 0.01) is Rung.DETECT
    assert ladder.rung(6.0 + ladder.hold_s - 0.01) is Rung.LUMA
    assert ladder.rung(6.0 + ladder.hold_s) is Rung.KEYFRAME


@given(st.sampled_from([6.0, 12.0, 15.0, 25.0, 29.97, 60.0]))
def test_luma_is_compared_five_times_a_second_at_any_frame_rate(rate: float) -> None:
    ladder = Ladder()
    compared = sum(ladder.luma_due(index / rate) for index in range(int(60 * rate)))
    assert compared == pytest.approx(5 * 60, abs=2)


def looks_in(seconds: float, *, rate: float, ambiguous: bool) -> int:
    ladder = with_keys(2.0)
    count = 0
    for index in range(int(seconds * rate)):
        time_s = index / rate
        if ladder.look_due(time_s, awake=True, ambiguous=ambiguous, believed=True):
            ladder.looked(time_s)
            count += 1
    return count


def test_it_looks_twice_a_second_and_five_times_while_the_scene_is_ambiguous() -> None:
    assert looks_in(20, rate=25, ambiguous=False) == pytest.approx(40, abs=4)
    assert looks_in(20, rate=25, ambiguous=True) == pytest.approx(100, abs=5)


def test_a_thing_believed_under_a_closed_gate_is_looked_at_now_and_then() -> None:
    ladder = with_keys(2.0)
    ladder.moved(0.0)
    ladder.looked(0.0)
    assert not ladder.look_due(9.9, awake=False, ambiguous=False, believed=True)
    assert ladder.look_due(10.0, awake=False, ambiguous=False, believed=True)
    assert not ladder.look_due(60.0, awake=False, ambiguous=False, believed=False)


def test_what_stands_for_long_is_looked_at_ever_more_rarely_until_something_moves() -> None:
    ladder = with_keys(2.0)
    ladder.moved(0.0)
    ladder.looked(0.0)
    looks = []
    for time_s in range(1, 3600):
        if ladder.look_due(float(time_s), awake=False, ambiguous=False, believed=True):
            ladder.looked(float(time_s))
            looks.append(time_s)
    assert looks[:5] == [10, 30, 70, 150, 310]
    assert max(b - a for a, b in pairwise(looks)) == 600
    ladder.moved(3600.0)
    ladder.looked(3600.0)
    assert ladder.look_due(3610.0, awake=False, ambiguous=False, believed=True)


def test_a_new_connection_is_measured_anew() -> None:
    ladder = with_keys(2.0)
    ladder.restart()
    assert ladder.rung(6.1) is Rung.LUMA
    assert ladder.spacing.gap_s is None


@given(st.lists(st.floats(0.1, 10.0), min_size=3, max_size=20))
def test_spacing_is_short_exactly_when_no_remembered_gap_is_long(gaps_s: list[float]) -> None:
    spacing = KeySpacing(longest_s=2.2, memory=100)
    time_s = 0.0
    for gap_s in [0.0, *gaps_s]:
        time_s += gap_s
        spacing.see(time_s)
    measured = spacing.gap_s
    assert measured == pytest.approx(max(gaps_s))
    assert measured is not None
    assert spacing.short == (measured <= 2.2)


def test_a_search_looks_at_every_picture_while_awake_only() -> None:
    ladder = with_keys(2.0)
    ladder.looked(8.0)
    due = {"ambiguous": False, "believed": False, "searching": True}
    assert ladder.look_due(8.0 + 1 / 12, awake=True, **due)
    assert not ladder.look_due(8.0 + 1 / 24, awake=True, **due)
    assert not ladder.look_due(8.0 + 1 / 12, awake=False, **due)
