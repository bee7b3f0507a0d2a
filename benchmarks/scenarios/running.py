"""Somebody runs; lures walk fast, cycle, jump once, or are half hidden."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import is_true, stage
from benchmarks.scenarios._stage import Actor, Stage, walks
from vigil.stages.rules.running import Running

TRUE = ("runs", "walks, then runs", "runs among walkers")
LURES = ("walks", "walks fast", "cycles", "one leap", "stands")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high, y = chance.uniform(0.1, 0.2), chance.uniform(0.6, 0.9)
    story = chance.choice(TRUE + LURES)
    start_s = chance.uniform(2, 4)
    run = stage.strolls(high, chance.uniform(1.9, 3.0))
    walk = stage.strolls(high, chance.uniform(0.6, 0.95))
    end_s = min(start_s + 0.96 / run, start_s + 8)
    reach = 0.02 + run * (end_s - start_s)
    ran = ((start_s, (0.02, y)), (end_s, (reach, y)))
    from_s, label = start_s, "person"
    match story:
        case "runs":
            ways = [walks(*ran)]
        case "walks, then runs":
            from_s = start_s + 4
            go = (from_s, (0.02 + 4 * walk, y))
            left_s = (0.96 - go[1][0]) / run
            end_s = from_s + left_s
            ways = [walks((start_s, (0.02, y)), go, (end_s, (0.98, y)))]
        case "runs among walkers":
            ways = [walks(*ran), walks((1, (0.1, 0.95)), (20, (0.1 + 19 * walk, 0.95)))]
        case "cycles":
            ways, label = [walks(*ran)], "bicycle"
        case "one leap":
            at_s = start_s + 3
            x = 0.1 + 3 * walk
            leap = (at_s + 0.5, (x + 0.5 * run, y))
            ways = [
                walks((start_s, (0.1, y)), (at_s, (x, y)), leap, (20, (leap[1][0] + 8 * walk, y)))
            ]
        case "stands":
            ways = [walks((start_s, (0.5, y)), (20, (0.5, y)))]
        case _:
            speed = stage.strolls(high, 1.15) if story == "walks fast" else walk
            ways = [walks((start_s, (0.02, y)), (start_s + 0.96 / speed, (0.98, y)))]
    wanted = Wanted(start_s=from_s, end_s=end_s, by_s=from_s + 4)
    return Scenario(
        rule=Running(),
        scenes=stage.scenes([Actor(where=way, high=high, label=label) for way in ways], 22),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def film(seed: int) -> Rendered:
    """Somebody runs through the picture, or walks."""
    place = stage(seed, 18.0)
    place.walker(place.where.walk, 3.0, speed_m_s=4.2 if is_true(seed) else 1.5)
    rule = {"labels": ["person"]}
    if not is_true(seed):
        return place.rendered("walks", rule)
    wanted = [Wanted(start_s=a, end_s=b, by_s=b + 1) for a, b in place.spans()]
    return place.rendered("runs", rule, wanted)
