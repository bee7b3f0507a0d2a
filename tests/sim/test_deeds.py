import numpy as np
import pytest

from vigil.sim.camera import Camera
from vigil.sim.deeds import falls, fights, lying
from vigil.sim.motions import DOWN, FALLS, FIGHTS, GROUND, MOTIONS, Deed
from vigil.sim.people import Looks, Pose, body
from vigil.sim.postures import LYING_BACK, SITTING, STANDING, Posture, blend
from vigil.sim.route import Route, Stop
from vigil.sim.world import Walker, World

from .places import square

CAMERA = Camera(position=(0, -6, 3), target=(0, 2, 0.6), width=320, height=180)
HERE = Route(points=((-0.2, 2.0), (0.2, 2.0), (9.0, 2.0)), stops=(Stop(1, 40.0),))
THERE = Route(points=((0.9, 2.0), (0.8, 2.0), (9.0, 2.0)), stops=(Stop(1, 40.0),))


def doing(*deeds: Deed, id_: int = 1, route: Route = HERE) -> Walker:
    return Walker(id=id_, looks=Looks(), route=route, deeds=deeds)


def staged(*walkers: Walker) -> World:
    return World(site=square(), seconds=30.0, actors=walkers)


def extent(world: World, time_s: float) -> np.ndarray:
    """Metres along x, y and z of the first actor."""
    solid = world.solid(world.actors[0], time_s)
    assert solid is not None
    return np.ptp(solid.points, axis=0)


@pytest.mark.parametrize("what", FALLS)
def test_who_falls_is_tall_before_and_low_and_long_after(what: str) -> None:
    deed = Deed(what=what, start_s=3.0, lasts_s=5.0)
    world = staged(doing(deed))
    before, after = extent(world, 2.9), extent(world, deed.reached_s + 1)
    assert before[2] > 1.6
    assert after[2] < 0.7
    assert max(after[:2]) > 1.1
    assert extent(world, deed.end_s + 0.1)[2] > 1.6


@pytest.mark.parametrize("what", [*DOWN, *MOTIONS])
def test_nobody_sinks_into_the_ground_and_only_jumpers_leave_it(what: str) -> None:
    deed = Deed(what=what, start_s=1.0, lasts_s=3.0)
    lows = []
    for time_s in np.arange(0.9, min(deed.end_s, 10.0), 0.2):
        posture = deed.posture(float(time_s))
        pose = Pose(effort=0.0) if posture is None else Pose(posture=posture)
        points = body(Looks(), pose).mesh.points
        lows.append(points[:, 2].min())
        assert np.isfinite(points).all()
    assert min(lows) > -0.06
    assert (max(lows) > 0.15) == (what == "jump")


def test_a_fall_grows_faster_and_takes_less_than_lying_down() -> None:
    fall, rest = Deed(what="fall_backward", start_s=0), Deed(what="lie_down", start_s=0)
    assert fall.reached_s < 1
    assert rest.reached_s > 3
    tilts = [abs(fall.posture(t).pitch) for t in (0.0, 0.2, 0.4, 0.74)]
    steps = np.diff(tilts)
    assert (np.diff(steps) > 0).all()


def test_between_two_postures_lies_one() -> None:
    assert blend(STANDING, LYING_BACK, 0) == STANDING
    assert blend(STANDING, LYING_BACK, 1) == LYING_BACK
    half = blend(Posture(hips=(0.0, 1.0)), SITTING, 0.5)
    assert half.hips == pytest.approx((0.75, 1.175))


@pytest.mark.parametrize(("faces", "axis"), [(None, 0), (np.pi / 2, 1)])
def test_who_turns_to_somebody_reaches_out_there(faces: float | None, axis: int) -> None:
    deed = Deed(what="push", start_s=3.0, lasts_s=4.0, faces=faces)
    world = staged(doing(deed))
    points = world.solid(world.actors[0], 3.4).points
    reach = (points[points[:, 2] > 1.1] - (0.2, 2.0, 0.0)).max(axis=0)
    assert reach[axis] > reach[1 - axis] + 0.15


def test_the_truth_knows_falls_and_who_lies() -> None:
    fall = Deed(what="fall_left", start_s=4.0, lasts_s=12.0)
    rest = Deed(what="lie_down", start_s=4.0, lasts_s=5.0)
    world = staged(doing(fall), doing(rest, id_=2, route=THERE))
    (event,) = falls(world, CAMERA)
    assert (event.ids, event.start_s) == ((1,), 4.0)
    assert event.end_s == pytest.approx(fall.rises_s)
    assert event.box is not None
    (lies,) = lying(world, CAMERA, longer_than_s=10)
    assert lies.ids == (1,)
    assert lies.start_s == pytest.approx(fall.reached_s)
    assert len(lying(world, CAMERA, longer_than_s=4)) == 2
    assert "sit_down" not in GROUND


@pytest.mark.parametrize("what", FIGHTS)
def test_it_takes_two_who_are_near_to_fight(what: str) -> None:
    one = doing(Deed(what=what, start_s=4.0, lasts_s=6.0))
    other = doing(Deed(what="ward_off", start_s=5.0, lasts_s=6.0), id_=2, route=THERE)
    friend = doing(Deed(what="hug", start_s=5.0, lasts_s=6.0), id_=2, route=THERE)
    far = Route(points=((4.0, 2.0), (3.8, 2.0), (9.0, 2.0)), stops=(Stop(1, 40.0),))
    (event,) = fights(staged(one, other), CAMERA)
    assert (event.ids, event.start_s, event.end_s) == ((1, 2), 4.0, 11.0)
    assert fights(staged(one, friend), CAMERA) == []
    assert fights(staged(one, doing(*other.deeds, id_=2, route=far)), CAMERA) == []


def test_who_is_out_of_the_picture_tells_nothing() -> None:
    away = Camera(position=(0, -6, 3), target=(0, -20, 0.6), width=320, height=180)
    assert falls(staged(doing(Deed(what="trip", start_s=4.0))), away) == []
