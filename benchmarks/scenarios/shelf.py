"""Somebody takes goods from a shelf or puts some there; lures pass, lean, or are light."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._stage import Actor, Stage, Where, stays, walks
from benchmarks.scenarios._things import AISLE, GOODS_ZONE, goods, in_aisle, walker
from vigil.stages.rules.shelf import Shelf

GOODS = ((0.35, 0.2), (0.65, 0.2), (0.65, 0.6), (0.35, 0.6))
TRUE = ("picks", "puts", "picks two", "picks while another passes")
LURES = ("passes by", "leans", "light", "screen changes", "beside the shelf", "queue before it")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    story = chance.choice(TRUE + LURES)
    at_s = chance.uniform(10, 14)
    wanted = Wanted(start_s=at_s - 6, end_s=at_s + 4, by_s=at_s + 20)
    wants = {"picks two": 2}.get(story, 1) if story in TRUE else 0
    return Scenario(
        rule=Shelf(zone=GOODS),
        scenes=stage.scenes(_played(story, chance, at_s), 45),
        wanted=(wanted,) * wants,
        story=story,
    )


def _played(story: str, chance: Random, at_s: float) -> list[Actor]:
    high, x = chance.uniform(0.4, 0.6), chance.uniform(0.4, 0.6)
    y = chance.uniform(0.3, 0.55)
    leaves_s = at_s + chance.uniform(0.5, 4)
    customer = Actor(where=_visits(x, at_s, leaves_s), high=high)

    def change(start_s: float, *, removed: bool = True, aside: float = 0.0) -> Actor:
        return Actor(
            where=stays((x + aside, y), start_s), high=0.07, wide=0.8, blob=True, removed=removed,
            rest_s=max(4.0, leaves_s + 1.5 - start_s),
        )  # fmt: skip

    passer = Actor(where=_passes(at_s), high=high)
    match story:
        case "picks":
            return [customer, change(at_s)]
        case "puts":
            return [customer, change(at_s, removed=False)]
        case "picks two":
            return [customer, change(at_s - 1), change(at_s, aside=0.04)]
        case "picks while another passes":
            return [customer, change(at_s), passer]
        case "light":
            return [customer] + [
                change(at_s + 0.2 * n, removed=n % 2 == 0, aside=0.05 * n - 0.1) for n in range(6)
            ]
        case "screen changes":
            # Long after the customer has gone.
            return [customer, change(leaves_s + 14)]
        case "beside the shelf":
            return [customer, change(at_s, aside=0.35)]
        case _:
            return _nothing_changes(story, at_s, x, high)


def _nothing_changes(story: str, at_s: float, x: float, high: float) -> list[Actor]:
    match story:
        case "passes by":
            return [Actor(where=_passes(at_s), high=high)]
        case "leans":
            return [Actor(where=_visits(x, at_s, at_s + 15), high=high)]
        case _:
            return [Actor(where=stays((x + 0.1 * n, 0.8), sway=0.03), high=high) for n in range(3)]


def _passes(at_s: float) -> Where:
    return walks((at_s - 3, (0.0, 0.9)), (at_s + 6, (1.0, 0.9)))


def _visits(x: float, at_s: float, leaves_s: float) -> Where:
    return walks(
        (at_s - 9, (0.0, 0.85)), (at_s - 4, (x, 0.8)), (leaves_s, (x, 0.8)),
        (leaves_s + 5, (1.0, 0.85)),
    )  # fmt: skip


def film(seed: int) -> Rendered:
    chance = Random(seed)
    story = chance.choice(("picks", "picks", "puts", "leans", "passes by"))
    number = chance.randrange(4, 12)
    x = 0.12 + 0.32 * (number % 4)
    stop = (x - 0.55, 2.45) if story != "passes by" else (-0.9, 2.6)
    stay_s = chance.uniform(4, 7) if story != "passes by" else 0.1
    customer = walker(1, ((-1.0, -4.5), stop, (-1.0, -4.6)), 8.0, chance, stop_s=stay_s)
    at_s = customer.route.stop_interval_s(1)[0] + 2.0
    wares = goods(
        gone={number: at_s} if story == "picks" else None,
        new={number: at_s} if story == "puts" else None,
    )
    told = story in ("picks", "puts")
    wanted = Wanted(start_s=at_s - 3, end_s=at_s + 4, by_s=at_s + 18)
    return Rendered(
        world=in_aisle((customer,), wares, seed),
        camera=AISLE,
        rule={"kind": "shelf", "zone": GOODS_ZONE, "labels": ["person", "object"]},
        wanted=(wanted,) if told else (),
        story=story,
    )
