"""People in line; lures are too few, stand aside, walk past, or are scattered."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import is_true, stage, text
from benchmarks.scenarios._stage import Actor, Stage, Where, stays, walks
from vigil.sim.route import Stop
from vigil.stages.rules.queue import Queue

LINE = ((0.1, 0.7), (0.9, 0.7))
LONG_S = 10.0
TRUE = ("waits", "moves up", "grows")
LURES = ("too few", "aside", "walk past", "scattered", "too short")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high, number = chance.uniform(0.15, 0.25), chance.randint(3, 5)
    story = chance.choice(TRUE + LURES)
    start_s = chance.uniform(2, 5)
    # Neighbours stand half to one height apart.
    step = chance.uniform(0.5, 0.9) * high * stage.size[1] / stage.size[0]
    ways, from_s = _played(story, chance, number, step, start_s)
    wanted = Wanted(start_s=from_s, end_s=45, by_s=from_s + LONG_S + 6)
    return Scenario(
        rule=Queue(line=LINE, number=number, longer_than_s=LONG_S),
        scenes=stage.scenes([Actor(where=way, high=high) for way in ways], 45),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _played(
    story: str, chance: Random, number: int, step: float, start_s: float
) -> tuple[list[Where], float]:
    """Ways, and since when so many wait."""
    spots = [(0.13 + step * n, 0.7 + chance.uniform(-0.03, 0.03)) for n in range(number + 1)]
    match story:
        case "waits":
            return [stays(p, start_s, 44, sway=0.005) for p in spots], start_s
        case "moves up":
            # The head is served in the middle of it, and everybody moves one place up.
            served_s = start_s + 16
            up = [
                walks(
                    (start_s, p),
                    (served_s, p),
                    (served_s + 2, (p[0] - step, p[1])),
                    (44, (p[0] - step, p[1])),
                )
                for p in spots[1:]
            ]
            return [stays(spots[0], start_s, served_s), *up], start_s
        case "grows":
            came = [start_s + 2 * n for n in range(number)]
            return [stays(p, s, 44) for p, s in zip(spots, came, strict=False)], came[-1]
        case "too few":
            return [stays(p, start_s, 44) for p in spots[: number - 1]], 0.0
        case "aside":
            return [stays((x, 0.95), start_s, 44) for x, _ in spots], 0.0
        case "walk past":
            return [
                walks((start_s + n, (0.0, 0.7)), (start_s + n + 7, (1.0, 0.7)))
                for n in range(number)
            ], 0.0
        case "scattered":
            return [stays((0.13 + 4.5 * step * n, 0.7), start_s, 44) for n in range(number)], 0.0
        case _:
            return [stays(p, start_s, start_s + LONG_S - 3) for p in spots], 0.0


def film(seed: int) -> Rendered:
    """Four people stand in line, or stand about."""
    place = stage(seed, 28.0)
    (left, y), (right, _) = place.where.walk
    x0, y0 = place.middle
    line = [place.place_of((x0 + dx, y0)) for dx in (-2.6, 3.2)]
    for n in range(4):
        spot = (x0 - 2.0 + 1.1 * n, y0)
        if not is_true(seed):
            spot = (x0 - 2.0 + 3.2 * (n % 2), y0 + (1.8 if n < 2 else -1.8))
        place.walker(
            ((right, y + 0.2 * n), spot, (left, y)), 0.4 * n, stops=[Stop(1, 14.0)], speed_m_s=1.8
        )
    # So far away the default width is more than two metres, and all who stand about are in line.
    rule = {"line": text(line), "number": 3, "longer_than_s": 6, "gap": 2.0, "width": 0.05}
    if not is_true(seed):
        return place.rendered("stand about", rule)
    begin_s = max(one.route.stop_interval_s(1)[0] for one in place.actors)
    return place.rendered(
        "in line", rule, [Wanted(start_s=begin_s - 2, end_s=begin_s + 13, by_s=begin_s + 12)]
    )
