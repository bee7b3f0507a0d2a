"""A thing lies on the road; lures stand, stop, work, blow across, or lie beside it."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._stage import Actor, Place, Stage, hidden, stays, walks
from benchmarks.scenarios._things import YARD, in_yard, thing
from vigil.sim.route import Route, Stop
from vigil.sim.vehicles import PAINTS
from vigil.sim.world import Vehicle
from vigil.stages.rules.debris import Debris

ROAD = ((0.15, 0.35), (0.85, 0.35), (0.95, 0.98), (0.05, 0.98))
LONG_S = 10.0
TRUE = ("falls off", "lies there", "traffic passes over", "seen by the detector")
LURES = (
    "car stops", "car is lost at rest", "worker sees to it", "lies beside", "blows across",
    "is picked up", "light", "pedestrian waits", "lorry stands",
)  # fmt: skip


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    spot = (chance.uniform(0.35, 0.65), chance.uniform(0.6, 0.9))
    down_s = chance.uniform(6, 10)
    story = chance.choice(TRUE + LURES)
    wanted = Wanted(start_s=down_s, end_s=50, by_s=down_s + LONG_S + 8)
    return Scenario(
        rule=Debris(zone=ROAD, longer_than_s=LONG_S),
        scenes=stage.scenes(_played(story, chance, spot, down_s), 55),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _played(story: str, chance: Random, spot: Place, down_s: float) -> list[Actor]:
    x, y = spot
    small, high = chance.uniform(0.03, 0.08), chance.uniform(0.12, 0.22)
    thing = Actor(where=stays(spot, down_s), high=small, wide=1.2, blob=True, rest_s=4.0)
    match story:
        case "falls off":
            lorry = walks((down_s - 4, (-0.1, y)), (down_s, (x, y)), (down_s + 4, (1.1, y)))
            return [Actor(where=lorry, high=1.4 * high, wide=1.8, label="truck"), thing]
        case "lies there":
            return [thing]
        case "traffic passes over":
            spans = [(down_s + 6 + 5 * n, down_s + 7 + 5 * n) for n in range(5)]
            cars = [
                Actor(
                    where=walks((a - 2, (-0.1, y + 0.02)), (b + 2, (1.1, y + 0.02))), high=high,
                    wide=1.8, label="car",
                )
                for a, b in spans
            ]  # fmt: skip
            seen = Actor(
                where=hidden(thing.where, *spans), high=small, wide=1.2, blob=True, rest_s=0.0
            )
            return [*cars, seen]
        case "seen by the detector":
            return [Actor(where=stays(spot, down_s), high=small, wide=1.2, label="suitcase")]
        case _:
            return _user(story, chance, spot, down_s, thing) or _lure(story, spot, down_s, small)


def _user(story: str, chance: Random, spot: Place, down_s: float, thing: Actor) -> list[Actor]:
    """Lures in which somebody uses the road."""
    x, y = spot
    high = chance.uniform(0.12, 0.22)
    stop = walks((down_s - 4, (-0.1, y)), (down_s, spot), (99, spot))
    match story:
        case "car stops":
            shape = Actor(where=stays(spot, down_s), high=high, wide=1.8, blob=True, rest_s=4.0)
            return [Actor(where=stop, high=high, wide=1.8, label="car"), shape]
        case "car is lost at rest":
            lost_s = down_s + chance.uniform(6, 15)
            known = walks((down_s - 4, (-0.1, y)), (down_s, spot), (lost_s, spot))
            shape = Actor(where=stays(spot, down_s), high=high, wide=1.8, blob=True, rest_s=4.0)
            return [Actor(where=known, high=high, wide=1.8, label="car"), shape]
        case "worker sees to it":
            worker = stays((x + 0.05, y), sway=0.01)
            return [Actor(where=worker, high=1.3 * high), thing]
        case "pedestrian waits":
            shape = Actor(where=stays(spot, down_s), high=high, blob=True, rest_s=4.0)
            return [Actor(where=stop, high=high), shape]
        case _:
            return []


def _lure(story: str, spot: Place, down_s: float, small: float) -> list[Actor]:
    y = spot[1]
    match story:
        case "lies beside":
            return [Actor(where=stays((0.05, 0.5), down_s), high=small, wide=1.2, blob=True)]
        case "blows across":
            over = walks((down_s, (0.1, y)), (down_s + 30, (0.9, y)))
            return [Actor(where=over, high=small, wide=1.2, label="umbrella")]
        case "is picked up":
            end_s = down_s + LONG_S - 3
            return [Actor(where=stays(spot, down_s, end_s), high=small, wide=1.2, blob=True)]
        case "light":
            places = [(0.2 + 0.12 * n, 0.6 + 0.06 * (n % 4)) for n in range(6)]
            return [
                Actor(where=stays(p, down_s + 0.2 * n), high=0.08, wide=1.2, blob=True)
                for n, p in enumerate(places)
            ]
        case _:
            return [Actor(where=stays(spot, down_s), high=0.4, wide=1.8, blob=True, rest_s=4.0)]


def film(seed: int) -> Rendered:
    chance = Random(seed)
    place = (chance.uniform(-2, 2), chance.uniform(0.5, 2.5))
    story = chance.choice(("lies there", "lies there", "car stops", "car passes", "picked up"))
    down_s = chance.uniform(6, 8)
    kind = chance.choice(("box", "tyre", "plank", "bag"))
    seen = story in ("lies there", "picked up")
    until_s = down_s + 7 if story == "picked up" else 60.0
    fallen = thing(2, place, down_s, until_s, kind=kind, chance=chance)
    stops = (Stop(1, 20.0 if story == "car stops" else 0.1),)
    route = Route(
        points=((-14, 3.2), (place[0], 3.0), (14, 2.8)), start_s=down_s - 2, stops=stops,
        speed_m_s=7.0,
    )  # fmt: skip
    car = Vehicle(id=1, route=route, paint=chance.choice(PAINTS))
    actors = (car, fallen) if seen else (car,)
    wanted = Wanted(start_s=down_s, end_s=36, by_s=down_s + LONG_S + 8)
    return Rendered(
        world=in_yard(actors, 36.0, seed),
        camera=YARD,
        rule={"kind": "debris", "zone": "0,0.4,1,0.4,1,1,0,1", "longer_than_s": LONG_S},
        wanted=(wanted,) if story == "lies there" else (),
        story=story,
        detector="yolox",
    )
