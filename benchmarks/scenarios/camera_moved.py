"""Moved: turned away for good; lures are a bus, a shake, a push, fog, a cover."""

from dataclasses import replace
from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import (
    blurred,
    bus,
    disturbed,
    elsewhere,
    hidden,
    place,
    rendered,
    scenes,
    well,
)
from vigil.core import View
from vigil.sim.camera import Camera
from vigil.sim.mishaps import Covered, Defocus, Fog, Turned
from vigil.sim.world import LightSwitch, Rain, Shake
from vigil.stages.rules.camera_moved import CameraMoved

LURES = ("bus", "shake", "pushed", "covered", "blurred", "night", "nothing")


def scenario(chance: Random) -> Scenario:
    """A camera that looks elsewhere from now on, or what only resembles it."""
    moved = chance.random() < 0.5
    story = chance.choice(("turned", "shifted", "turned back")) if moved else chance.choice(LURES)
    start_s = chance.uniform(10, 30)
    # After a minute the new view is the usual one, if it is not turned back before.
    end_s = start_s + (chance.uniform(25, 45) if story == "turned back" else 61.0)
    aside = (chance.choice((-1, 1)) * chance.uniform(0.05, 0.3), chance.uniform(-0.05, 0.05))

    def moment(t: float) -> tuple[View, float]:
        since_s = t - start_s
        if not start_s <= t < end_s or story == "nothing":
            return well(chance), 110.0
        if not moved:
            return _lure(story, chance, since_s)
        view = elsewhere(chance, since_s)
        if story == "shifted":
            view = replace(view, likeness=chance.uniform(-0.05, 0.45), shift=aside)
        return view, 110.0

    def tracks(t: float):  # type: ignore[no-untyped-def]
        there = story == "bus" and start_s - 1 <= t < min(end_s, start_s + 50)
        return (
            (bus(1, chance.uniform(0.5, 0.9), chance.choice(("bus", "object"))),) if there else ()
        )

    if story == "bus":
        end_s = start_s + 49.0
    wanted = (Wanted(start_s=start_s, end_s=end_s, by_s=start_s + 22),) if moved else ()
    return Scenario(
        rule=CameraMoved(), scenes=scenes(chance, moment, 110.0, tracks), wanted=wanted, story=story
    )


def _lure(story: str, chance: Random, since_s: float) -> tuple[View, float]:
    if story == "bus":
        return elsewhere(chance, since_s), 110.0
    if story == "shake":
        return elsewhere(chance, since_s % 4), 110.0
    if story == "pushed":
        away = since_s % 25 < 9
        return (elsewhere(chance, since_s % 25) if away else well(chance)), 110.0
    if story == "covered":
        return replace(hidden(chance), new_s=since_s), 60.0
    if story == "blurred":
        return blurred(chance, 0.1), 110.0
    return replace(well(chance), likeness=chance.uniform(0.3, 0.5), new_s=since_s), 40.0


def film(seed: int) -> Rendered:
    """Told after eight seconds instead of fifteen: films are short."""
    chance = Random(seed)
    world, camera = place(seed)
    rule: dict[str, object] = {"longer_than_s": 8}
    start_s = chance.uniform(12, 15)
    if seed % 2:
        story = chance.choice(("turned", "nudged"))
        turned = _turned(world, camera, chance, start_s, 99.0, far=story == "turned")
        return rendered(
            disturbed(world, turned), camera, rule, story, (start_s, 36.0, start_s + 17)
        )
    story = chance.choice(("pushed", "shake", "hand", "defocus", "fog", "lamp", "rain"))
    lures = {
        "pushed": _turned(world, camera, chance, start_s, start_s + 6, far=True),
        "shake": Shake(start_s=start_s, end_s=start_s + 12, pixels=6.0),
        "hand": Covered(start_s=start_s, end_s=99.0, seed=seed),
        "defocus": Defocus(start_s=start_s, end_s=99.0, blur=chance.uniform(0.004, 0.012)),
        "fog": Fog(start_s=start_s, end_s=99.0, sight_m=chance.uniform(8, 30)),
        "lamp": LightSwitch(at_s=start_s, gain=chance.choice((0.4, 1.6))),
        "rain": Rain(start_s=start_s, end_s=99.0),
    }
    return rendered(disturbed(world, lures[story]), camera, rule, story)


def _turned(world, camera: Camera, chance: Random, start_s: float, end_s: float, *, far: bool):  # type: ignore[no-untyped-def]
    # In a corridor whoever turns a camera further sees nothing but the wall.
    most = 2.5 if world.site.name == "corridor" else 14.0
    metres = chance.uniform(most / 2, most) if far else chance.uniform(1.2, 2.0)
    aside = chance.choice((-1, 1)) * metres
    target = (camera.target[0] + aside, camera.target[1], camera.target[2] + chance.uniform(-1, 1))
    return Turned(start_s=start_s, end_s=end_s, world=world, camera=replace(camera, target=target))
