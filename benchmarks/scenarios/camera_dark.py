"""Dark: a cap, the lamps go out; lures are night with a lamp, dusk, a dim but detailed picture."""

from dataclasses import replace
from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import disturbed, hidden, place, rendered, scenes, well
from vigil.core import View
from vigil.sim.mishaps import Covered, Darkness
from vigil.sim.world import LightSwitch
from vigil.stages.rules.camera_dark import CameraDark

LURES = ("night with a lamp", "dim", "blink", "bright cover", "nothing")


def scenario(chance: Random) -> Scenario:
    """Darkness, or what only resembles it."""
    dark = chance.random() < 0.5
    story = chance.choice(("cap", "lamps out")) if dark else chance.choice(LURES)
    start_s = chance.uniform(5, 20)
    end_s = start_s + chance.uniform(18, 60)

    def moment(t: float) -> tuple[View, float]:
        if not start_s <= t < end_s or story == "nothing":
            return well(chance), chance.uniform(60, 120)
        if dark:
            return hidden(chance, contrast=(0.0, 5.0)), chance.uniform(0, 14)
        if story == "night with a lamp":
            return replace(well(chance), contrast=chance.uniform(14, 40)), chance.uniform(6, 18)
        if story == "dim":
            return replace(well(chance), contrast=chance.uniform(5, 12)), chance.uniform(25, 40)
        if story == "blink" and (t - start_s) % 12 < 6:
            return hidden(chance, contrast=(0.0, 5.0)), 4.0
        return hidden(chance), 90.0

    wanted = (Wanted(start_s=start_s, end_s=end_s, by_s=start_s + 16),) if dark else ()
    return Scenario(
        rule=CameraDark(), scenes=scenes(chance, moment, 100.0), wanted=wanted, story=story
    )


def film(seed: int) -> Rendered:
    """The lamps go out for good or blink, or it is a usual night."""
    chance = Random(seed)
    world, camera = place(seed)
    start_s = chance.uniform(8, 14)
    if seed % 2:
        end_s = chance.uniform(28, 33)
        cap = Darkness(start_s=start_s, end_s=end_s, left=chance.uniform(0.0, 0.05))
        return rendered(disturbed(world, cap), camera, {}, "dark", (start_s, end_s, start_s + 15))
    story = chance.choice(("night", "dim", "blink", "hand"))
    if story == "night":
        return rendered(world, camera, {}, story)
    if story == "dim":
        return rendered(disturbed(world, LightSwitch(at_s=start_s, gain=0.4)), camera, {}, story)
    if story == "hand":
        hand = Covered(start_s=start_s, end_s=99.0, kind="bag", seed=seed)
        lit = place(seed, night=False)
        return rendered(disturbed(lit[0], hand), lit[1], {}, story)
    spells = (Darkness(start_s=t, end_s=t + 6.0) for t in (start_s, start_s + 9))
    return rendered(disturbed(world, *spells), camera, {}, story)
