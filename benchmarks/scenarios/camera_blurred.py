"""Blurred: out of focus, smeared; lures are fog, dusk, a passing lorry, rain, a turned camera."""

from dataclasses import replace
from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import (
    blurred,
    disturbed,
    elsewhere,
    hidden,
    place,
    rendered,
    scenes,
    well,
)
from vigil.core import View
from vigil.sim.mishaps import Defocus, Dirt, Fog
from vigil.sim.world import LightSwitch, Rain, Shake
from vigil.stages.rules.camera_blurred import CameraBlurred

LURES = ("fog", "hunting for focus", "turned", "covered", "soft", "nothing")


def scenario(chance: Random) -> Scenario:
    """A blur that stays, or what only resembles it."""
    ill = chance.random() < 0.5
    story = chance.choice(("out of focus", "smeared")) if ill else chance.choice(LURES)
    start_s = chance.uniform(10, 30)
    end_s = start_s + chance.uniform(45, 100)
    left = chance.uniform(0.05, 0.25) if story == "out of focus" else chance.uniform(0.2, 0.38)

    def moment(t: float) -> tuple[View, float]:
        if not start_s <= t < end_s or story == "nothing":
            return well(chance), 110.0
        if ill:
            return blurred(chance, left), 110.0
        if story == "fog":
            fades = min((t - start_s) / 20, 0.6)
            return replace(well(chance), contrast=40 * (1 - fades), flat=0.4 + fades), 150.0
        if story == "hunting for focus":
            return blurred(chance, 0.15 if (t - start_s) % 30 < 8 else 0.95), 110.0
        if story == "turned":
            return elsewhere(chance, t - start_s), 110.0
        if story == "covered":
            return replace(hidden(chance), sharpness=0.2), 60.0
        return blurred(chance, 0.75), 110.0

    wanted = (Wanted(start_s=start_s, end_s=end_s, by_s=start_s + 38),) if ill else ()
    return Scenario(
        rule=CameraBlurred(), scenes=scenes(chance, moment, 160.0), wanted=wanted, story=story
    )


def film(seed: int) -> Rendered:
    """Told after ten seconds instead of thirty: films are short."""
    chance = Random(seed)
    world, camera = place(seed)
    rule: dict[str, object] = {"longer_than_s": 10}
    start_s, end_s = chance.uniform(11, 14), chance.uniform(31, 34)
    if seed % 2:
        blur = Defocus(start_s=start_s, end_s=end_s, blur=chance.uniform(0.004, 0.01))
        return rendered(
            disturbed(world, blur), camera, rule, "out of focus", (start_s, end_s, start_s + 19)
        )
    story = chance.choice(("fog", "few drops", "rain", "shake", "dusk", "short", "nothing"))
    lures = {
        "fog": Fog(start_s=start_s, end_s=99.0, sight_m=chance.uniform(12, 40)),
        "few drops": Dirt(start_s=start_s, end_s=99.0, spots=5, seed=seed),
        "rain": Rain(start_s=start_s, end_s=99.0),
        "shake": Shake(start_s=start_s, end_s=end_s, pixels=3.0),
        "dusk": LightSwitch(at_s=start_s, gain=0.45),
        "short": Defocus(start_s=start_s, end_s=start_s + 7, blur=0.008),
    }
    added = (lures[story],) if story in lures else ()
    return rendered(disturbed(world, *added), camera, rule, story)
