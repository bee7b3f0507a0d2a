"""Somebody stays for too long; lures pass, stay less long, go and come again, or take turns."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import between, is_true, stage
from benchmarks.scenarios._stage import Actor, Place, Stage, Where, hidden, stays, walks
from vigil.sim.route import Stop
from vigil.stages.rules.loitering import Loitering

ZONE = ((0.3, 0.4), (0.7, 0.4), (0.7, 0.98), (0.3, 0.98))
LONG_S = 20.0
TRUE = ("stands", "paces", "steps out for a moment", "hidden for a moment", "among passers-by")
LURES = ("too short", "passes slowly", "goes and comes again", "two take turns", "outside")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high = chance.uniform(0.12, 0.3)
    story = chance.choice(TRUE + LURES)
    start_s, stay_s = chance.uniform(2, 6), LONG_S + chance.uniform(5, 15)
    spot = (chance.uniform(0.42, 0.58), chance.uniform(0.6, 0.9))
    ways = _true(story, spot, start_s, stay_s) or _lure(story, chance, spot, start_s)
    wanted = Wanted(start_s=start_s, end_s=start_s + stay_s, by_s=start_s + LONG_S + 3)
    return Scenario(
        rule=Loitering(labels=("person",), zone=ZONE, longer_than_s=LONG_S),
        scenes=stage.scenes([Actor(where=way, high=high) for way in ways], 55),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _true(story: str, spot: Place, start_s: float, stay_s: float) -> list[Where]:
    x, y = spot
    end_s = start_s + stay_s
    match story:
        case "stands":
            return [stays(spot, start_s, end_s, sway=0.02)]
        case "paces":
            turns = [(start_s + 6 * n, (x + 0.1 * (-1) ** n, y)) for n in range(20)]
            return [_until(walks(*turns), end_s)]
        case "steps out for a moment":
            out_s = start_s + 8
            out = ((out_s, spot), (out_s + 1.5, (0.75, y)), (out_s + 3, (0.75, y)))
            way = walks((start_s, spot), *out, (out_s + 4.5, spot), (end_s, spot))
            return [way]
        case "hidden for a moment":
            return [hidden(stays(spot, start_s, end_s), (start_s + 9, start_s + 11))]
        case "among passers-by":
            passers = [
                walks((s, (0.0, 0.95)), (s + 12, (1.0, 0.95))) for s in (start_s + 3, start_s + 13)
            ]
            return [stays(spot, start_s, end_s), *passers]
        case _:
            return []


def _lure(story: str, chance: Random, spot: Place, start_s: float) -> list[Where]:
    x, y = spot
    match story:
        case "too short":
            return [stays(spot, start_s, start_s + LONG_S - chance.uniform(2, 8))]
        case "passes slowly":
            return [walks((start_s, (0.1, y)), (start_s + 30, (0.9, y)))]
        case "goes and comes again":
            spans = ((start_s, start_s + 14), (start_s + 22, start_s + 36))
            return [lambda t: stays(spot, *spans[0])(t) or stays(spot, *spans[1])(t)]
        case "two take turns":
            other = (x + 0.12, y)
            return [stays(spot, start_s, start_s + 15), stays(other, start_s + 15, start_s + 30)]
        case _:
            return [stays((0.8, y), start_s, start_s + 45, sway=0.02)]


def _until(where: Where, end_s: float) -> Where:
    return lambda t: where(t) if t < end_s else None


def film(seed: int) -> Rendered:
    """Somebody waits for long, or two pass one after the other."""
    place = stage(seed, 30.0)
    start, end = place.where.walk
    rule = {"labels": ["person"], "longer_than_s": 12}
    if is_true(seed):
        place.walker((start, place.middle, end), 1.0, stops=[Stop(1, 14.0)])
        wanted = [Wanted(start_s=a, end_s=b, by_s=a + 17) for a, b in place.spans()]
        return place.rendered("waits", rule, wanted)
    away, near = between(start, end, 0.1), between(start, end, 0.55)
    for start_s in (1.0, 15.0):
        place.walker((away, near, away), start_s, speed_m_s=1.9)
    return place.rendered("two pass", rule)
