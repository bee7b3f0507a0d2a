"""Rendered stories of things, from the packets of a film to the events of the rules."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import Clip, Event, Step, StepKind
from vigil.pipeline.build import Builder
from vigil.pipeline.shard import Shard
from vigil.sim.camera import Camera
from vigil.sim.film import write_film
from vigil.sim.people import Looks
from vigil.sim.route import Route, Stop
from vigil.sim.sites import corridor, yard
from vigil.sim.things import Thing, Thrown, shelf_unit, standing
from vigil.sim.world import Actor, Vehicle, Walker, World

YARD = Camera(
    position=(-1, -7, 3.6), target=(0, 3, 0.6), view_deg=60, width=320, height=180, rate=5
)
AISLE = Camera(
    position=(-1.0, -1.2, 2.3), target=(0.5, 3.2, 0.9), view_deg=62, width=320, height=180, rate=5
)
GROUND = "0,0.4,1,0.4,1,1,0,1"
GOODS = "0.38,0.20,0.66,0.22,0.64,0.74,0.40,0.72"


class Collected:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    def put(self, step: Step, clip: Clip | None) -> None:
        self.steps.append(step)


def told(
    folder: Path, world: World, camera: Camera, rules: Sequence[dict[str, Any]]
) -> dict[str, list[Event]]:
    """What each rule tells of the film, nothing but motion being detected; by rule."""
    film = write_film(folder / "film.mp4", world, camera).path
    app = parse(
        {
            "cameras": {
                "film": {
                    "source": {"kind": "file", "path": film},
                    "detector": {"kind": "motion"},
                    "rules": list(rules),
                }
            }
        }
    )
    outbox = Collected()
    made = Builder(open_home(), evidence=False).camera(app.cameras["film"])
    Shard(cameras=[made], outbox=outbox).run(threading.Event())
    made[0].check()
    ended: dict[str, list[Event]] = {}
    for step in outbox.steps:
        if step.kind is StepKind.END:
            ended.setdefault(step.event.rule, []).append(step.event)
    return ended


def walker(id: int, points: tuple[tuple[float, float], ...], start_s: float, *, stop_s: float):
    route = Route(points=points, start_s=start_s, stops=(Stop(1, stop_s),), speed_m_s=1.6)
    return Walker(id=id, looks=Looks(jacket=(0.5, 0.1, 0.1)), route=route)


def in_yard(*actors: Actor, seconds: float) -> World:
    return World(site=yard(False), seconds=seconds, actors=actors)


def test_a_vase_is_taken_and_a_box_is_lost_on_the_ground(tmp_path: Path) -> None:
    taker = walker(1, ((-7, 1.2), (-1.2, 1.2), (-7, 1.0)), 6.0, stop_s=1.5)
    taken_s = taker.route.stop_interval_s(1)[0] + 1.0
    vase = Thing(id=2, kind="vase", colour=(0.6, 0.15, 0.1), route=standing((-0.8, 1), 0, taken_s))
    box = Thing(id=3, kind="box", size=0.8, route=standing((2.2, 1.5), 8.0, 60.0))
    rules = [
        {"kind": "removed_object", "zone": GROUND},
        {"kind": "debris", "zone": GROUND, "longer_than_s": 8},
    ]
    events = told(tmp_path, in_yard(taker, vase, box, seconds=25.0), YARD, rules)
    (gone,) = events["removed_object"]
    assert gone.start_s == pytest.approx(taken_s, abs=3.5)
    (lies,) = events["debris"]
    assert lies.start_s == pytest.approx(8.0, abs=1.5)
    assert lies.box.x1 > gone.box.x2


def test_what_flies_is_told_once_and_what_walks_and_drives_is_not(tmp_path: Path) -> None:
    passer = walker(1, ((-5, 3.3), (0, 3.2), (5, 3)), 0.0, stop_s=0.1)
    car = Vehicle(id=2, route=Route(points=((-20, 6.5), (20, 6.2)), start_s=0.5, speed_m_s=8))
    bottle = Thrown.at(
        3, start=(-3.2, 4, 2.0), velocity=(4.2, 0, 3.2), thrown_s=4.0, size=1.4, lies_s=0.5
    )
    camera = replace(YARD, rate=12.0)
    events = told(
        tmp_path, in_yard(passer, car, bottle, seconds=7.0), camera, [{"kind": "thrown_object"}]
    )
    (flight,) = events["thrown_object"]
    assert flight.start_s == pytest.approx(4.2, abs=0.4)


def test_a_carton_is_picked_from_a_shelf_and_another_put_there(tmp_path: Path) -> None:
    site = corridor()
    site = replace(site, props=(*site.props, shelf_unit((0.6, 3.2), wide_m=1.4)))
    customer = walker(1, ((-1.0, -4.5), (0.2, 2.3), (-1.0, -4.6)), 5.0, stop_s=4.0)
    at_s = customer.route.stop_interval_s(1)[0] + 2.0
    goods = [
        Thing(
            id=10 + n, kind="carton", size=1.3, colour=((0.7, 0.1, 0.1), (0.1, 0.3, 0.7))[n % 2],
            above_m=0.95,
            route=standing(
                (0.12 + 0.32 * n, 3.08), at_s if n == 3 else 0.0, at_s if n == 0 else 60.0
            ),
        )
        for n in range(4)
    ]  # fmt: skip
    world = World(site=site, seconds=27.0, actors=(*goods, customer))
    rule = {"kind": "shelf", "zone": GOODS, "labels": ["person", "object"]}
    events = told(tmp_path, world, AISLE, [rule])["shelf"]
    assert sorted(event.direction for event in events) == ["picked", "put"]
    assert all(event.start_s < at_s + 1 for event in events)
    put, picked = sorted(events, key=lambda event: event.direction == "picked")
    assert put.box.x1 > picked.box.x1


def test_who_only_stands_before_the_shelf_takes_nothing(tmp_path: Path) -> None:
    customer = walker(1, ((-1.0, -4.5), (0.2, 2.3), (-1.0, -4.6)), 3.0, stop_s=4.0)
    site = corridor()
    site = replace(site, props=(*site.props, shelf_unit((0.6, 3.2), wide_m=1.4)))
    world = World(site=site, seconds=16.0, actors=(customer,))
    rule = {"kind": "shelf", "zone": GOODS, "labels": ["person", "object"]}
    assert told(tmp_path, world, AISLE, [rule]) == {}
