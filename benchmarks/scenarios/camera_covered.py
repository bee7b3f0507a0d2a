"""Covered: a hand, paint, a bag; lures are fog, dusk, a lorry, people, a glimpse of a hand."""

from dataclasses import replace
from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import (
    Moment,
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
from vigil.sim.mishaps import Covered, Defocus, Fog, Mishap, Turned
from vigil.sim.world import LightSwitch, Shake
from vigil.stages.rules.camera_covered import CameraCovered

COVERS = ("hand", "paint", "bag")
LURES = ("dusk", "glimpses", "lorry", "nothing", "blank wall", "turned", "outage")


def scenario(chance: Random) -> Scenario:
    """A cover that stays, or what only resembles one."""
    covered = chance.random() < 0.5
    story = chance.choice(COVERS) if covered else chance.choice(LURES)
    start_s, seconds = chance.uniform(25, 40), 120.0
    end_s = start_s + chance.uniform(12, 60)
    bright = chance.uniform(0, 200) if story != "paint" else chance.uniform(0, 40)
    tracks = (
        (lambda t: (bus(1, 0.8),) if start_s <= t < end_s else ()) if story == "lorry" else None
    )
    moment = _moment(story, chance, start_s, end_s, bright)
    told = scenes(chance, moment, seconds, tracks) if tracks else scenes(chance, moment, seconds)
    wanted = (Wanted(start_s=start_s, end_s=end_s, by_s=start_s + 11),) if covered else ()
    return Scenario(rule=CameraCovered(), scenes=told, wanted=wanted, story=story)


def _moment(story: str, chance: Random, start_s: float, end_s: float, bright: float) -> Moment:
    def moment(t: float) -> tuple[View, float] | None:
        if not start_s <= t < end_s or story == "nothing":
            return well(chance), 110.0
        if story in COVERS or story == "lorry":
            return hidden(chance), bright
        if story == "dusk":
            # What is lost grows over a minute; in the end nothing is left.
            part = min((t - start_s) / 60.0, 0.98)
            return View(contrast=30 * (1 - part), lost=part, flat=part, likeness=1 - part), 60.0
        if story == "glimpses":
            return (hidden(chance), bright) if (t - start_s) % 9 < 3.5 else (well(chance), 110.0)
        if story == "turned":
            return elsewhere(chance, t - start_s), 110.0
        if story == "outage":
            return None
        return View(contrast=5, lost=0.0, flat=0.97, likeness=0.8), 140.0

    return moment


FILM_LURES = ("fog", "lamp", "defocus", "turned", "shake", "nothing", "short")


def film(seed: int) -> Rendered:
    """A cover that stays, or what only resembles one, in one of our places."""
    chance = Random(seed)
    # Rain is drawn over everything; in life it falls behind the cover.
    world, camera = place(seed, rain=not seed % 2)
    start_s, end_s = chance.uniform(12, 15), chance.uniform(27, 31)
    rule: dict[str, object] = {}
    if seed % 2:
        kind = chance.choice(COVERS)
        share = 1.0 if kind == "paint" else chance.uniform(0.85, 1.1)
        cover = Covered(start_s=start_s, end_s=end_s, kind=kind, share=share, seed=seed)
        spell = (start_s, end_s, start_s + 11)
        return rendered(disturbed(world, cover), camera, rule, kind, spell)
    story = chance.choice(FILM_LURES)
    if story == "turned":
        aside = 2.5 if world.site.name == "corridor" else 12.0
        aim = (camera.target[0] + aside, camera.target[1] + 2, camera.target[2])
        turned = Turned(
            start_s=start_s, end_s=99.0, world=world, camera=replace(camera, target=aim)
        )
        return rendered(disturbed(world, turned), camera, rule, story)
    lures: dict[str, Mishap | LightSwitch | Shake] = {
        "fog": Fog(start_s=start_s, end_s=99.0, sight_m=chance.uniform(8, 30)),
        "lamp": LightSwitch(at_s=start_s, gain=chance.choice((0.4, 0.6, 1.6))),
        "defocus": Defocus(start_s=start_s, end_s=99.0, blur=chance.uniform(0.003, 0.01)),
        "shake": Shake(start_s=start_s, end_s=end_s, pixels=5.0),
        "short": Covered(start_s=start_s, end_s=start_s + 4, kind="hand", seed=seed),
    }
    added = (lures[story],) if story in lures else ()
    return rendered(disturbed(world, *added), camera, rule, story)
