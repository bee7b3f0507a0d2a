"""Films in which true visits and things that only look like one take turns."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from vigil.core import ConfigError
from vigil.sim.acts import (
    FALSE_ACTS,
    PLACES,
    TRUE_ACTS,
    Act,
    Director,
    FalseAct,
    Night,
    Place,
    TrueAct,
)
from vigil.sim.scenes import SceneScript
from vigil.sim.truth import TrueEvent
from vigil.sim.world import Wind, World

ALL_ACTS: tuple[TrueAct | FalseAct, ...] = (*TRUE_ACTS, *FALSE_ACTS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Parade:
    """A story and who is on when."""

    script: SceneScript
    acts: tuple[Act, ...]

    def true_events(self) -> list[TrueEvent]:
        """As `SceneScript.true_events`, with each visitor's stay for itself."""
        found = [event for event in self.script.true_events() if event.kind != "presence"]
        return sorted(found + self.script.visits(), key=lambda event: event.start_s)

    def on_at(self, time_s: float, *, late_s: float = 2.0) -> Act | None:
        """The act to which something at that moment belongs; None: a pause."""
        return next((a for a in self.acts if a.start_s - 0.5 <= time_s <= a.end_s + late_s), None)


def parade(
    place: str, *, seed: int, acts: int = 8, night: bool = False, width: int = 640,
    rate: float = 12.0, only: Collection[TrueAct | FalseAct] = ALL_ACTS,
) -> Parade:  # fmt: skip
    """A film of so many acts, half of them true, in an order drawn from the seed.

    `only`: acts that may be on; those that do not fit the place are left out.

    Raises:
        ConfigError: no place has that name.
    """
    if place not in PLACES:
        raise ConfigError(f"no place {place!r}; allowed: {', '.join(sorted(PLACES))}")
    where = PLACES[place]
    director = Director(where, seed, night)
    for what in _programme(where, night, acts, only, director.random):
        director.put_on(what)
    camera = replace(
        where.camera, name=place, width=width, height=width * 9 // 32 * 2, rate=rate, seed=seed
    )
    wind = Wind(start_s=0, end_s=director.now_s, strength=float(director.random.uniform(0.3, 1.0)))
    world = World(
        site=where.site(night),
        seconds=director.now_s,
        actors=tuple(director.actors),
        disturbances=(wind, *director.disturbances),
        seed=seed,
    )
    script = SceneScript(
        name=f"parade_{place}",
        world=world,
        cameras=(camera,),
        line=where.line,
        loitering_s=8.0,
        counted=("person", "car", "truck"),
    )
    return Parade(script=script, acts=tuple(director.acts))


def _programme(
    where: Place,
    night: Night,
    acts: int,
    only: Collection[TrueAct | FalseAct],
    random: np.random.Generator,
) -> list[TrueAct | FalseAct]:
    unfit = misfits(where, night)
    pools: list[list[TrueAct | FalseAct]] = [
        [act for act in pool if act in only and act not in unfit]
        for pool in (FALSE_ACTS, TRUE_ACTS)
    ]
    chosen: list[TrueAct | FalseAct] = []
    for number in range(acts):
        pool = pools[number % 2] or pools[1 - number % 2]
        chosen.append(pool[int(random.integers(len(pool)))])
    return [chosen[index] for index in random.permutation(acts)]


def misfits(where: Place, night: Night) -> set[TrueAct | FalseAct]:
    """What cannot be on here, or would not be seen."""
    found: set[TrueAct | FalseAct] = {"cloud"} if night else {"headlights", "resting_light"}
    if where.drive is None:
        found |= {"drive", "stop"}
    if not where.outdoors:
        found |= {"cloud", "rain", "branch", "litter", "shadow", "resting_shadow"}
        found |= {"headlights", "resting_light"}
    return found
