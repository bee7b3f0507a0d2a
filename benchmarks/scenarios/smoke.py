"""Smoke rises; lures are steam, people, dust that settles, shadows, fire without smoke."""

from random import Random

import numpy as np

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._plumes import ZONE, Cloud, Named, story_of
from vigil.sim.camera import Camera
from vigil.sim.distractors import StrayShadow
from vigil.sim.people import Looks
from vigil.sim.route import Route
from vigil.sim.sites import car_park
from vigil.sim.smoke import Smoke as SmokeCloud
from vigil.sim.smoke import Steam
from vigil.sim.world import Disturbance, Walker, World
from vigil.stages.rules.smoke import Smoke

TRUE = ("smokes", "smokes in gusts", "two places", "detector sees it", "both see it")
LURES = ("steam", "passer-by", "stands", "dust", "shadow", "fire only", "outside", "glimpses")
SECONDS = 36.0
IN_TIME_S = 9.0


def scenario(chance: Random) -> Scenario:
    return story_of(
        chance, Smoke(zone=ZONE), _told, true=TRUE, lures=LURES, two="two places", lasts_s=(12, 24),
        in_time_s=IN_TIME_S, seconds=SECONDS,
    )  # fmt: skip


def _told(
    chance: Random, story: str, start_s: float, end_s: float, spot: tuple[float, float]
) -> tuple[list[Cloud], list[Named]]:
    high = chance.uniform(0.06, 0.15)

    def cloud(**more: object) -> Cloud:
        known = {
            "kind": "smoke", "start_s": start_s, "end_s": end_s, "at": spot, "high": high,
            "grows": 0.08,
        }  # fmt: skip
        return Cloud(**(known | more))  # type: ignore[arg-type]

    rises = cloud(score=chance.uniform(0.68, 0.95))
    seen = Named(label="smoke", start_s=start_s, end_s=end_s, at=spot)
    other = (0.25, 0.95) if spot[0] > 0.55 else (0.93, 0.95)
    told: dict[str, list[Cloud]] = {
        "smokes": [rises],
        "smokes in gusts": [cloud(score=0.75, missed=0.15, gap=0.04)],
        "two places": [
            cloud(score=0.85, high=0.06, grows=0.02),
            cloud(start_s=start_s + 3, at=other, high=0.05, grows=0.02, score=0.85),
        ],
        "both see it": [rises],
        "steam": [
            cloud(start_s=begun_s, end_s=begun_s + chance.uniform(0.8, 2.2), score=0.58)
            for begun_s in np.arange(start_s, end_s, chance.uniform(3.5, 5.0)).tolist()
        ],
        "passer-by": [cloud(score=0.4, moves=0.06, end_s=start_s + 4, grows=0.0)],
        "stands": [cloud(score=0.3, grows=0.0)],
        "dust": [cloud(score=0.7, end_s=start_s + chance.uniform(1.0, 3.2))],
        "shadow": [cloud(score=0.2, high=0.4)],
        "fire only": [cloud(kind="fire", score=0.9)],
        "outside": [cloud(at=(0.08, 0.6), score=0.9, grows=0.0)],
    }
    glimpses = [
        Named(label="smoke", start_s=t, end_s=t + 0.6, at=spot, score=0.65)
        for t in (start_s, start_s + 5, start_s + 9)
    ]
    found = {"detector sees it": [seen], "both see it": [seen], "glimpses": glimpses}
    return told.get(story, []), found.get(story, [])


def film(seed: int) -> Rendered:
    """A car park with smoke, or with what is none."""
    chance = Random(seed)
    stories = ("smoke", "steam", "black smoke", "people", "thin smoke", "shadow")
    story = stories[seed % len(stories)]
    start_s, seconds = 6 + chance.uniform(0, 3), 34.0
    camera = Camera(position=(0.0, -8.0, 4.2), width=480, height=270, rate=12.0, seed=seed)
    x = chance.uniform(-2.5, 2.5)
    things: tuple[Disturbance, ...] = ()
    walkers: tuple[Walker, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    way = Route(points=((-9, 1), (9, 2)), start_s=5.0, speed_m_s=1.2)
    match story:
        case "steam":
            things = (Steam(position=(x, 2, 0), start_s=0, end_s=99, seed=seed),)
        case "people":
            walkers = (
                Walker(id=1, looks=Looks.from_seed(seed), route=way),
                Walker(
                    id=2, looks=Looks.from_seed(seed + 9),
                    route=Route(points=((8, 3), (-8, 2)), start_s=9.0, speed_m_s=1.0),
                ),
            )  # fmt: skip
        case "shadow":
            things = (StrayShadow(kind="cloud", route=way, start_s=5.0, end_s=30.0),)
        case _:
            things = (
                SmokeCloud(
                    position=(x, 3, 0), start_s=start_s, end_s=99, seed=seed,
                    grey=0.15 if story == "black smoke" else 0.62,
                    thick=0.55 if story == "thin smoke" else 0.8,
                ),
            )  # fmt: skip
            wanted = (Wanted(start_s=start_s, end_s=seconds, by_s=start_s + 15),)
    world = World(site=car_park(), seconds=seconds, actors=walkers, disturbances=things, seed=seed)
    return Rendered(
        world=world, camera=camera, rule={"kind": "smoke"}, wanted=wanted, story=story,
        detector="motion",
    )  # fmt: skip
