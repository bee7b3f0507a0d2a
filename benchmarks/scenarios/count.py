"""As many as said, for as long; lures are one too many or too few, too short, or elsewhere."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import gathering, is_true
from benchmarks.scenarios._stage import Actor, Stage, Where, stays
from vigil.stages.rules.count import Count

ZONE = ((0.2, 0.3), (0.8, 0.3), (0.8, 0.98), (0.2, 0.98))
LONG_S = 6.0
TRUE = ("enough", "too few guards")
LURES = ("one too few", "too short", "elsewhere", "guards enough", "a guard hidden")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high, number = chance.uniform(0.12, 0.25), chance.randint(2, 4)
    story = chance.choice(TRUE + LURES)
    start_s, end_s = chance.uniform(5, 8), chance.uniform(22, 28)
    spots = [(0.26 + 0.5 * n / number, chance.uniform(0.6, 0.95)) for n in range(number)]
    guards = "guard" in story
    ways: list[Where] = [stays(spot, start_s, end_s, sway=0.01) for spot in spots]
    match story:
        case "one too few":
            ways = ways[1:]
        case "too short":
            ways = [stays(spot, start_s, start_s + LONG_S - 2.5) for spot in spots]
        case "elsewhere":
            ways = [stays((0.08 + 0.02 * n, 0.8), start_s, end_s) for n in range(number)]
        case "too few guards":
            ways = [stays(spot) for spot in spots[1:]] + [_away(spots[0], start_s, end_s)]
        case "guards enough":
            ways = [stays(spot, sway=0.01) for spot in spots]
        case "a guard hidden":
            ways = [stays(spot) for spot in spots[1:]] + [_away(spots[0], start_s, start_s + 3)]
    rule = Count(zone=ZONE, compare="<" if guards else ">=", number=number, longer_than_s=LONG_S)
    wanted = Wanted(start_s=start_s, end_s=end_s, by_s=start_s + LONG_S + 4)
    return Scenario(
        rule=rule,
        scenes=stage.scenes([Actor(where=way, high=high) for way in ways], 35),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _away(spot: tuple[float, float], from_s: float, until_s: float) -> Where:
    return lambda t: None if from_s <= t < until_s else spot


def film(seed: int) -> Rendered:
    """Two people stay, or one."""
    return gathering(seed, people=2 if is_true(seed) else 1, least=2)
