"""Flames dance and grow, smoke rises and hides, steam is soon gone, lamps do as they are told."""

from functools import lru_cache

import numpy as np
import pytest

from vigil.sim.camera import Camera
from vigil.sim.distractors import Distraction
from vigil.sim.flames import Flames
from vigil.sim.lamps import AMBER, SignalLamp
from vigil.sim.render import Renderer
from vigil.sim.sites import car_park
from vigil.sim.smoke import Smoke, Steam
from vigil.sim.world import World

CAMERA = Camera(position=(0.0, -8.0, 4.2), width=240, height=135, rate=10.0, noise=0.0)
SPOT = (0.5, 2.5, 0.0)


@lru_cache(maxsize=16)
def view(*things: Distraction, night: bool = False) -> Renderer:
    world = World(site=car_park(night), seconds=30.0, disturbances=things)
    return Renderer(world=world, camera=CAMERA)


def news(one: Distraction, time_s: float, *, night: bool = False) -> np.ndarray:
    """By how much each pixel differs from the empty view."""
    seen, truth = view(one, night=night).picture(time_s)
    empty, _ = view(night=night).picture(time_s)
    assert len(truth) == 0
    return np.abs(seen.astype(int) - empty).max(axis=2)


FLAMES = Flames(position=SPOT, start_s=2.0, end_s=25.0, seed=3)
SMOKE = Smoke(position=SPOT, start_s=2.0, end_s=29.0, seed=3)


@pytest.mark.parametrize(("one", "bright"), [(FLAMES, 40), (SMOKE, 18)], ids=["flames", "smoke"])
def test_the_box_holds_what_is_to_be_seen(one, bright):
    for time_s in (9.0, 14.3):
        box, changed = one.box(CAMERA, time_s), news(one, time_s) > bright
        rows, columns = np.nonzero(changed)
        inside = (columns >= box.x1 - 2) & (columns < box.x2 + 2)
        inside &= (rows >= box.y1 - 2) & (rows < box.y2 + 2)
        assert changed.sum() > 20
        assert inside.mean() > 0.95
    assert one.box(CAMERA, 1.0) is None


def test_flames_grow_and_have_the_colours_of_fire_from_red_to_yellow():
    assert FLAMES.size(3.0) < 0.5 < FLAMES.size(20.0)
    picture, _ = view(FLAMES).picture(15.0)
    box = FLAMES.box(CAMERA, 15.0)
    flame = picture[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)].reshape(-1, 3)
    flame = flame[(flame[:, 0] > 120) & (flame[:, 0] > flame[:, 2] + 40)].astype(float)
    hue = flame[:, 1] / flame[:, 0]
    assert hue.min() < 0.45
    assert hue.max() > 0.8


def test_a_flame_is_never_twice_the_same_and_always_when_drawn_again():
    first, _ = view(FLAMES).picture(10.0)
    assert np.array_equal(first, view(FLAMES).picture(10.0)[0])
    box = FLAMES.box(CAMERA, 10.0)
    here = np.s_[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)]
    later, _ = view(FLAMES).picture(10.1)
    assert np.abs(first[here].astype(int) - later[here]).mean() > 10
    other = Flames(position=SPOT, start_s=2.0, end_s=25.0, seed=4)
    assert not np.array_equal(first, view(other).picture(10.0)[0])


def test_by_night_fire_lights_the_ground_around_it():
    assert (news(FLAMES, 12.0, night=True) > 8).sum() > 1.5 * (news(FLAMES, 12.0) > 8).sum()


def test_smoke_climbs_and_lets_through_less_and_less():
    early, late = SMOKE.box(CAMERA, 4.0), SMOKE.box(CAMERA, 14.0)
    assert late.height > 2 * early.height
    assert late.y2 == pytest.approx(early.y2, abs=4)
    assert news(SMOKE, 14.0).max() > news(SMOKE, 4.0).max()


def test_steam_stays_small():
    steam = Steam(position=SPOT, start_s=0.0, end_s=29.0)
    boxes = [steam.box(CAMERA, t) for t in np.arange(3, 20, 0.7).tolist()]
    seen = [box.height for box in boxes if box is not None]
    assert seen
    assert max(seen) < SMOKE.box(CAMERA, 14.0).height


def test_lamps_shine_steadily_flash_turn_or_flicker():
    def strengths(pattern: str) -> np.ndarray:
        lamp = SignalLamp(position=SPOT, start_s=0, end_s=9, pattern=pattern, colour=AMBER)
        return np.array([lamp.strength(t) for t in np.arange(0, 8, 0.05).tolist()])

    assert set(strengths("steady")) == {1.0}
    assert len(set(strengths("flashes"))) == 2
    assert strengths("turns").min() < 0.2
    assert strengths("turns").max() > 0.9
    assert 0.02 < (strengths("flickers") < 1).mean() < 0.5
    lamp = SignalLamp(position=(0.5, 2.5, 1.0), start_s=0, end_s=9)
    picture, _ = view(lamp).picture(3.0)
    box = lamp.box(CAMERA, 3.0)
    red, _, blue = picture[int(box.foot[1]) - 2, int(box.foot[0])].astype(int)
    assert red > blue + 60
