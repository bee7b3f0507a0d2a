"""Things that are put, thrown and worn, and people together."""

from itertools import pairwise

import numpy as np
import pytest

from vigil.sim.camera import Camera
from vigil.sim.gatherings import crowd, queue
from vigil.sim.gear import Helmet, Vest
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route, Stop
from vigil.sim.sites import yard
from vigil.sim.things import Thing, Thrown, flight_s, standing
from vigil.sim.world import Bag, Walker, World

LENS = Camera(position=(-1, -7, 3.6), target=(0, 3, 0.6), view_deg=60, width=320, height=180)


def view(*actors, seconds: float = 20.0) -> Renderer:
    return Renderer(world=World(site=yard(False), seconds=seconds, actors=actors), camera=LENS)


def test_a_thing_is_there_for_as_long_as_it_stands():
    look = view(Thing(id=1, route=standing((0, 1), 2.0, 9.0)))
    assert [look.truth(t).labels for t in (1.0, 3.0, 8.0, 10.0)] == [(), ("thing",), ("thing",), ()]
    assert np.allclose(look.truth(3.0).boxes, look.truth(8.0).boxes, atol=0.1)


def test_what_is_thrown_follows_a_parabola_and_lies_where_it_came_down():
    bottle = Thrown.at(1, start=(-2, 3, 2), velocity=(3, 0, 3), thrown_s=1.0, lies_s=3.0)
    lasts_s = flight_s(bottle.start, bottle.velocity)
    assert lasts_s == pytest.approx((3 + (9 + 2 * 9.81 * 2) ** 0.5) / 9.81)
    look = view(bottle)
    times = 1.0 + np.linspace(0.02, lasts_s - 0.05, 9)
    places = np.array([look.truth(t).boxes[0] for t in times])
    y = (places[:, 1] + places[:, 3]) / 2
    bend = np.polyfit(times, y, 2)
    assert bend[0] > 20
    assert np.abs(np.polyval(bend, times) - y).max() < 2.0
    down = look.truth(1.0 + lasts_s + 0.1).boxes
    assert np.allclose(look.truth(1.0 + lasts_s + 2.0).boxes, down, atol=0.1)
    assert look.truth(1.0 + lasts_s + 4.0).labels == ()


def test_gear_is_where_its_wearer_wears_it():
    looks, route = Looks(height_m=1.82), Route(points=((-3, 3), (3, 3)))
    worker = Walker(id=1, looks=looks, route=route)
    helmet = Helmet(id=2, looks=looks, route=route, off_from_s=3.0)
    look = view(worker, helmet, Vest(id=3, looks=looks, route=route))
    for t in (0.5, 1.5, 2.5):
        truth = look.truth(t)
        person, hat, vest = (truth.box_of(id_) for id_ in (1, 2, 3))
        middle = (hat.x1 + hat.x2) / 2
        assert person.x1 < middle < person.x2
        assert -0.05 < (hat.y1 - person.y1) / person.height < 0.05
        assert 0.1 < (vest.y1 - person.y1) / person.height < 0.3
        assert 0.35 < (vest.y2 - person.y1) / person.height < 0.6
    assert look.truth(3.5).box_of(2) is None


def test_a_bag_can_be_taken_by_another():
    owner = Walker(
        id=1, looks=Looks(), route=Route(points=((-3, 2), (0, 2), (-3, 2.5)), stops=(Stop(1, 2),))
    )
    thief = Walker(
        id=2, looks=Looks(),
        route=Route(points=((3, 2), (0.3, 2), (3, 2.6)), start_s=8, stops=(Stop(1, 2),)),
    )  # fmt: skip
    bag = Bag(id=3, owner=1, put_down_s=3.0, picked_up_s=11.0, taken_by=2)
    world = World(site=yard(False), seconds=20, actors=(owner, thief, bag))
    lies, carried = world.stance(bag, 9.0), world.stance(bag, 13.0)
    assert (lies.x, lies.y) == pytest.approx((0, 2), abs=0.2)
    assert carried == thief.route.at(13.0)
    with pytest.raises(ValueError, match="no walker 9"):
        World(
            site=yard(False),
            seconds=1,
            actors=(owner, Bag(id=3, owner=1, put_down_s=1, taken_by=9)),
        )


def test_a_queue_stands_in_line_and_moves_up():
    people = queue((0, 4), (3, 4), 5, arrive_s=2.0, served_s=9.0, leaves_to=(-6, 6))
    waiting = [p.route.at(18.0) for p in people]
    there = [
        p for p in waiting if p is not None and p.y == pytest.approx(4, abs=0.2) and p.x > -0.2
    ]
    spots = sorted(p.x for p in there)
    assert len(spots) >= 3
    assert all(b - a > 0.5 for a, b in pairwise(spots))
    last = [p.route.at(t) for p in people[-1:] for t in (16.0, 30.0)]
    assert last[1].x < last[0].x


def test_a_crowd_stands_together():
    people = crowd((0, 3), 8, comes_from=((-6, 3), (6, 3)), stays_s=20)
    places = [p.route.at(16.0) for p in people]
    assert all(np.hypot(p.x, p.y - 3) < 2.0 for p in places)
    apart = [np.hypot(a.x - b.x, a.y - b.y) for i, a in enumerate(places) for b in places[i + 1 :]]
    assert min(apart) > 0.3
