"""Somebody works without a helmet or vest; lures wear it, carry it, or cannot be seen well."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._stage import Actor, Place, Stage, Where, stays, walks
from benchmarks.scenarios._things import YARD, in_yard, walker
from vigil.sim.gear import Helmet
from vigil.sim.world import Actor as Body
from vigil.sim.world import Walker
from vigil.stages.rules.ppe_missing import PpeMissing

SITE = ((0.3, 0.1), (1.0, 0.1), (1.0, 1.0), (0.3, 1.0))
TRUE = ("no helmet", "no vest", "takes it off", "carries it", "detector knows bare heads")
LURES = ("wears it", "outside the site", "passes through", "too far away", "nobody wears any",
         "head cut off")  # fmt: skip
RECALL = (0.65, 0.8, 0.95)
"""Share of the looks in which gear that is worn is found."""


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    story = chance.choice(TRUE + LURES)
    found = chance.choice(RECALL)
    x, y, high = chance.uniform(0.5, 0.7), chance.uniform(0.7, 0.95), chance.uniform(0.25, 0.45)
    wanted_s = 15.0 if story == "takes it off" else 2.0
    person, worn = _played(story, chance, (x, y), high, found)
    actors = [person, *worn]
    if story != "nobody wears any":
        actors += _colleague(chance, stage, found)
    gear = ("vest",) if story == "no vest" else ("helmet",)
    wanted = Wanted(start_s=wanted_s, end_s=40, by_s=wanted_s + 12)
    return Scenario(
        rule=PpeMissing(zone=SITE, gear=gear),
        scenes=stage.scenes([_placed(one, stage) for one in actors], 40),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


class Worn(Actor):
    """Gear: `high` and place are those of the person; it is put where it belongs by `_placed`."""


def _placed(one: Actor, stage: Stage) -> Actor:
    """Gear at its place on the person."""
    if not isinstance(one, Worn):
        return one
    person, held = one.where, one.score < 0.6
    up, high = (0.88, 0.13) if "vest" not in one.label else (0.42, 0.38)
    if held:
        up = 0.4

    def where(t: float) -> Place | None:
        place = person(t)
        return None if place is None else (place[0], place[1] - up * one.high)

    return Actor(
        where=where, label=one.label, high=high * one.high, wide=1.1 if up > 0.5 else 0.9, score=0.8
    )


def _played(
    story: str, chance: Random, spot: Place, high: float, found: float
) -> tuple[Actor, list[Actor]]:
    x, y = spot
    there: Where = walks((2.0, (x, y)), (20.0, (x + 0.1, y)), (40.0, (x, y)))
    person = Actor(where=there, high=high)
    helmet = Worn(where=_seen(there, chance, found), label="helmet", high=high)
    match story:
        case "no helmet":
            return person, [Worn(where=there, label="vest", high=high)]
        case "no vest":
            return person, [helmet]
        case "takes it off":
            return person, [
                Worn(where=_seen(there, chance, found, end_s=15.0), label="helmet", high=high)
            ]
        case "carries it":
            return person, [Worn(where=there, label="helmet", high=high, score=0.5)]
        case "detector knows bare heads":
            return person, [Worn(where=_seen(there, chance, 0.7), label="no_helmet", high=high)]
        case _:
            return _lure(story, person, helmet, spot)


def _lure(story: str, person: Actor, helmet: Actor, spot: Place) -> tuple[Actor, list[Actor]]:
    (x, y), there, high = spot, person.where, person.high
    match story:
        case "outside the site":
            return Actor(where=stays((0.15, y), sway=0.02), high=high), []
        case "passes through":
            through = walks((5.0, (0.0, y)), (7.0, (0.31, y)), (9.0, (0.36, y)), (11, (0.0, y)))
            return Actor(where=through, high=high), []
        case "too far away":
            return Actor(where=there, high=0.06), []
        case "nobody wears any":
            return person, []
        case "head cut off":
            close = walks((2.0, (x, 0.9)), (40.0, (x + 0.05, 0.9)))
            return Actor(where=close, high=1.1), []
        case _:
            return person, [helmet]


def _colleague(chance: Random, stage: Stage, found: float) -> list[Actor]:
    """Somebody who wears all, away from the others."""
    there = stays((0.92, 0.6), sway=0.02)
    return [
        Actor(where=there, high=0.25),
        Worn(where=_seen(there, chance, found), label="helmet", high=0.25),
        Worn(where=_seen(there, chance, found), label="vest", high=0.25),
    ]


def _seen(where: Where, chance: Random, share: float, *, end_s: float = 1e9) -> Where:
    """The same, found in a share of the looks only."""
    return lambda t: where(t) if t < end_s and chance.random() < share else None


FILMED_TRUE = ("no helmet", "takes it off")
FILMED_LURES = ("wears it", "puts it on at once", "outside the site", "nobody wears any")
FILMED_S, STAYS_S = 26.0, 17.0
RIGHT_HALF = "0.5,0,1,0,1,1,0.5,1"


def film(seed: int) -> Rendered:
    """Two work in a yard; one of them without a helmet, or with one."""
    chance = Random(seed)
    kinds = FILMED_LURES if seed % 2 else FILMED_TRUE
    story = kinds[seed // 2 % len(kinds)]
    outside = story == "outside the site"
    x = -3.0 if outside else chance.uniform(-1.2, 0.2)
    worker = _worker(1, (x, 0.4), 1.0, chance)
    arrives_s, leaves_s = worker.route.stop_interval_s(1)
    helmet = {
        "wears it": Helmet(id=2, looks=worker.looks, route=worker.route),
        "takes it off": Helmet(
            id=2, looks=worker.looks, route=worker.route, off_from_s=arrives_s + 3.0
        ),
        "puts it on at once": Helmet(id=2, looks=worker.looks, route=worker.route, on_from_s=4.0),
    }.get(story)
    bodies: list[Body] = [worker, *([helmet] if helmet is not None else [])]
    if story != "nobody wears any":
        other = _worker(3, (x + (4.5 if outside else 2.2), 3.0), 0.5, chance)
        bodies += [other, Helmet(id=4, looks=other.looks, route=other.route)]
    begins_s = arrives_s + 3.0 if story == "takes it off" else 2.0
    wanted = Wanted(start_s=begins_s, end_s=leaves_s, by_s=begins_s + 12)
    return Rendered(
        world=in_yard(tuple(bodies), FILMED_S, seed),
        camera=YARD,
        rule={"zone": RIGHT_HALF} if outside else {},
        wanted=(wanted,) if story in FILMED_TRUE else (),
        story=story,
        detector="helmets",
    )


def _worker(id_: int, at: Place, start_s: float, chance: Random) -> Walker:
    """Comes from the left, works there, and goes back."""
    edge = (-6.5, at[1] + 1.0)
    return walker(id_, (edge, at, edge), start_s, chance, stop_s=STAYS_S)
