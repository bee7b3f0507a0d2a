"""Somebody lies still, seen falling or not; lures sit, crouch, walk, or get up soon."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._people import (
    Eyes,
    Watched,
    arrival_s,
    goes_to,
    ground,
    passes,
    view,
    walker,
)
from vigil.sim.camera import Camera
from vigil.sim.motions import FALLS, GROUND, Deed, Falling, Resting
from vigil.sim.world import World
from vigil.stages.rules.lying_still import LyingStill

LONGER_S = 10.0
SECONDS = 34.0
ACROSS_DEG = 35.0
"""Who lies is turned no further than so from lying across the view, unless a reader is there."""
LURES = ("sit_down", "crouch", "kneel", "gets up soon", "walks")


def world_of(
    story: str, chance: Random, *, across: bool, seconds: float = SECONDS
) -> tuple[World, tuple[Wanted, ...]]:
    """A yard in which somebody does what the story says, and up to two others pass."""
    spot = (chance.uniform(-1.5, 1.5), chance.uniform(1.2, 4.0))
    route = goes_to(spot, stays_s=90.0, chance=chance)
    at_s = arrival_s(route) + chance.uniform(0, 1.5)
    wanted: tuple[Wanted, ...] = ()
    deeds: tuple[Deed, ...] = ()
    if story == "walks":
        route = passes(chance)
    else:
        soon = story == "gets up soon"
        what: Falling | Resting = chance.choice((*FALLS, "lie_down")) if soon else story  # type: ignore[assignment]
        lasts_s = chance.uniform(2.0, 6.0) if soon else chance.uniform(14.0, 22.0)
        deed = Deed(
            what=what, start_s=at_s, lasts_s=lasts_s, faces=_faces(what, chance, across=across),
            gets_up=soon or chance.random() < 0.5,
        )  # fmt: skip
        deeds = (deed,)
        end_s = min(deed.rises_s, seconds)
        if what in GROUND and not soon and end_s - deed.reached_s > LONGER_S + 2.5:
            # Boxes grow wide before the body has come to rest.
            start_s = deed.start_s + 0.4
            by_s = deed.reached_s + LONGER_S + 2.5
            wanted = (Wanted(start_s=start_s, end_s=end_s, by_s=by_s),)
    people = [walker(1, route, *deeds, chance=chance)]
    for number in range(chance.choice((0, 0, 1, 2))):
        other = passes(chance, start_s=chance.uniform(0, 12), y=chance.uniform(5.5, 8.0))
        people.append(walker(2 + number, other, chance=chance))
    world = World(
        site=ground(), seconds=seconds, actors=tuple(people), seed=chance.randrange(10**6)
    )
    return world, wanted


def _faces(what: str, chance: Random, *, across: bool) -> float:
    """Where somebody turns, radians: cameras look along +y."""
    if not across:
        return chance.uniform(-3.14, 3.14)
    turned = chance.uniform(-ACROSS_DEG, ACROSS_DEG) * 0.01745 + chance.choice((0.0, 3.1416))
    # Who falls to a side lies across their own direction.
    return turned + (1.5708 if what in ("fall_left", "fall_right", "faint") else 0.0)


def scenario(chance: Random) -> Scenario:
    story = chance.choice((*FALLS, "lie_down")) if chance.random() < 0.5 else chance.choice(LURES)
    eyes = Eyes.drawn(chance)
    world, wanted = world_of(story, chance, across=not eyes.reads)
    watched = Watched(world=world, camera=view(chance), eyes=eyes, chance=chance)
    rule = LyingStill(longer_than_s=LONGER_S)
    return Scenario(rule=rule, scenes=watched.scenes(), wanted=wanted, story=story)


def film(seed: int) -> Rendered:
    chance = Random(seed)
    story = chance.choice((*FALLS, "lie_down")) if seed % 2 == 0 else chance.choice(LURES)
    world, wanted = world_of(story, chance, across=True, seconds=28.0)
    camera = Camera(
        position=(chance.uniform(-2, 2), -5.0, 2.8), target=(0, 2.5, 0.8), view_deg=62,
        width=480, height=270, rate=5.0, seed=seed,
    )  # fmt: skip
    rule = {"kind": "lying_still", "labels": ["person"], "longer_than_s": LONGER_S}
    return Rendered(world=world, camera=camera, rule=rule, wanted=wanted, story=story)
