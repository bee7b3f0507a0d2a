"""What happens to a rendered camera, and to the ground before it."""

from dataclasses import replace

import numpy as np
import pytest

from vigil.sim.distractors import Distraction
from vigil.sim.mishaps import Covered, Darkness, Defocus, Dirt, Fog, Turned
from vigil.sim.render import Renderer
from vigil.sim.scenes import parking
from vigil.sim.slope import Slope, Spill
from vigil.sim.world import Frozen, World

SCRIPT = parking(1)
CAMERA = replace(SCRIPT.cameras[0], width=240, height=135, noise=0.0, stamp=False)
EMPTY = World(site=SCRIPT.world.site, seconds=40.0)
PLAIN = Renderer(world=EMPTY, camera=CAMERA).picture(10.0)[0].astype(int)


def seen(mishap: Distraction, time_s: float) -> np.ndarray:
    world = replace(EMPTY, disturbances=(mishap,))
    return Renderer(world=world, camera=CAMERA).picture(time_s)[0].astype(int)


def detail(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture, axis=1)).mean())


MISHAPS = [
    Covered(start_s=5, end_s=15),
    Covered(start_s=5, end_s=15, kind="paint"),
    Covered(start_s=5, end_s=15, kind="bag"),
    Defocus(start_s=5, end_s=15),
    Dirt(start_s=4, end_s=16, spots=20),
    Darkness(start_s=5, end_s=15),
    Fog(start_s=-20, end_s=40, sight_m=8),
]


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda one: type(one).__name__)
def test_each_takes_detail_away_and_the_same_time_gives_the_same_picture(mishap):
    during = seen(mishap, 10.0)
    assert detail(during) < 0.8 * detail(PLAIN)
    assert (during == seen(mishap, 10.0)).all()


@pytest.mark.parametrize("mishap", MISHAPS[:6], ids=lambda one: type(one).__name__)
def test_before_and_after_all_is_well(mishap):
    before = Renderer(world=EMPTY, camera=CAMERA).picture(2.0)[0]
    assert (seen(mishap, 2.0) == before).all()


def test_half_a_cover_hides_half():
    during = seen(Covered(start_s=5, end_s=15, share=0.5), 10.0)
    changed = np.abs(during - PLAIN).max(axis=2) > 12
    assert changed[:, :60].mean() > 0.85
    assert changed[:, 180:].mean() < 0.1


def test_a_turned_camera_shows_what_another_camera_there_sees():
    aside = replace(CAMERA, target=(12.0, 7.0, 1.0))
    turned = Turned(start_s=5, end_s=20, world=EMPTY, camera=aside)
    other = Renderer(world=EMPTY, camera=aside).picture(10.0)[0].astype(int)
    assert np.abs(seen(turned, 10.0) - other).mean() < 3
    assert np.abs(seen(turned, 10.0) - PLAIN).mean() > 10


def test_a_bank_holds_until_part_of_it_slides_and_then_lies_still():
    bank = Slope(foot_y_m=CAMERA.target[1] + 3, slides_s=(10, 12), seed=2)
    before, lies, later = seen(bank, 5.0), seen(bank, 14.0), seen(bank, 30.0)
    moved = np.abs(lies - before).max(axis=2) > 20
    assert 0.01 < moved.mean() < 0.3
    assert (lies == later).all()
    assert (before == seen(replace(bank, slides_s=None), 30.0)).all()


def test_a_load_is_spilt_where_it_is_and_stays():
    at = (CAMERA.target[0], CAMERA.target[1] - 3)
    spill = Spill(start_s=10, at_m=at, radius_m=1.5)
    moved = np.abs(seen(spill, 20.0) - PLAIN).max(axis=2) > 15
    assert 0.005 < moved.mean() < 0.2
    assert (seen(spill, 5.0) == Renderer(world=EMPTY, camera=CAMERA).picture(5.0)[0]).all()


def test_a_frozen_camera_repeats_its_picture_to_the_last_bit_while_the_truth_goes_on():
    camera = replace(CAMERA, noise=1.0)
    frozen = replace(SCRIPT.world, disturbances=(Frozen(start_s=5, end_s=9),))
    views = [Renderer(world=world, camera=camera) for world in (frozen, SCRIPT.world)]
    stuck, free = ([view.picture(time_s) for time_s in (5.0, 7.0, 9.5)] for view in views)
    assert (stuck[0][0] == stuck[1][0]).all()
    assert (free[0][0] != free[1][0]).any()
    assert (stuck[2][0] != stuck[1][0]).any()
    assert (stuck[1][1].boxes == free[1][1].boxes).all()
    assert len(free[1][1]) > 0
