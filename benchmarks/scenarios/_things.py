"""Rendered places and people for films about things."""

from dataclasses import replace
from random import Random

from vigil.sim.camera import Camera
from vigil.sim.people import Looks
from vigil.sim.route import Route, Stop
from vigil.sim.sites import corridor, yard
from vigil.sim.things import Kind, Thing, shelf_unit, standing
from vigil.sim.world import Actor, Walker, World

Point = tuple[float, float]
YARD = Camera(
    position=(-1, -7, 3.6), target=(0, 3, 0.6), view_deg=60, width=480, height=270, rate=6
)
AISLE = Camera(
    position=(-1.0, -1.2, 2.3), target=(0.5, 3.2, 0.9), view_deg=62, width=480, height=270, rate=6
)
SHELF: Point = (0.6, 3.2)
BOARDS_M = (0.5, 0.95, 1.4)
GOODS_ZONE = "0.38,0.20,0.66,0.22,0.64,0.74,0.40,0.72"
PLAIN = ((0.5, 0.15, 0.1), (0.1, 0.1, 0.12), (0.42, 0.3, 0.16))
COLOURS = ((0.7, 0.1, 0.1), (0.1, 0.35, 0.7), (0.8, 0.7, 0.1), (0.15, 0.5, 0.2))


def in_yard(actors: tuple[Actor, ...], seconds: float, seed: int) -> World:
    """A works yard by day."""
    return World(site=yard(False), seconds=seconds, actors=actors, seed=seed)


def walker(
    id: int, points: tuple[Point, ...], start_s: float, chance: Random, *, stop_s: float = 0.0
) -> Walker:
    """Somebody who may stop at the second point."""
    stops = (Stop(1, stop_s),) if stop_s else ()
    route = Route(points=points, start_s=start_s, stops=stops, speed_m_s=chance.uniform(1.2, 1.6))
    return Walker(id=id, looks=Looks.from_seed(chance.randrange(9999)), route=route)


def in_aisle(people: tuple[Walker, ...], goods: tuple[Thing, ...], seed: int) -> World:
    """A corridor with a shelf in it."""
    site = corridor()
    site = replace(site, props=(*site.props, shelf_unit(SHELF, boards_m=BOARDS_M, wide_m=1.4)))
    return World(site=site, seconds=34.0, actors=(*goods, *people), seed=seed)


def goods(
    *, gone: dict[int, float] | None = None, new: dict[int, float] | None = None
) -> tuple[Thing, ...]:
    """A row of cartons; number by number, when one is taken away or put there."""
    gone, new = gone or {}, new or {}
    return tuple(
        Thing(
            id=100 + n,
            kind="carton",
            colour=COLOURS[n % 4],
            route=standing(
                (SHELF[0] - 0.48 + 0.32 * (n % 4), SHELF[1] - 0.12), new.get(n, 0.0),
                gone.get(n, 60.0),
            ),
            above_m=BOARDS_M[n // 4],
            size=1.2,
        )
        for n in range(12)
    )  # fmt: skip


def thing(
    id: int, place: Point, from_s: float, until_s: float, *, kind: Kind, chance: Random
) -> Thing:
    """A thing of some colour."""
    return Thing(
        id=id, kind=kind, colour=chance.choice(PLAIN),
        route=standing(place, from_s, until_s), turn=chance.uniform(0, 3),
    )  # fmt: skip
