import numpy as np
import pytest

from vigil.sim.events import Chronicle
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route, Stop
from vigil.sim.world import Bag, Vehicle, Walker

from .places import CAMERA, walker, world


def test_a_visit_lasts_while_the_walker_is_in_the_picture() -> None:
    scene = world(walker(1, start_s=1.0), seconds=12.0)
    view = Renderer(world=scene, camera=CAMERA)
    visits = Chronicle(world=scene, camera=CAMERA).visits()
    assert [visit.ids for visit in visits] == [(1,)]
    for time_s, shown in ((visits[0].start_s, True), (visits[0].start_s - 0.15, False)):
        truth = view.truth(time_s)
        assert bool(len(truth) and truth.visible[0] >= 0.25) is shown


def test_presence_bridges_short_gaps_and_keeps_long_ones() -> None:
    walkers = (walker(1), walker(2, y=1.0, start_s=5.0), walker(3, start_s=30.0))
    scene = world(*walkers, seconds=42.0)
    book = Chronicle(world=scene, camera=CAMERA)
    assert [event.ids for event in book.presence()] == [(1, 2), (3,)]


def test_a_crossing_is_where_the_foot_meets_the_line() -> None:
    scene = world(walker(1), seconds=8.0)
    line = ((0.5, 1.0), (0.5, 0.0))
    crossings = Chronicle(world=scene, camera=CAMERA).crossings(line)
    assert [(c.ids, c.direction) for c in crossings] == [((1,), "forward")]
    # From x = -6 m at 1.5 m/s the middle of the picture is reached after 4 s.
    assert crossings[0].start_s == pytest.approx(4.0, abs=0.2)


def test_the_way_back_crosses_the_other_way() -> None:
    back = Walker(
        id=1,
        looks=Looks(),
        route=Route(points=((-6.0, 0.0), (2.0, 0.0), (-6.0, 0.1)), speed_m_s=2.0),
    )
    crossings = Chronicle(world=world(back), camera=CAMERA).crossings(((0.5, 0.0), (0.5, 1.0)))
    assert [crossing.direction for crossing in crossings] == ["backward", "forward"]


def test_a_line_beside_the_way_is_not_crossed() -> None:
    book = Chronicle(world=world(walker(1)), camera=CAMERA)
    assert book.crossings(((0.5, 0.0), (0.5, 0.3))) == []


def test_who_stands_long_enough_in_the_zone_loiters() -> None:
    stays = Walker(
        id=1,
        looks=Looks(),
        route=Route(points=((-6.0, 0.0), (0.0, 0.0), (6.0, 0.0)), stops=(Stop(1, 8.0),)),
    )
    scene = world(stays, walker(2, y=1.0), seconds=18.0)
    book = Chronicle(world=scene, camera=CAMERA)
    zone = ((0.3, 0.2), (0.7, 0.2), (0.7, 1.0), (0.3, 1.0))
    found = book.loitering(zone, longer_than_s=6.0)
    assert [event.ids for event in found] == [(1,)]
    stop_s = stays.route.stop_interval_s(1)
    assert found[0].start_s < stop_s[0] < stop_s[1] < found[0].end_s
    assert book.loitering(zone, longer_than_s=14.0) == []


def test_a_bag_is_abandoned_when_its_owner_walks_off() -> None:
    scene = world(walker(1), Bag(id=2, owner=1, put_down_s=4.0))
    (event,) = Chronicle(world=scene, camera=CAMERA).abandoned(owner_gone_m=3.0)
    assert (event.ids, event.start_s, event.end_s) == ((2,), 4.0, 8.0)
    assert event.box is not None


def test_a_bag_beside_its_owner_is_not_abandoned() -> None:
    scene = world(walker(1), Bag(id=2, owner=1, put_down_s=4.0, picked_up_s=5.0))
    assert Chronicle(world=scene, camera=CAMERA).abandoned(owner_gone_m=3.0) == []


def test_a_bag_lies_still_once_it_is_put_down_and_hangs_before() -> None:
    scene = world(walker(1), Bag(id=2, owner=1, put_down_s=4.0, kind="handbag"))
    bag = scene.actor(2)
    places = [scene.solid(bag, time_s) for time_s in (3.0, 3.4, 4.0, 6.0)]
    centres = [mesh.points.mean(axis=0) for mesh in places if mesh is not None]
    assert np.linalg.norm(centres[1] - centres[0]) > 0.4
    assert np.array_equal(centres[2], centres[3])
    lowest = [mesh.points[:, 2].min() for mesh in places if mesh is not None]
    assert lowest[0] > 0.03
    assert lowest[3] == pytest.approx(0.0, abs=0.02)


def test_a_stopped_vehicle_is_its_stop() -> None:
    route = Route(
        points=((-7.0, 1.0), (0.0, 1.0), (7.0, 1.0)), speed_m_s=4.0, stops=(Stop(1, 5.0),)
    )
    scene = world(Vehicle(id=9, route=route), seconds=12.0)
    book = Chronicle(world=scene, camera=CAMERA)
    (event,) = book.stopped(longer_than_s=4.0)
    assert event.ids == (9,)
    assert event.end_s - event.start_s == pytest.approx(5.0)
    assert book.stopped(longer_than_s=6.0) == []
