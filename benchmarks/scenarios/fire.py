"""Something burns; lures are lamps, beacons, vests, welding, sunsets, reflections and glimpses."""

from random import Random

import numpy as np

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._plumes import ZONE, Cloud, Named, story_of
from vigil.sim.camera import Camera
from vigil.sim.flames import Flames
from vigil.sim.lamps import AMBER, HI_VIS, SignalLamp
from vigil.sim.route import Route
from vigil.sim.sites import car_park
from vigil.sim.smoke import Steam
from vigil.sim.world import Disturbance, Walker, World
from vigil.stages.rules.fire import Fire

TRUE = ("burns", "burns fitfully", "two fires", "detector sees it", "both see it")
LURES = (
    "lamp", "beacon", "vest", "welding", "sunset", "water", "smoke only", "outside", "glimpses",
    "headlights",
)  # fmt: skip
SECONDS = 30.0
IN_TIME_S = 7.0


def scenario(chance: Random) -> Scenario:
    return story_of(
        chance, Fire(zone=ZONE), _told, true=TRUE, lures=LURES, two="two fires", lasts_s=(7, 20),
        in_time_s=IN_TIME_S, seconds=SECONDS,
    )  # fmt: skip


def _told(
    chance: Random, story: str, start_s: float, end_s: float, spot: tuple[float, float]
) -> tuple[list[Cloud], list[Named]]:
    high = chance.uniform(0.04, 0.2)

    def cloud(**more: object) -> Cloud:
        known = {"start_s": start_s, "end_s": end_s, "at": spot, "high": high}
        return Cloud(**(known | more))  # type: ignore[arg-type]

    burns = cloud(score=chance.uniform(0.68, 0.95), flicker=chance.uniform(0.34, 0.8))
    seen = Named(label=chance.choice(("fire", "flame")), start_s=start_s, end_s=end_s, at=spot)
    other = (0.25, 0.9) if spot[0] > 0.55 else (0.93, 0.9)
    told: dict[str, list[Cloud]] = {
        "burns": [burns],
        "burns fitfully": [cloud(score=0.75, flicker=0.45, missed=0.15, gap=0.06)],
        "two fires": [burns, cloud(start_s=start_s + 3, at=other, high=0.06)],
        "both see it": [burns],
        "beacon": [cloud(score=0.3, flicker=0.55)],
        # It walks on: where it was it is no more, and the region begins anew.
        "vest": [
            cloud(
                start_s=start_s + n, end_s=start_s + n + chance.uniform(0.3, 0.9),
                at=(0.05 + 0.07 * n, 0.8), moves=0.05, score=0.7, high=0.15,
            )
            for n in range(int(end_s - start_s)) if chance.random() < 0.6
        ],
        "welding": [
            cloud(start_s=begun_s, end_s=begun_s + chance.uniform(0.3, 1.8), score=0.6)
            for begun_s in np.arange(start_s, end_s, chance.uniform(3.0, 5.0)).tolist()
        ],
        "sunset": [cloud(score=0.25, flicker=0.1, high=0.4)],
        "water": [cloud(score=0.36, flicker=0.4, missed=0.2)],
        "smoke only": [cloud(kind="smoke", score=0.9)],
        "outside": [cloud(at=(0.08, 0.6), score=0.9)],
        "headlights": [cloud(end_s=start_s + 1.5, score=0.55, moves=0.15)],
        "lamp": [cloud(score=0.12, flicker=0.05)],
    }  # fmt: skip
    glimpses = [
        Named(label="fire", start_s=t, end_s=t + 0.5, at=spot, score=0.65)
        for t in (start_s, start_s + 5, start_s + 9)
    ]
    found = {"detector sees it": [seen], "both see it": [seen], "glimpses": glimpses}
    return told.get(story, []), found.get(story, [])


def film(seed: int) -> Rendered:
    """A car park with a fire, or with what is none."""
    chance = Random(seed)
    stories = ("fire", "lamps", "fire, far", "vests", "fire at night", "steam")
    story = stories[seed % len(stories)]
    start_s, seconds = 6 + chance.uniform(0, 3), 26.0
    camera = Camera(position=(0.0, -8.0, 4.2), width=480, height=270, rate=15.0, seed=seed)
    x = chance.uniform(-2.5, 2.5)
    things: tuple[Disturbance, ...] = ()
    walkers: tuple[Walker, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    match story:
        case "lamps":
            things = (
                SignalLamp(position=(x, 2, 1.0), start_s=0, end_s=99, radius_m=0.14),
                SignalLamp(position=(x + 2, 3, 1.6), start_s=4, end_s=99, pattern="flashes"),
                SignalLamp(
                    position=(x - 2, 3, 1.6), start_s=4, end_s=99, pattern="turns", colour=AMBER
                ),
            )
        case "vests":
            walkers = tuple(
                Walker(
                    id=n + 1,
                    looks=HI_VIS,
                    route=Route(points=((-9, n), (9, n + 0.5)), start_s=2.0 + 4 * n, speed_m_s=1.2),
                )
                for n in range(3)
            )
        case "steam":
            things = (Steam(position=(x, 2, 0), start_s=0, end_s=99, seed=seed),)
        case _:
            far = story == "fire, far"
            things = (
                Flames(
                    position=(x, 5.0 if far else 2.0, 0), start_s=start_s, end_s=seconds - 4,
                    width_m=0.9, height_m=1.3, seed=seed,
                ),
            )  # fmt: skip
            wanted = (Wanted(start_s=start_s, end_s=seconds - 4, by_s=start_s + 9),)
    site = car_park(story == "fire at night")
    world = World(site=site, seconds=seconds, actors=walkers, disturbances=things, seed=seed)
    return Rendered(
        world=world, camera=camera, rule={"kind": "fire"}, wanted=wanted, story=story,
        detector="motion",
    )  # fmt: skip
