"""A vehicle stops in a live lane; lures stop with all the others, or where nobody passes."""

from dataclasses import replace
from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted, _film
from benchmarks.scenarios._film import between, is_true
from benchmarks.scenarios._stage import Actor, Stage, Where, stays, walks
from vigil.sim.acts import PLACES
from vigil.sim.route import Stop
from vigil.stages.rules.stopped_vehicle import StoppedVehicle

ROAD = ((0.0, 0.3), (1.0, 0.3), (1.0, 0.98), (0.0, 0.98))
LONG_S = 12.0
TRUE = ("breaks down", "breaks down on the left", "breaks down, slow traffic")
LURES = ("red light", "jam", "nobody passes", "oncoming only", "parked all along", "drives on")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    story = chance.choice(TRUE + LURES)
    y, high = chance.uniform(0.6, 0.85), chance.uniform(0.1, 0.18)
    stop_s, x = chance.uniform(5, 8), chance.uniform(0.45, 0.6)
    actors = [
        Actor(where=way, high=high, wide=1.7, label=chance.choice(("car", "car", "truck")))
        for way in _ways(story, chance, x, y, stop_s, high)
    ]
    wanted = Wanted(start_s=stop_s, end_s=55, by_s=stop_s + LONG_S + 16)
    return Scenario(
        rule=StoppedVehicle(zone=ROAD, longer_than_s=LONG_S, passed_by=2),
        scenes=stage.scenes(actors, 58),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _ways(
    story: str, chance: Random, x: float, y: float, stop_s: float, high: float
) -> list[Where]:
    stopped = walks((stop_s - 4, (-0.1, y)), (stop_s, (x, y)), (99, (x, y)))
    beside = y - 1.2 * high if story != "breaks down on the left" else min(y + 1.2 * high, 0.97)
    slow = 9.0 if "slow" in story else 4.0
    passing = [
        walks((s, (-0.1, beside)), (s + slow, (1.1, beside)))
        for s in (stop_s + 4 + n * chance.uniform(4, 7) for n in range(5))
    ]
    match story:
        case "red light":
            on_s = stop_s + 30
            return [
                walks(
                    (stop_s - 3 + n, (-0.1, row)), (stop_s + 1 + n, (x - 0.3 * n, row)),
                    (on_s + n, (x - 0.3 * n, row)), (on_s + n + 5, (1.1, row)),
                )
                for n in range(2) for row in (y, y - 0.2)
            ]  # fmt: skip
        case "jam":
            return [
                walks((n, (x - 0.35 * n - 0.2, row)), (58, (x - 0.35 * n + 0.25, row)))
                for n in range(2)
                for row in (y, y - 0.2)
            ]
        case "nobody passes":
            return [stopped]
        case "oncoming only":
            back = [
                walks((stop_s + 4 + 6 * n, (1.1, beside)), (stop_s + 8 + 6 * n, (-0.1, beside)))
                for n in range(5)
            ]
            return [stopped, *back]
        case "parked all along":
            return [stays((x, y)), *passing]
        case "drives on":
            return [
                walks((stop_s - 4, (-0.1, y)), (stop_s, (x, y)), (stop_s + 8, (x, y)),
                      (stop_s + 12, (1.1, y))),
                *passing,
            ]  # fmt: skip
        case _:
            return [stopped, *passing]


FILMED_LURES = ("nobody passes", "oncoming only", "halts")


def film(seed: int) -> Rendered:
    """A car stops on the road; others pass it the same way, the other way, or not at all."""
    place = _film.Stage(seed=seed, where=PLACES["street"], seconds=34.0)
    # From a mast, as roads are watched: from lower down, who passes hides who stands.
    place.camera = replace(place.camera, position=(0.5, -5.0, 10.5), target=(0.2, 8.5, 0.0))
    story = "breaks down" if is_true(seed) else FILMED_LURES[seed // 2 % len(FILMED_LURES)]
    start, end = place.road()
    stay_s = 60.0 if story != "halts" else 4.0
    # Right of the middle, so that who has passed it can still be seen.
    place.vehicle((start, between(start, end, 0.52), end), 1.0, stops=[Stop(1, stay_s)])
    began_s, _ = place.actors[0].route.stop_interval_s(1)
    if story != "nobody passes":
        ends = (end, start) if story == "oncoming only" else (start, end)
        beside = tuple((x, y + 2.6) for x, y in ends)
        for number in range(3):
            place.vehicle(beside, began_s + 1.0 + 6.0 * number, speed_m_s=6.0)
    rule = {"kind": "stopped_vehicle", "longer_than_s": 8, "passed_by": 2}
    wanted = [Wanted(start_s=began_s, end_s=place.seconds, by_s=began_s + 20)]
    return place.rendered(story, rule, wanted if is_true(seed) else ())
