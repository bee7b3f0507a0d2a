"""Nobody holds the post; lures are away for a moment, relieved, hidden, or hard to see."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import is_true, stage, text
from benchmarks.scenarios._stage import Actor, Stage, Where, hidden, stays, walks
from vigil.sim.route import Stop
from vigil.stages.rules.absence import Absence

ZONE = ((0.35, 0.4), (0.65, 0.4), (0.65, 0.98), (0.35, 0.98))
LONG_S = 15.0
TRUE = ("leaves", "leaves, others pass by", "never came")
LURES = ("away for a moment", "relieved", "hidden for a moment", "hard to see", "stays")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high, spot = chance.uniform(0.15, 0.3), (chance.uniform(0.42, 0.58), 0.8)
    gone_s = chance.uniform(5, 9)
    back_s = gone_s + LONG_S + chance.uniform(6, 12)
    story = chance.choice(TRUE + LURES)
    ways, from_s = _played(story, spot, gone_s, back_s)
    score = 0.62 if story == "hard to see" else 0.85
    wanted = Wanted(start_s=from_s, end_s=back_s, by_s=from_s + LONG_S + 5)
    return Scenario(
        rule=Absence(zone=ZONE, longer_than_s=LONG_S),
        scenes=stage.scenes([Actor(where=way, high=high, score=score) for way in ways], 50),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _played(
    story: str, spot: tuple[float, float], gone_s: float, back_s: float
) -> tuple[list[Where], float]:
    """Ways, and since when nobody is there."""
    leaves = hidden(stays(spot), (gone_s, back_s))
    match story:
        case "leaves":
            return [leaves], gone_s
        case "leaves, others pass by":
            outside = walks((gone_s + 4, (0.0, 0.3)), (gone_s + 12, (1.0, 0.3)))
            return [leaves, outside], gone_s
        case "never came":
            return [stays(spot, back_s)], 0.0
        case "away for a moment":
            return [hidden(stays(spot), (gone_s, gone_s + LONG_S - 4))], 0.0
        case "relieved":
            other = (spot[0] + 0.06, 0.85)
            return [stays(spot, 0, gone_s), stays(other, gone_s + 5)], 0.0
        case "hidden for a moment":
            return [hidden(stays(spot), (gone_s, gone_s + 6), (gone_s + 14, gone_s + 20))], 0.0
        case _:
            return [stays(spot, sway=0.02)], 0.0


def film(seed: int) -> Rendered:
    """Somebody leaves a post, or stays at it."""
    place = stage(seed, 28.0)
    (left, y), _ = place.where.walk
    near = (place.middle[0] - 3.0, place.middle[1])
    stay_s = 7.0 if is_true(seed) else 40.0
    place.walker((near, place.middle, (left, y)), 0.0, stops=[Stop(1, stay_s)])
    zone = place.zone_around(place.middle, wide=0.24, high=0.3)
    rule = {"labels": ["person"], "zone": text(zone), "longer_than_s": 8}
    if not is_true(seed):
        return place.rendered("stays", rule)
    gone_s = max(b for _, b in place.spans(zone))
    return place.rendered("leaves", rule, [Wanted(start_s=gone_s, end_s=28.0, by_s=gone_s + 13)])
