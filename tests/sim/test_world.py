import numpy as np
import pytest

from vigil.sim.people import Looks, Pose, body
from vigil.sim.vehicles import CAR, PAINTS, VAN, vehicle
from vigil.sim.world import Bag, World

from .places import square, walker, world


def test_two_actors_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="own id"):
        world(walker(1), walker(1))


def test_a_bag_without_a_walker_is_refused() -> None:
    with pytest.raises(ValueError, match="no walker 5"):
        World(site=square(), seconds=1.0, actors=(walker(1), Bag(id=2, owner=5, put_down_s=1.0)))


@pytest.mark.parametrize("cycle", [0.0, 0.2, 0.5, 0.8])
def test_somebody_stands_on_the_ground_at_their_height(cycle: float) -> None:
    mesh = body(Looks(height_m=1.8), Pose(cycle=cycle)).mesh
    assert mesh.points[:, 2].min() == pytest.approx(0.0, abs=0.05)
    assert mesh.points[:, 2].max() == pytest.approx(1.8, abs=0.12)


def test_legs_part_and_meet_within_a_stride() -> None:
    depths = [
        float(np.ptp(body(Looks(), Pose(cycle=cycle)).mesh.points[:, 1]))
        for cycle in np.linspace(0, 0.5, 11)
    ]
    assert max(depths) > 1.5 * min(depths)


def test_who_bends_down_is_lower() -> None:
    upright, bent = (
        body(Looks(), Pose(stoop=stoop, effort=0)).mesh.points[:, 2].max() for stoop in (0, 1)
    )
    assert bent < 0.8 * upright


@pytest.mark.parametrize(("shape", "length_m"), [(CAR, 4.3), (VAN, 5.2)])
def test_vehicles_have_their_size_and_stand_on_their_wheels(shape, length_m: float) -> None:
    points = vehicle(shape, PAINTS[0]).points
    assert np.ptp(points[:, 1]) == pytest.approx(length_m, abs=0.15)
    assert points[:, 2].min() == pytest.approx(0.0, abs=0.03)


def test_faces_look_outwards() -> None:
    mesh = vehicle(CAR, PAINTS[0])
    corner = mesh.points[mesh.faces]
    normals = np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])
    outward = corner.mean(axis=1) - np.array([0, 0, 0.6])
    shell = len(CAR.stations) - 1
    agree = (normals * outward).sum(axis=1)[: 14 * shell] > 0
    assert agree.mean() > 0.9
