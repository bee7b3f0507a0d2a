"""A vehicle stops; lures halt for a moment, creep, are parked all along, or stop elsewhere."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import between, is_true, stage
from benchmarks.scenarios._stage import Actor, Place, Stage, Where, hidden, stays, walks
from vigil.sim.route import Stop
from vigil.stages.rules.stopped_vehicle import StoppedVehicle

ZONE = ((0.2, 0.3), (0.8, 0.3), (0.8, 0.98), (0.2, 0.98))
LONG_S = 10.0
TRUE = ("stops", "stops for good", "stops, is passed", "hidden for a moment")
LURES = ("halts", "creeps", "parked all along", "stops outside", "drives through")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high = chance.uniform(0.08, 0.25)
    start_s, y = chance.uniform(1, 4), chance.uniform(0.5, 0.9)
    spot = (chance.uniform(0.4, 0.6), y)
    stop_s = start_s + chance.uniform(2, 5)
    stay_s = LONG_S + chance.uniform(5, 12)
    story = chance.choice(TRUE + LURES)
    ways = _true(story, spot, start_s, stop_s, stay_s) or [_lure(story, spot, start_s, stop_s)]
    label = chance.choice(("car", "truck", "bus"))
    actors = [Actor(where=way, high=high, wide=1.8, label=label) for way in ways]
    wanted = Wanted(start_s=stop_s, end_s=stop_s + stay_s, by_s=stop_s + LONG_S + 5)
    return Scenario(
        rule=StoppedVehicle(zone=ZONE, longer_than_s=LONG_S),
        scenes=stage.scenes(actors, 45),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _true(story: str, spot: Place, start_s: float, stop_s: float, stay_s: float) -> list[Where]:
    y, on_s = spot[1], stop_s + stay_s
    stop = walks((start_s, (0.0, y)), (stop_s, spot), (on_s, spot), (on_s + 4, (1.0, y)))
    match story:
        case "stops":
            return [stop]
        case "stops for good":
            return [walks((start_s, (0.0, y)), (stop_s, spot), (99, spot))]
        case "stops, is passed":
            return [stop, walks((stop_s + 5, (0.0, y - 0.15)), (stop_s + 8, (1.0, y - 0.15)))]
        case "hidden for a moment":
            return [hidden(stop, (stop_s + 4, stop_s + 6))]
        case _:
            return []


def _lure(story: str, spot: Place, start_s: float, stop_s: float) -> Where:
    y = spot[1]
    match story:
        case "halts":
            on_s = stop_s + 7
            return walks((start_s, (0.0, y)), (stop_s, spot), (on_s, spot), (on_s + 4, (1.0, y)))
        case "creeps":
            return walks((start_s, (0.0, y)), (start_s + 38, (1.0, y)))
        case "parked all along":
            return stays(spot)
        case "stops outside":
            return walks((start_s, (0.0, y)), (stop_s, (0.1, y)), (99, (0.1, y)))
        case _:
            return walks((start_s, (0.0, y)), (start_s + 5, (1.0, y)))


def film(seed: int) -> Rendered:
    """A car stops on the road, or halts for a moment and goes on."""
    place = stage(seed, 26.0, road=True)
    start, end = place.road()
    stay_s = 12.0 if is_true(seed) else 2.5
    place.vehicle((start, between(start, end, 0.5), end), 1.0, stops=[Stop(1, stay_s)])
    began_s, over_s = place.actors[0].route.stop_interval_s(1)
    rule = {"longer_than_s": 6}
    if not is_true(seed):
        return place.rendered("halts", rule)
    wanted = [Wanted(start_s=began_s, end_s=over_s, by_s=began_s + 9)]
    return place.rendered("stops", rule, wanted)
