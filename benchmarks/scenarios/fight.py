"""People fight; lures hug, shake hands, talk, dance, play, help somebody up, pass side by side."""

import math
from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._people import Energy, Eyes, Watched, ground, passes, view, walker
from vigil.sim.camera import Camera
from vigil.sim.motions import Deed, Falling, Moving, Resting
from vigil.sim.route import Route, Stop
from vigil.sim.world import Walker, World
from vigil.stages.rules.fight import Fight

What = Falling | Resting | Moving
FIGHTS: tuple[tuple[Moving, Moving], ...] = (
    ("punch", "ward_off"), ("punch", "punch"), ("push", "ward_off"), ("push", "push"),
    ("grapple", "grapple"),
)  # fmt: skip
FRIENDS: dict[str, tuple[What, What]] = {
    "hug": ("hug", "hug"),
    "shake hands": ("shake_hands", "shake_hands"),
    "talk": ("talk", "talk"),
    "dance": ("dance", "dance"),
    "helps somebody up": ("kneel", "fall_left"),
    "sit down together": ("sit_down", "sit_down"),
}
LURES = (*FRIENDS, "pass side by side", "a crowd passes", "two come past each other")
APART_M = {"hug": 0.4, "grapple": 0.6, "dance": 1.0}
SECONDS = 20.0
ENERGY = {
    "punch": 2.15, "ward_off": 1.95, "push": 2.3, "grapple": 3.1, "hug": 0.2, "talk": 0.8,
    "shake_hands": 0.6, "dance": 1.6, "kneel": 0.5, "fall_left": 1.0, "sit_down": 0.4,
}  # fmt: skip
"""Means of the sense over rendered pairs, 5 pictures a second, in a yard."""
WALKS, STANDS = 2.6, 0.2


def world_of(story: str, chance: Random) -> tuple[World, tuple[Wanted, ...]]:
    """A yard in which two do what the story says, and up to two others pass."""
    wanted: tuple[Wanted, ...] = ()
    if story == "fight":
        what: tuple[What, What] = chance.choice(FIGHTS)
        people, start_s, end_s = _pair(what, chance)
        wanted = (Wanted(start_s=start_s, end_s=end_s, by_s=start_s + 4.5),)
    elif story in FRIENDS:
        people, _, _ = _pair(FRIENDS[story], chance)
    else:
        people = _passers(story, chance)
    for _ in range(chance.choice((0, 0, 1, 2))):
        far = passes(chance, start_s=chance.uniform(0, 8), y=chance.uniform(6.0, 9.0))
        people.append(walker(len(people) + 1, far, chance=chance))
    world = World(
        site=ground(), seconds=SECONDS, actors=tuple(people), seed=chance.randrange(10**6)
    )
    return world, wanted


def _pair(what: tuple[What, What], chance: Random) -> tuple[list[Walker], float, float]:
    """Two who meet, face each other and do it; from when to when."""
    x, y = chance.uniform(-1.5, 1.5), chance.uniform(1.5, 4.5)
    turn = chance.uniform(-0.9, 0.9)
    apart_m = APART_M.get(what[0], 0.85)
    routes, met_s = [], 0.0
    for side in (-1, 1):
        dx, dy = math.cos(turn) * side * apart_m / 2, math.sin(turn) * side * apart_m / 2
        spot, far = (x + dx, y + dy), (x + 6 * dx, y + 6 * dy)
        away = (x + 9.0 * side, y + chance.uniform(-1, 1))
        route = Route(
            points=(far, spot, away), speed_m_s=chance.uniform(0.8, 1.4), stops=(Stop(1, 90.0),)
        )
        routes.append(route)
        met_s = max(met_s, route.stop_interval_s(1)[0])
    start_s = met_s + chance.uniform(0.2, 2.0)
    lasts_s = chance.uniform(5.0, 9.0)
    people = []
    for number, (route, doing) in enumerate(zip(routes, what, strict=True)):
        faces = turn if number == 0 else turn + math.pi
        seed = chance.randrange(99)
        deed = Deed(what=doing, start_s=start_s, lasts_s=lasts_s, faces=faces, seed=seed)
        people.append(walker(number + 1, route, deed, chance=chance))
    return people, start_s, start_s + lasts_s


def _passers(story: str, chance: Random) -> list[Walker]:
    y, side, speed = chance.uniform(1.5, 4.0), chance.choice((-1, 1)), chance.uniform(0.8, 1.6)
    count = chance.choice((4, 5)) if story == "a crowd passes" else 2
    people = []
    for number in range(count):
        way = -side if story == "two come past each other" and number else side
        behind = number * 0.5 * chance.uniform(0.5, 1.2) if way == side else 0.0
        level = y + chance.uniform(-0.4, 0.4)
        route = Route(
            points=((-7.0 * way - behind * way, level), (9.0 * way, level)), speed_m_s=speed
        )
        people.append(walker(number + 1, route, chance=chance))
    return people


def _energy(chance: Random) -> Energy:
    """What the sense tells of somebody, with its scatter."""

    def energy(actor: Walker, time_s: float) -> float:
        doing = next((deed.what for deed in actor.deeds if deed.acts(time_s)), None)
        stance = actor.route.at(time_s)
        walks = stance is not None and stance.speed_m_s > 0.4
        mean = ENERGY[doing] if doing else (WALKS if walks else STANDS)
        return max(0.05, chance.gauss(mean, 0.15 + 0.2 * mean))

    return energy


def scenario(chance: Random) -> Scenario:
    story = "fight" if chance.random() < 0.5 else chance.choice(LURES)
    world, wanted = world_of(story, chance)
    watched = Watched(
        world=world,
        camera=view(chance),
        eyes=Eyes.drawn(chance),
        chance=chance,
        energy=_energy(chance),
    )
    return Scenario(rule=Fight(), scenes=watched.scenes(), wanted=wanted, story=story)


def film(seed: int) -> Rendered:
    chance = Random(seed)
    story = "fight" if seed % 2 == 0 else chance.choice(LURES)
    world, wanted = world_of(story, chance)
    camera = Camera(
        position=(chance.uniform(-2, 2), -5.0, 2.8), target=(0, 2.5, 0.8), view_deg=62,
        width=480, height=270, rate=5.0, seed=seed,
    )  # fmt: skip
    rule = {"kind": "fight", "labels": ["person"]}
    return Rendered(world=world, camera=camera, rule=rule, wanted=wanted, story=story)
