"""A thing is taken away; lures are hidden for a while, stood before, lit anew, or are people."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._stage import Actor, Place, Stage, Where, hidden, stays, walks
from benchmarks.scenarios._things import YARD, in_yard, thing, walker
from vigil.stages.rules.removed_object import RemovedObject

TRUE = ("taken", "taken unseen", "taken while others pass", "track is carried off", "track is gone")
LURES = ("hidden", "looked at", "light", "somebody leaves", "vehicle leaves", "something is left")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high = chance.uniform(0.15, 0.35)
    spot = (chance.uniform(0.35, 0.65), chance.uniform(0.6, 0.85))
    taken_s = chance.uniform(20, 25)
    story = chance.choice(TRUE + LURES)
    wanted = Wanted(start_s=taken_s, end_s=taken_s + 25, by_s=taken_s + 12)
    return Scenario(
        rule=RemovedObject(),
        scenes=stage.scenes(_played(story, chance, high, spot, taken_s), 60),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _played(story: str, chance: Random, high: float, spot: Place, taken_s: float) -> list[Actor]:
    x, y = spot
    small = chance.uniform(0.2, 0.4) * high
    rest_s = chance.uniform(4, 6)
    hole = Actor(
        where=stays(spot, taken_s), high=small, wide=1.0, blob=True, removed=True, rest_s=rest_s
    )
    taker = Actor(where=_comes_and_goes((x + 0.03, y), taken_s), high=high)
    case_ = Actor(where=stays(spot, 0, taken_s), high=small, wide=1.0, label="suitcase")
    match story:
        case "taken":
            return [taker, hole]
        case "taken unseen":
            return [hole]
        case "taken while others pass":
            return [taker, hole, *_passers(chance, high)]
        case "track is carried off":
            off = walks((0, spot), (taken_s, spot), (taken_s + 8, (1.0, y)))
            carried = Actor(where=off, high=small, wide=1.0, label="suitcase")
            return [taker, carried]
        case "track is gone":
            return [taker, case_]
        case _:
            return _lure(story, chance, high, spot, taken_s, taker)


def _lure(
    story: str, chance: Random, high: float, spot: Place, taken_s: float, visitor: Actor
) -> list[Actor]:
    y = spot[1]
    small, rest_s = chance.uniform(0.2, 0.4) * high, chance.uniform(4, 6)
    match story:
        case "hidden":
            at_s = taken_s, taken_s + chance.uniform(8, 20)
            screen = Actor(where=_stands_before(spot, *at_s), high=max(high, 0.3), wide=0.6)
            there = Actor(where=hidden(stays(spot), at_s), high=small, wide=1.0, label="suitcase")
            return [screen, there]
        case "looked at":
            there = Actor(where=stays(spot), high=small, wide=1.0, label="suitcase")
            return [visitor, there]
        case "light":
            return _patches(chance, taken_s)
        case "somebody leaves":
            goes = walks((0, spot), (taken_s, spot), (taken_s + 8, (1.0, y)))
            ghost = Actor(
                where=stays(spot, taken_s + 1), high=high, blob=True, removed=True, rest_s=rest_s
            )
            return [Actor(where=goes, high=high), ghost]
        case "vehicle leaves":
            goes = walks((0, spot), (taken_s, spot), (taken_s + 6, (1.1, y)))
            ghost = Actor(
                where=stays(spot, taken_s + 1), high=high, wide=1.8, blob=True, removed=True,
                rest_s=rest_s,
            )  # fmt: skip
            return [Actor(where=goes, high=high, wide=1.8, label="car"), ghost]
        case _:
            bag = Actor(where=stays(spot, taken_s), high=small, wide=1.0, blob=True)
            return [visitor, bag]


def _comes_and_goes(to: Place, at_s: float) -> Where:
    y = to[1]
    return walks((at_s - 8, (0.0, y)), (at_s - 2, to), (at_s + 0.5, to), (at_s + 7, (1.0, y)))


def _stands_before(spot: Place, start_s: float, end_s: float) -> Where:
    near = (spot[0], min(spot[1] + 0.04, 1.0))
    return walks(
        (start_s - 5, (0.0, near[1])), (start_s - 0.3, near), (end_s + 0.3, near),
        (end_s + 5, (1.0, near[1])),
    )  # fmt: skip


def _passers(chance: Random, high: float) -> list[Actor]:
    starts = [chance.uniform(2, 45) for _ in range(4)]
    return [Actor(where=walks((s, (0.0, 0.97)), (s + 9, (1.0, 0.97))), high=high) for s in starts]


def _patches(chance: Random, at_s: float) -> list[Actor]:
    places = [(0.12 + 0.15 * n, 0.5 + 0.08 * (n % 4)) for n in range(5)]
    return [
        Actor(
            where=stays(p, at_s + 0.2 * n), high=0.1, wide=1.2, blob=True,
            removed=chance.random() < 0.9,
        )
        for n, p in enumerate(places)
    ]  # fmt: skip


def film(seed: int) -> Rendered:
    chance = Random(seed)
    place = (chance.uniform(-1.5, 1.5), chance.uniform(0.5, 3.0))
    taken_s = chance.uniform(16, 18)
    story = chance.choice(("taken", "taken", "looked at", "passed by", "stands before it"))
    stop_s = 12.0 if story == "stands before it" else 2.0
    aside = 1.5 if story == "passed by" else -0.35
    stop = (place[0] + 0.1, place[1] + aside)
    visitor = walker(1, ((-7, stop[1]), stop, (7, stop[1])), taken_s - 7.5, chance, stop_s=stop_s)
    taken_s = visitor.route.stop_interval_s(1)[0] + 1.0
    ends_s = taken_s if story == "taken" else 60.0
    vase = thing(2, place, 0.0, ends_s, kind=chance.choice(("vase", "box", "bag")), chance=chance)
    wanted = Wanted(start_s=taken_s, end_s=38, by_s=taken_s + 14)
    return Rendered(
        world=in_yard((visitor, vase), 38.0, seed),
        camera=YARD,
        rule={"kind": "removed_object", "zone": "0,0.35,1,0.35,1,1,0,1"},
        wanted=(wanted,) if story == "taken" else (),
        story=story,
    )
