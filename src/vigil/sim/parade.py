"""Films in which true visits and things that only look like one take turns."""

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
    rate: float = 12.0,
) -> Parade:  # fmt: skip
    """A film of so many acts, half of them true, in an order drawn from the seed.

    Raises:
        ConfigError: no place has that name.
    """
    if place not in PLACES:
        raise ConfigError(f"no place {place!r}; allowed: {', '.join(sorted(PLACES))}")
    where = PLACES[place]
    director = Director(where, seed, night)
    for what in _programme(where, night, acts, director.random):
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
    where: Place, night: Night, acts: int, random: np.random.Generator
) -> list[TrueAct | FalseAct]:
    true = [act for act in TRUE_ACTS if where.drive or act not in ("drive", "stop")]
    by_day, by_night = {"cloud"}, {"headlights", "resting_light", "flicker"}
    out_of_place = by_day if night or not where.outdoors else by_night - {"flicker"}
    if not where.outdoors:
        out_of_place = {*by_day, *by_night, "rain", "branch", "litter", "shadow", "resting_shadow"}
        out_of_place -= {"flicker"}
    false = [act for act in FALSE_ACTS if act not in out_of_place]
    chosen: list[TrueAct | FalseAct] = []
    for number in range(acts):
        pool: list[TrueAct] | list[FalseAct] = true if number % 2 else false
        chosen.append(pool[int(random.integers(len(pool)))])
    return [chosen[index] for index in random.permutation(acts)]
