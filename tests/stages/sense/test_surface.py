"""Where the ground has changed for good, and where it only seems to have."""

import cv2
import numpy as np
import pytest

from vigil.core import Signals, SurfaceChange
from vigil.stages.sense.surface import SurfaceSense

from .views import dimmed, frame, grainy, shifted, view

PART = np.s_[90:150, 120:220]
"""Rows and columns, pixels of 320x180, in which things happen."""


def rough(seed: int) -> np.ndarray:
    """Another patch of the same sort of ground."""
    random = np.random.default_rng(seed)
    small = random.uniform(70, 170, (20, 34)).astype(np.float32)
    patch = cv2.resize(small, (100, 60), interpolation=cv2.INTER_CUBIC)
    return cv2.merge([np.clip(patch, 0, 255).astype(np.uint8)] * 3)


def slid(picture, seed: int = 7):
    picture = picture.copy()
    picture[PART] = rough(seed)
    return picture


def watch(sense, picture, from_s, until_s) -> list[tuple[SurfaceChange, ...]]:
    told = []
    for t in range(int(from_s), int(until_s)):
        sense.see(frame(grainy(picture, t), float(t)), None)
        told.append(sense.tell(Signals()).surface)
    return told


def learnt(**settings) -> SurfaceSense:
    sense = SurfaceSense(**({"calm_s": 1.0} | settings))
    assert not any(watch(sense, view(), 0, 20))
    return sense


def test_ground_that_slid_is_told_where_it_lies_after_rest_s():
    told = watch(learnt(), slid(view()), 20, 40)
    assert not any(told[:4])
    (change,) = told[-1]
    assert change.box.x1 == pytest.approx(120, abs=16)
    assert change.box.x2 == pytest.approx(220, abs=16)
    assert change.box.y1 == pytest.approx(90, abs=16)
    assert change.box.y2 == pytest.approx(150, abs=16)
    assert change.since_s == pytest.approx(20, abs=3)
    assert change.strength > 0.6
    assert change.area == pytest.approx(60 * 100 / (320 * 180), rel=0.4)


def test_it_keeps_its_id_and_is_gone_when_all_is_as_it_was():
    sense = learnt()
    told = watch(sense, slid(view()), 20, 50)
    assert len({change.id for changes in told for change in changes}) == 1
    assert watch(sense, view(), 50, 58)[-1] == ()


def test_who_passes_in_front_changes_nothing():
    sense = learnt()
    for t in range(20, 50):
        picture = view().copy()
        left = 20 + 9 * (t - 20)
        picture[60:160, left : left + 40] = rough(3)[:, :1].mean()
        picture[70:90, left : left + 40] = 30
        sense.see(frame(grainy(picture, t), float(t)), None)
        assert sense.tell(Signals()).surface == ()


def test_light_and_shadow_change_nothing():
    assert not any(watch(learnt(), dimmed(view(), 0.5), 20, 40))
    shadow = view().copy()
    shadow[PART] = dimmed(view(), 0.55)[PART]
    told = watch(learnt(), shadow, 20, 45)
    assert sum(change.area for change in told[-1]) < 0.01


def test_another_place_altogether_is_no_change_of_the_surface():
    sense = learnt()
    assert not any(watch(sense, view(seed=2), 20, 40))
    assert not any(watch(sense, view(seed=2), 40, 60))
    assert any(watch(sense, slid(view(seed=2)), 60, 80))


def test_a_slight_sway_changes_nothing():
    sense = learnt()
    told = [
        changes
        for t in range(20, 50)
        for changes in watch(sense, shifted(view(), (t % 3) - 1, 0), t, t + 1)
    ]
    assert not any(told)


def test_masks_hide_what_happens_in_them():
    mask = ((0.3, 0.4), (0.75, 0.4), (0.75, 0.95), (0.3, 0.95))
    assert not any(watch(learnt(masks=(mask,)), slid(view()), 20, 40))


def test_a_change_becomes_usual_after_adopt_s():
    sense = learnt(adopt_s=20.0)
    told = watch(sense, slid(view()), 20, 60)
    assert any(told)
    assert told[-1] == ()


def test_the_clock_may_be_set_back_and_the_size_may_change():
    sense = learnt()
    sense.see(frame(view(), 3.0), None)
    sense.see(frame(view(seed=3, width=320, height=240), 25.0), None)
    assert sense.tell(Signals()).surface == ()
