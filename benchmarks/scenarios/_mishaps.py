"""Places for films of what happens to cameras, and the views that a sense would tell of."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from benchmarks.scenarios import START_S, Rendered, Wanted
from vigil.core import Box, Health, Scene, Signals, Track, View
from vigil.sim.camera import Camera
from vigil.sim.scenes import SCENES
from vigil.sim.world import Disturbance, World

PLACES = ("car_park", "corridor", "gate", "gate_night", "gate_rain", "yard_night")
SECONDS = 36.0
FOOTAGE_S = 8.0


def place(seed: int, *, night: bool = True, rain: bool = True) -> tuple[World, Camera]:
    """One of our scenes with its people and cars, small."""
    chance = Random(seed)
    names = [n for n in PLACES if (night or "night" not in n) and (rain or "rain" not in n)]
    script = SCENES[chance.choice(names)](seed)
    camera = replace(script.cameras[0], width=480, height=270, rate=5.0, stamp=False)
    return replace(script.world, seconds=SECONDS), camera


def footage(seed: int) -> dict[str, Any]:
    """Something to be seen, where it does not matter what: a few seconds of one of four places."""
    world, camera = place(seed % 4)
    return {
        "world": replace(world, seconds=FOOTAGE_S),
        "camera": camera,
        "footage": f"place-{seed % 4}",
        "detector": "motion",
    }


def disturbed(world: World, *added: Disturbance) -> World:
    """The same world with something more amiss."""
    return replace(world, disturbances=(*world.disturbances, *added))


def rendered(
    world: World,
    camera: Camera,
    rule: dict[str, object],
    story: str,
    spell: tuple[float, float, float] | None = None,
) -> Rendered:
    """A film; `spell`: from when to when it is true, and until when it is to be told."""
    wanted = () if spell is None else (Wanted(start_s=spell[0], end_s=spell[1], by_s=spell[2]),)
    return Rendered(
        world=world, camera=camera, rule=rule, wanted=wanted, story=story, detector="motion"
    )


Moment = Callable[[float], tuple[View, float] | None]
"""The view and the brightness at a second of the story; None: no picture."""
RATES_HZ = (0.5, 1.0, 2.0, 5.0)


def scenes(
    chance: Random,
    moment: Moment,
    seconds: float,
    tracks: Callable[[float], Sequence[Track]] = lambda _t: (),
) -> list[Scene]:
    """A story as the rule reads it; at a random rate, with a look missing now and then."""
    hz = chance.choice(RATES_HZ)
    told = []
    for number in range(round(seconds * hz)):
        t = number / hz
        seen = moment(t)
        if chance.random() < 0.03:
            continue
        time_s = START_S + t
        if seen is None:
            told.append(
                Scene(
                    source="story",
                    time_s=time_s,
                    width=1280,
                    height=720,
                    health=Health(offline_s=2.0),
                )
            )
            continue
        view, brightness = seen
        told.append(
            Scene(
                source="story", time_s=time_s, width=1280, height=720, tracks=tuple(tracks(t)),
                signals=Signals(view=view, brightness=brightness), health=Health(), looked=True,
            )
        )  # fmt: skip
    return told


def well(chance: Random) -> View:
    """A view as usual, with what people and the wind make of it."""
    return View(
        contrast=chance.uniform(25, 65),
        sharpness=min(max(chance.gauss(0.97, 0.05), 0.75), 1.3),
        likeness=min(max(chance.gauss(0.88, 0.07), 0.55), 1.0),
        lost=abs(chance.gauss(0.02, 0.03)),
        strange=abs(chance.gauss(0.03, 0.03)),
        flat=chance.uniform(0.1, 0.5),
    )


def hidden(chance: Random, *, contrast: tuple[float, float] = (4, 18)) -> View:
    """Nothing but a smooth surface."""
    return View(
        contrast=chance.uniform(*contrast),
        sharpness=chance.uniform(0.7, 1.1),
        likeness=chance.uniform(-0.05, 0.2),
        lost=chance.uniform(0.65, 0.98),
        strange=chance.uniform(0.0, 0.06),
        flat=chance.uniform(0.85, 1.0),
    )


def elsewhere(chance: Random, new_s: float) -> View:
    """Another view, for so many seconds the same."""
    return View(
        contrast=chance.uniform(25, 65),
        sharpness=chance.uniform(0.7, 1.0),
        likeness=chance.uniform(-0.1, 0.2),
        lost=chance.uniform(0.15, 0.8),
        strange=chance.uniform(0.12, 0.9),
        flat=chance.uniform(0.1, 0.5),
        new_s=new_s,
    )


def blurred(chance: Random, sharpness: float) -> View:
    """The usual view with so much of its fine detail."""
    return replace(
        well(chance),
        sharpness=max(0.03, chance.gauss(sharpness, 0.04)),
        likeness=chance.uniform(0.4, 0.9),
        flat=chance.uniform(0.2, 0.6),
    )


def bus(id_: int, share: float, label: str = "bus") -> Track:
    """A vehicle that fills so much of the picture."""
    return Track(
        id=id_, label=label, box=Box(0, 0, 1280 * share, 720), score=0.8, first_seen_s=START_S,
        last_seen_s=START_S, hits=5,
    )  # fmt: skip
