"""Somebody falls; lures sit, crouch, kneel, bend, jump, lie down slowly, walk out below."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._people import (
    Eyes,
    Watched,
    anywhere,
    arrival_s,
    goes_to,
    ground,
    passes,
    view,
    walker,
)
from vigil.sim.camera import Camera
from vigil.sim.motions import FALLS, Deed
from vigil.sim.world import World
from vigil.stages.rules.fall import Fall

LURES = ("sit_down", "crouch", "kneel", "pick_up", "jump", "lie_down", "dance", "walks", "comes")
SECONDS = 22.0


def world_of(story: str, chance: Random) -> tuple[World, tuple[Wanted, ...]]:
    """A yard in which somebody does what the story says, and up to two others pass."""
    spot = (chance.uniform(-1.5, 1.5), chance.uniform(1.2, 4.0))
    route = goes_to(spot, stays_s=60.0, chance=chance)
    at_s = arrival_s(route) + chance.uniform(-0.3, 3.0)
    wanted: tuple[Wanted, ...] = ()
    deeds: tuple[Deed, ...] = ()
    if story == "comes":
        # Towards the camera and out below it: the legs are cut off first.
        route = passes(chance)
        x = chance.uniform(-1, 1)
        route = type(route)(points=((x, 8.0), (x / 2, -9.0)), speed_m_s=chance.uniform(1, 1.6))
    elif story != "walks":
        deed = Deed(
            what=story, start_s=at_s, lasts_s=chance.uniform(3.0, 8.0), faces=anywhere(chance),
            gets_up=chance.random() < 0.7, seed=chance.randrange(99),
        )  # fmt: skip
        deeds = (deed,)
        if deed.falls:
            end_s = min(deed.rises_s, SECONDS)
            wanted = (Wanted(start_s=deed.start_s, end_s=end_s, by_s=deed.reached_s + 2.5),)
    else:
        route = passes(chance)
    people = [walker(1, route, *deeds, chance=chance)]
    for number in range(chance.choice((0, 0, 1, 2))):
        other = passes(chance, start_s=chance.uniform(0, 8), y=chance.uniform(5.0, 8.0))
        people.append(walker(2 + number, other, chance=chance))
    world = World(
        site=ground(), seconds=SECONDS, actors=tuple(people), seed=chance.randrange(10**6)
    )
    return world, wanted


def scenario(chance: Random) -> Scenario:
    story = chance.choice(FALLS if chance.random() < 0.5 else LURES)
    world, wanted = world_of(story, chance)
    watched = Watched(world=world, camera=view(chance), eyes=Eyes.drawn(chance), chance=chance)
    return Scenario(rule=Fall(), scenes=watched.scenes(), wanted=wanted, story=story)


def film(seed: int) -> Rendered:
    chance = Random(seed)
    story = chance.choice(FALLS if seed % 2 == 0 else ("sit_down", "crouch", "pick_up", "walks"))
    world, wanted = world_of(story, chance)
    camera = Camera(
        position=(chance.uniform(-2, 2), -5.0, 2.8), target=(0, 2.5, 0.8), view_deg=62,
        width=480, height=270, rate=5.0, seed=seed,
    )  # fmt: skip
    rule = {"kind": "fall", "labels": ["person"]}
    return Rendered(world=world, camera=camera, rule=rule, wanted=wanted, story=story)
