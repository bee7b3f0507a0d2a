"""How a picture compares with the usual view: what is told of each thing that can go wrong."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Scene, Signals
from vigil.stages.sense.view import ViewSense

from .views import (
    blurred,
    covered,
    dimmed,
    foggy,
    frame,
    grainy,
    shifted,
    view,
    watch,
)


def learnt(picture, **settings) -> ViewSense:
    sense = ViewSense(**({"calm_s": 1.0} | settings))
    watch(sense, picture, 0, 15)
    return sense


def test_until_a_view_is_learnt_nothing_is_amiss():
    told = watch(ViewSense(), view(), 0, 8)
    assert all(v.likeness == 1 and v.sharpness == 1 and v.lost == 0 for v in told)
    assert ViewSense().tell(Signals()).view is None


@pytest.mark.parametrize("deviation", [0.5, 2.0, 5.0])
def test_grain_changes_nothing(deviation):
    sense = learnt(view())
    sense.see(frame(grainy(view(), 99, deviation), 16), None)
    seen = sense.tell(Signals()).view
    assert seen.likeness > 0.6
    assert 0.7 < seen.sharpness < 1.4
    assert seen.lost < 0.1
    assert seen.strange < 0.1


def test_dusk_and_fog_are_no_blur_and_no_cover():
    for change in (dimmed(view(), 0.4), foggy(view(), 0.7)):
        seen = watch(learnt(view()), change, 15, 20)[-1]
        assert seen.sharpness > 0.7
        assert seen.lost < 0.15
        assert seen.likeness > 0.6


def test_a_lens_out_of_focus_is_less_sharp_and_still_alike():
    slight = watch(learnt(view()), blurred(view(), 1.5), 15, 20)[-1]
    strong = watch(learnt(view()), blurred(view(), 2.7), 15, 20)[-1]
    assert strong.sharpness < slight.sharpness < 0.6
    assert strong.likeness > 0.25
    assert strong.strange < 0.4


@pytest.mark.parametrize("level", [5.0, 60.0, 160.0])
def test_a_cover_loses_the_view_however_bright_it_is(level):
    seen = watch(learnt(view()), covered(view(), 1.0, level), 15, 20)[-1]
    assert seen.lost > 0.8
    assert seen.strange < 0.05
    assert seen.flat > 0.9
    assert seen.likeness < 0.2


def test_half_a_cover_loses_half():
    seen = watch(learnt(view()), covered(view(), 0.5), 15, 20)[-1]
    assert 0.25 < seen.lost < 0.75


def test_another_place_has_nothing_in_common_and_is_strange():
    told = watch(learnt(view()), view(seed=2), 15, 25)
    assert abs(told[-1].likeness) < 0.2
    assert told[-1].strange > 0.3
    assert told[-1].new_s == pytest.approx(9, abs=1)
    assert told[-1].shift == (0, 0)


@pytest.mark.parametrize(("right", "down"), [(16, 0), (-27, 8), (0, -14)])
def test_a_nudged_camera_is_told_by_how_much(right, down):
    seen = watch(learnt(view()), shifted(view(), right, down), 15, 20)[-1]
    assert seen.shift[0] == pytest.approx(right / 320, abs=0.01)
    assert seen.shift[1] == pytest.approx(down / 180, abs=0.02)


def test_a_new_view_becomes_usual_after_settle_s_and_the_old_one_is_not_forgotten():
    sense = learnt(view(), settle_s=30)
    there = watch(sense, view(seed=2), 15, 60)
    assert there[25].likeness < 0.2
    assert there[-1].likeness > 0.8
    assert there[-1].new_s == 0
    assert watch(sense, view(), 60, 62)[-1].likeness > 0.8


def test_views_by_day_and_by_night_are_kept_the_oldest_goes():
    sense = learnt(view(), settle_s=10)
    for number in range(2, 6):
        watch(sense, view(seed=number), number * 100, number * 100 + 20)
    assert watch(sense, view(seed=3), 700, 702)[-1].likeness > 0.8
    assert watch(sense, view(seed=1), 710, 712)[-1].likeness < 0.3


def test_an_ill_picture_is_never_taken_for_usual():
    sense = learnt(view(), settle_s=20)
    for ill in (covered(view(), 1.0), blurred(view(), 4.0)):
        watch(sense, ill, 100, 160)
    assert watch(sense, view(), 170, 172)[-1].likeness > 0.8
    assert watch(sense, blurred(view(), 2.5), 180, 182)[-1].sharpness < 0.6


def test_what_goes_round_shows_no_one_view():
    sense = learnt(view())
    told = [watch(sense, view(seed=2 + n), 15 + 3 * n, 18 + 3 * n)[-1] for n in range(8)]
    assert max(seen.new_s for seen in told) <= 3


def test_masks_hide_what_happens_in_them():
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    seen = watch(learnt(view(), masks=(left,)), covered(view(), 0.5), 15, 20)[-1]
    assert seen.lost < 0.15
    assert seen.likeness > 0.8


def test_it_looks_seldom_while_nothing_stirs_and_each_second_when_something_does():
    sense = learnt(view(), calm_s=5.0)

    class Counting:
        def __init__(self, inner):
            self.inner, self.asked = inner, 0

        def luma(self, width, height):
            self.asked += 1
            return self.inner.luma(width, height)

    def asked(signals: Signals, from_s: float) -> int:
        total = 0
        for number in range(100):
            time_s = from_s + number / 5
            pixels = Counting(frame(view(), time_s).pixels)
            scene = Scene(source="gate", time_s=time_s, width=320, height=180, signals=signals)
            sense.see(replace(frame(view(), time_s), pixels=pixels), scene)
            total += pixels.asked
        return total

    asked(Signals(brightness=110), 100)
    assert asked(Signals(brightness=110), 150) == 4
    assert 18 <= asked(Signals(brightness=110, motion=0.6), 200) <= 21


def test_another_size_of_picture_begins_anew():
    sense = learnt(view())
    seen = watch(sense, view(seed=4, width=320, height=240), 20, 22)[-1]
    assert seen.likeness == 1


def test_a_place_without_edges_is_never_known():
    wall = covered(view(), 1.0, 120)
    assert all(seen.likeness == 1 for seen in watch(ViewSense(), wall, 0, 40))


@given(seed=st.integers(0, 10_000), gain=st.floats(0.35, 1.3), grain=st.floats(0, 3))
@settings(max_examples=8, deadline=None)
def test_values_stay_in_their_ranges_and_light_does_not_matter(seed, gain, grain):
    sense = learnt(view(seed=seed))
    sense.see(frame(grainy(dimmed(view(seed=seed), gain), seed, grain), 20), None)
    seen = sense.tell(Signals()).view
    assert -1 <= seen.likeness <= 1
    assert 0 <= seen.lost <= 1
    assert 0 <= seen.flat <= 1
    assert 0 <= seen.strange <= 1
    assert seen.sharpness >= 0
    assert seen.likeness > 0.5
