"""A thing is left behind; lures are carried off, attended, changes of light, or people."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import is_true, stage
from benchmarks.scenarios._stage import Actor, Place, Stage, stays, walks
from vigil.sim.route import Stop
from vigil.sim.world import Bag
from vigil.stages.rules.abandoned_object import AbandonedObject

TRUE = ("left", "left, people pass", "left by one of two", "seen by the detector")
LURES = ("owner stays near", "taken again", "change of light", "stands still", "carried through")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high = chance.uniform(0.15, 0.3)
    spot = (chance.uniform(0.35, 0.65), chance.uniform(0.6, 0.9))
    down_s = chance.uniform(6, 9)
    gone_s = down_s + chance.uniform(2, 5)
    story = chance.choice(TRUE + LURES)
    actors = _played(story, chance, high, spot, down_s, gone_s)
    told = Wanted(start_s=down_s, end_s=50, by_s=gone_s + 14)
    return Scenario(
        rule=AbandonedObject(),
        scenes=stage.scenes(actors, 50),
        wanted=(told,) if story in TRUE else (),
        story=story,
    )


def _played(
    story: str, chance: Random, high: float, spot: Place, down_s: float, gone_s: float
) -> list[Actor]:
    x, y = spot
    beside = (x + 0.03, y)
    bag = Actor(where=stays(spot, down_s), high=0.35 * high, wide=1.0, blob=True)
    # Left alone means: further away than one's own height, after some steps.
    away = ((gone_s, beside), (gone_s + 8, (1.05, y)))
    come = ((down_s - 5, (0.0, y)), (down_s, beside))
    owner = Actor(where=walks(*come, *away), high=high)
    match story:
        case "left":
            return [owner, bag]
        case "left, people pass":
            passer = walks((gone_s + 3, (0.0, 0.97)), (gone_s + 11, (1.0, 0.97)))
            return [owner, bag, Actor(where=passer, high=high)]
        case "left by one of two":
            friend = Actor(
                where=walks((down_s - 5, (0.0, y)), (down_s, (x + 0.1, y)), *away[1:]), high=high
            )
            return [owner, friend, bag]
        case "seen by the detector":
            return [
                owner,
                Actor(where=stays(spot, down_s), high=0.35 * high, wide=1.0, label="suitcase"),
            ]
        case "owner stays near":
            return [Actor(where=walks(*come, (60, beside)), high=high), bag]
        case "taken again":
            lies = Actor(where=stays(spot, down_s, gone_s), high=0.35 * high, wide=1.0, blob=True)
            return [owner, lies]
        case "change of light":
            places = [(0.12 + 0.15 * n, 0.5 + 0.08 * (n % 4)) for n in range(6)]
            return [
                Actor(where=stays(p, down_s + 0.2 * n), high=0.1, wide=1.2, blob=True)
                for n, p in enumerate(places)
            ]
        case "stands still":
            # Long at rest, a person becomes background too.
            ghost = Actor(where=stays(spot, down_s + 3), high=high, blob=True)
            there = walks((down_s - 5, (0.0, y)), (down_s, spot), (60, spot))
            return [Actor(where=there, high=high), ghost]
        case _:
            case_ = walks((down_s - 5, (0.0, y)), (down_s + 7, (1.0, y)))
            return [
                Actor(where=case_, high=high),
                Actor(where=case_, high=0.35 * high, wide=1.0, label="suitcase"),
            ]


def film(seed: int) -> Rendered:
    """A suitcase is left, or put down and taken up again."""
    place = stage(seed, 30.0)
    start, end = place.where.walk
    taken = not is_true(seed)
    owner = place.walker((start, place.middle, end), 1.0, stops=[Stop(1, 5.0 if taken else 1.5)])
    route = place.actors[0].route
    down_s = route.stop_interval_s(1)[0] + 0.7
    place.actors.append(
        Bag(id=9, owner=owner, put_down_s=down_s, picked_up_s=down_s + 3.5 if taken else None)
    )
    rule = {"still_s": 4, "alone_s": 3}
    if taken:
        return place.rendered("taken again", rule)
    return place.rendered("left", rule, [Wanted(start_s=down_s, end_s=30.0, by_s=down_s + 16)])
