"""Presence: somebody in the zone; lures stand beside it, are something else, or only flash up."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import is_true, stage
from benchmarks.scenarios._stage import Actor, Stage, Where, stays, walks
from vigil.sim.animals import COATS, Animal
from vigil.sim.route import Route
from vigil.stages.rules.presence import Presence

ZONE = ((0.3, 0.4), (0.7, 0.4), (0.7, 0.95), (0.3, 0.95))


def scenario(chance: Random) -> Scenario:
    """A visit, or what only resembles one."""
    stage, seconds = Stage.drawn(chance), 30.0
    high = chance.uniform(0.1, 0.3)
    start_s = chance.uniform(4, 8)
    story = chance.choice(("stays", "walks through", "two visits", *LURES))
    wanted: tuple[Wanted, ...] = ()
    if story == "stays":
        end_s = start_s + chance.uniform(6, 15)
        spot = (chance.uniform(0.36, 0.64), chance.uniform(0.55, 0.9))
        actors = [Actor(where=stays(spot, start_s, end_s, sway=0.02), high=high)]
        wanted = (Wanted(start_s=start_s, end_s=end_s, by_s=start_s + 4),)
    elif story == "walks through":
        walk, first_s, last_s = _through(chance, start_s)
        actors = [Actor(where=walk, high=high)]
        wanted = (Wanted(start_s=first_s, end_s=last_s, by_s=first_s + 4),)
    elif story == "two visits":
        spot = (0.5, 0.8)
        spans = ((start_s, start_s + 5), (start_s + 11, start_s + 16))
        actors = [Actor(where=stays(spot, *span), high=high) for span in spans]
        wanted = tuple(Wanted(start_s=a, end_s=b, by_s=a + 4) for a, b in spans)
    else:
        actors = [_lure(story, chance, start_s, high, stage.hz)]
    return Scenario(
        rule=Presence(labels=("person",), zone=ZONE),
        scenes=stage.scenes(actors, seconds),
        wanted=wanted,
        story=story,
    )


LURES = ("beside the zone", "another label", "a flash", "doubtful")


def _through(chance: Random, start_s: float) -> tuple[Where, float, float]:
    """A walk from left to right, and when it is inside."""
    length_s, y = chance.uniform(7, 14), chance.uniform(0.5, 0.9)
    walk = walks((start_s, (0.0, y)), (start_s + length_s, (1.0, y)))
    return walk, start_s + 0.3 * length_s, start_s + 0.7 * length_s


def _lure(story: str, chance: Random, start_s: float, high: float, hz: float) -> Actor:
    if story == "beside the zone":
        x = chance.choice((chance.uniform(0.1, 0.25), chance.uniform(0.75, 0.9)))
        return Actor(where=stays((x, 0.8), start_s, start_s + 15, sway=0.02), high=high)
    if story == "another label":
        return Actor(where=stays((0.5, 0.8), start_s, start_s + 15), high=high, label="dog")
    if story == "a flash":
        # What a detector sees in two looks only was never there.
        return Actor(where=stays((0.5, 0.8), start_s, start_s + 1.9 / hz), high=high)
    return Actor(where=stays((0.5, 0.8), start_s, start_s + 15), high=high, score=0.25)


def film(seed: int) -> Rendered:
    """Somebody passes; lures: an animal, litter in the wind."""
    place = stage(seed)
    rule = {"labels": ["person"]}
    if is_true(seed):
        place.walker(place.where.walk, 4.0)
        wanted = [Wanted(start_s=a, end_s=b, by_s=a + 4) for a, b in place.spans()]
        return place.rendered("walks through", rule, wanted, detector="yolox")
    route = Route(points=place.where.walk, start_s=4.0, speed_m_s=2.0)
    coat = COATS[seed // 2 % len(COATS)]
    place.actors.append(Animal(id=1, route=route, kind="dog", coat=coat))
    return place.rendered("a dog", rule, detector="yolox")
