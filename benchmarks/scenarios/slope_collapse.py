"""A slope slides, a load is spilt; lures are cars that park, passers-by, shadows, rain, snow."""

from dataclasses import dataclass, replace
from random import Random

from benchmarks.scenarios import START_S, Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import SECONDS, disturbed, place, rendered
from vigil.core import Box, Health, Scene, Signals, SurfaceChange, Track
from vigil.sim.distractors import StrayShadow
from vigil.sim.mishaps import Covered, Fog
from vigil.sim.route import Route, Stop
from vigil.sim.slope import Slope, Spill
from vigil.sim.vehicles import PAINTS
from vigil.sim.world import LightSwitch, Rain, Shake, Vehicle
from vigil.stages.rules.slope_collapse import SlopeCollapse

WIDTH, HEIGHT = 1280, 720
ZONE = ((0.2, 0.2), (0.95, 0.2), (0.95, 0.95), (0.2, 0.95))
LURES = ("parks", "stands", "small", "faint", "outside", "comes and goes", "nothing")


@dataclass(frozen=True, kw_only=True)
class _Patch:
    box: Box
    start_s: float
    end_s: float
    area: float
    strength: float
    flickers: float = 0.05
    """Share of glances that do not find it."""


def scenario(chance: Random) -> Scenario:
    """Ground that has changed for good, or what only resembles it."""
    slides = chance.random() < 0.5
    story = chance.choice(("slides", "spill", "two slides")) if slides else chance.choice(LURES)
    start_s = chance.uniform(5, 25)
    patches = [_patch(chance, story, start_s)]
    wanted = [Wanted(start_s=start_s, end_s=118.0, by_s=start_s + 38)] if slides else []
    if story == "two slides":
        later_s = start_s + chance.uniform(20, 40)
        patches.append(_patch(chance, story, later_s, left=0.65))
        wanted.append(Wanted(start_s=later_s, end_s=118.0, by_s=later_s + 38))
    parked = story in {"parks", "stands"}
    label = {"parks": "car", "stands": "person"}.get(story, "person")
    scenes = _scenes(chance, patches, label if parked else None, slides and chance.random() < 0.5)
    return Scenario(rule=SlopeCollapse(zone=ZONE), scenes=scenes, wanted=tuple(wanted), story=story)


def _patch(chance: Random, story: str, start_s: float, left: float = 0.3) -> _Patch:
    area = chance.uniform(0.012, 0.08) if story != "small" else chance.uniform(0.001, 0.006)
    side = (area * 1.6) ** 0.5
    x = 0.02 if story == "outside" else left + chance.uniform(0, 0.1)
    y = chance.uniform(0.3, 0.6)
    if story == "outside":
        side = min(side, 0.15)
    box = Box(x * WIDTH, y * HEIGHT, (x + side) * WIDTH, (y + side) * HEIGHT)
    end_s = start_s + (chance.uniform(5, 27) if story == "comes and goes" else 500.0)
    strength = chance.uniform(0.7, 1.0) if story != "faint" else chance.uniform(0.2, 0.42)
    if story == "nothing":
        start_s = 1e9
    return _Patch(box=box, start_s=start_s, end_s=end_s, area=area, strength=strength)


def _scenes(
    chance: Random, patches: list[_Patch], parked: str | None, walkers: bool
) -> list[Scene]:
    hz = chance.choice((0.5, 1.0, 2.0, 5.0))
    scenes = []
    for number in range(int(120 * hz)):
        t = number / hz
        tracks = []
        changes = []
        for index, patch in enumerate(patches):
            # The sense is sure some seconds after things lie still.
            if patch.start_s + 4 <= t < patch.end_s and chance.random() > patch.flickers:
                changes.append(
                    SurfaceChange(
                        id=index + 1, box=patch.box, since_s=START_S + patch.start_s,
                        area=patch.area, strength=min(1.0, chance.gauss(patch.strength, 0.03)),
                    )
                )  # fmt: skip
            if parked and t >= patch.start_s - 5 and chance.random() > 0.15:
                tracks.append(_track(1, parked, patch.box, t))
            if walkers and t % 20 < 3:
                tracks.append(_track(2, "person", patch.box, t))
        signals = Signals(surface=tuple(changes))
        scenes.append(
            Scene(
                source="story", time_s=START_S + t, width=WIDTH, height=HEIGHT,
                tracks=tuple(tracks), signals=signals, health=Health(), looked=True,
            )
        )  # fmt: skip
    return scenes


def _track(id_: int, label: str, box: Box, t: float) -> Track:
    return Track(
        id=id_, label=label, box=box, score=0.8, first_seen_s=START_S, last_seen_s=START_S + t
    )


FILM_LURES = ("shadow", "rain", "fog", "lamp", "shake", "hand", "parks", "nothing")


def film(seed: int) -> Rendered:
    """A bank behind one of our places, by day; told after eight seconds, for films are short."""
    chance = Random(seed)
    world, camera = place(seed, night=False)
    while world.site.name == "corridor":
        seed += 1000
        world, camera = place(seed, night=False)
    rule: dict[str, object] = {"longer_than_s": 8}
    start_s = chance.uniform(12, 15)
    foot_m = camera.target[1] + chance.uniform(1.5, 3.5)
    bank = Slope(foot_y_m=foot_m, seed=seed)
    story = "nothing"
    if seed % 2:
        rests_s = start_s + chance.uniform(1.5, 4)
        if chance.random() < 0.7:
            bank = replace(bank, slides_s=(start_s, rests_s), falls_m=chance.uniform(1.6, 3.0))
            world, story = disturbed(world, bank), "slides"
        else:
            at = (camera.target[0] + chance.uniform(-2, 2), camera.target[1] - chance.uniform(2, 4))
            spill = Spill(start_s=start_s, at_m=at, radius_m=chance.uniform(1.2, 1.8), seed=seed)
            world, story = disturbed(world, bank, spill), "spill"
        told = rendered(world, camera, rule, story, (start_s, SECONDS, rests_s + 18))
        return replace(told, detector=None)
    story = chance.choice(FILM_LURES)
    lures = {
        "shadow": StrayShadow(
            start_s=start_s, end_s=99.0, kind="cloud",
            route=Route(points=((-9.0, 3.0), (1.0, 3.0), (1.5, 3.2)), start_s=start_s,
                        stops=(Stop(1, 30.0),)),
        ),
        "rain": Rain(start_s=start_s, end_s=99.0),
        "fog": Fog(start_s=start_s, end_s=99.0, sight_m=20.0),
        "lamp": LightSwitch(at_s=start_s, gain=0.5),
        "shake": Shake(start_s=start_s, end_s=start_s + 10, pixels=3.0),
        "hand": Covered(start_s=start_s, end_s=start_s + 10, seed=seed),
    }  # fmt: skip
    added = (bank, lures[story]) if story in lures else (bank,)
    # Whoever parks in front of the bank must be known for a vehicle.
    told = replace(rendered(disturbed(world, *added), camera, rule, story), detector=None)
    if story != "parks":
        return told
    spot = camera.target[0], camera.target[1] - 1.0
    car = Vehicle(id=900, paint=PAINTS[2], route=Route(
        points=((spot[0] - 16, spot[1]), spot, (spot[0] + 0.3, spot[1])), start_s=start_s - 4,
        speed_m_s=4.0, stops=(Stop(1, 60.0),)))  # fmt: skip
    world = replace(told.world, actors=(*told.world.actors, car))
    return replace(told, world=world)
