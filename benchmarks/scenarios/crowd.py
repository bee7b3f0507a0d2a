"""A crowd gathers; lures are too few, too short, outside, or come one after another."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import gathering, is_true
from benchmarks.scenarios._stage import Actor, Place, Stage, Where, stays, walks
from vigil.stages.rules.crowd import Crowd

ZONE = ((0.2, 0.3), (0.8, 0.3), (0.8, 0.98), (0.2, 0.98))
LONG_S = 8.0
TRUE = ("gathers", "gathers slowly", "stays, some change")
LURES = ("too few", "too short", "outside", "one after another", "walk through together")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high, number = chance.uniform(0.12, 0.22), chance.randint(3, 7)
    story = chance.choice(TRUE + LURES)
    places = [(0.25 + 0.5 * n / number, chance.uniform(0.6, 0.95)) for n in range(number + 1)]
    ways, from_s = _played(story, chance, places, number)
    wanted = Wanted(start_s=from_s, end_s=40, by_s=from_s + LONG_S + 5)
    return Scenario(
        rule=Crowd(zone=ZONE, number=number, longer_than_s=LONG_S),
        scenes=stage.scenes([Actor(where=way, high=high) for way in ways], 45),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _played(
    story: str, chance: Random, places: list[Place], number: int
) -> tuple[list[Where], float]:
    """Ways, and since when they are so many."""
    start_s = chance.uniform(3, 6)
    match story:
        case "gathers":
            return [stays(p, start_s, 40, sway=0.01) for p in places], start_s
        case "gathers slowly":
            came = [start_s + 1.5 * n for n in range(number)]
            ways = [stays(p, s, 40) for p, s in zip(places, came, strict=False)]
            return ways, came[-1]
        case "stays, some change":
            going = stays(places[0], start_s, 25)
            coming = stays((places[0][0] + 0.02, 0.5), 24.0, 40)
            return [going, coming, *(stays(p, start_s, 40) for p in places[1:number])], start_s
        case "too few":
            return [stays(p, start_s, 40, sway=0.01) for p in places[: number - 1]], 0.0
        case "too short":
            return [stays(p, start_s, start_s + LONG_S - 3) for p in places], 0.0
        case "outside":
            return [stays((0.05 + 0.02 * n, p[1]), start_s, 40) for n, p in enumerate(places)], 0.0
        case "one after another":
            return [stays(p, start_s + 6 * n, start_s + 6 * n + 5) for n, p in enumerate(places)], 0
        case _:
            step_s = (8, 12)
            return [
                walks(
                    (start_s + 0.3 * n, (0.0, p[1])), (start_s + step_s[0] + 0.3 * n, (1.0, p[1]))
                )
                for n, p in enumerate(places)
            ], 0.0


def film(seed: int) -> Rendered:
    """Four people gather, or two."""
    return gathering(seed, people=4 if is_true(seed) else 2, least=3)
