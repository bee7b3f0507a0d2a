"""Scenario files: what happens where and when, in a few lines of YAML; see docs/simulation.md."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import atan2, cos, pi, sin
from pathlib import Path
from typing import Annotated, Literal, cast, get_args

from pydantic import Field, TypeAdapter, ValidationError

from vigil.config.problems import explain, written
from vigil.config.yaml_file import read_yaml
from vigil.core import ConfigError, part
from vigil.sim import deeds
from vigil.sim.acts import PLACES, Director, FalseAct, Night, Place, TrueAct
from vigil.sim.mishaps import Covered, Darkness, Defocus, Dirt, Fog
from vigil.sim.motions import Deed, Falling, Moving, Resting
from vigil.sim.parade import misfits
from vigil.sim.route import Route, Stop
from vigil.sim.scenes import SceneScript
from vigil.sim.truth import TrueEvent
from vigil.sim.world import Disturbance, Frozen, Rain, Shake, Walker, Wind, World

Together = Literal["fight", "hug", "shake_hands", "dance", "talk"]
PAIRS: dict[str, tuple[Moving, Moving]] = {
    "fight": ("punch", "ward_off"),
    "hug": ("hug", "hug"),
    "shake_hands": ("shake_hands", "shake_hands"),
    "dance": ("dance", "dance"),
    "talk": ("talk", "talk"),
}
"""What each of two does."""
APART_M = {"hug": 0.4, "dance": 1.0}
USUAL_APART_M = 0.85
ALONE: dict[str, Falling | Resting] = {
    word: word for word in (*get_args(Falling), *get_args(Resting))
}
USUAL_S = 6.0
AFTER_S = 3.0
"""A film goes on for so long after the last act, unless it says otherwise."""
LYING_S = 5.0
"""Who lies for longer lies still, for the truth."""
Word = Literal[TrueAct, FalseAct, Falling, Resting, Together]
Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


@part
class Turn:
    """One act of a scenario."""

    act: Word
    at_s: Seconds
    """When it begins: who comes, comes into view then."""
    lasts_s: Annotated[Seconds, Field(gt=0)] | None = None
    """How long who falls, rests or meets somebody stays so; None: `USUAL_S`. Other acts take their
    own time.
    """

    def __post_init__(self) -> None:
        if self.lasts_s is not None and self.act not in {*PAIRS, *ALONE}:
            raise ValueError(f"lasts_s: {self.act} takes its own time; allowed: without it")


@part
class Condition:
    """Something between the place and its picture."""

    kind: Literal[
        "wind", "rain", "fog", "shake", "frozen", "covered", "out_of_focus", "dirt", "dark"
    ]
    start_s: Seconds = 0.0
    end_s: Seconds | None = None
    """None: until the film ends."""
    strength: Annotated[float, Field(gt=0, le=5)] = 1.0
    """1: as usual."""

    def __post_init__(self) -> None:
        if self.end_s is not None and self.end_s <= self.start_s:
            raise ValueError(
                f"end_s: found {self.end_s:g}; allowed: later than start_s, {self.start_s:g}"
            )

    def over(self, seconds: float) -> Disturbance:
        """The same, in a film of so many seconds."""
        start_s, end_s = self.start_s, seconds if self.end_s is None else self.end_s
        made: dict[str, Callable[..., Disturbance]] = {
            "wind": partial(Wind, strength=self.strength),
            "rain": partial(Rain, strength=self.strength),
            "fog": partial(Fog, sight_m=25.0 / self.strength),
            "shake": partial(Shake, pixels=2.0 * self.strength),
            "frozen": Frozen,
            "covered": partial(Covered, share=min(self.strength, 1.0)),
            "out_of_focus": partial(Defocus, blur=0.006 * self.strength),
            "dirt": partial(Dirt, spots=round(12 * self.strength)),
            "dark": partial(Darkness, left=min(0.03 / self.strength, 1.0)),
        }
        return made[self.kind](start_s=start_s, end_s=end_s)


@part
class Scenario:
    """What a file says."""

    place: Literal["street", "car_park", "yard", "corridor"]
    acts: tuple[Turn, ...]
    night: bool = False
    conditions: tuple[Condition, ...] = ()
    seconds: Annotated[float, Field(gt=0, le=3600)] | None = None
    """How long the film is; None: until shortly after the last act."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Who comes, how fast and by which way; the same seed makes the same film."""
    width: Annotated[int, Field(ge=64, le=1920, multiple_of=2)] = 640
    """Pixels; the picture is 16:9."""
    rate: Annotated[float, Field(ge=1, le=30)] = 12.0
    """Pictures a second."""

    def __post_init__(self) -> None:
        unfit = misfits(PLACES[self.place], self.night)
        when = f"{self.place} {'at night' if self.night else 'by day'}"
        for number, turn in enumerate(self.acts):
            if turn.act in unfit:
                raise ValueError(f"acts[{number}]: no {turn.act} in the {when}")
            if self.seconds is not None and turn.at_s >= self.seconds:
                raise ValueError(
                    f"acts[{number}]: begins at {turn.at_s:g} s; the film ends at {self.seconds:g}"
                )

    def script(self) -> SceneScript:
        """The world and the camera before it."""
        where = PLACES[self.place]
        stage = _Stage(where, self.seed, self.night)
        for turn in self.acts:
            stage.play(turn)
        seconds = self.seconds or stage.end_s + AFTER_S
        camera = replace(
            where.camera, name=self.place, width=self.width, height=self.width * 9 // 32 * 2,
            rate=self.rate, seed=self.seed,
        )  # fmt: skip
        world = World(
            site=where.site(self.night),
            seconds=seconds,
            actors=tuple(stage.actors),
            disturbances=(
                *stage.disturbances,
                *(condition.over(seconds) for condition in self.conditions),
            ),
            seed=self.seed,
        )
        return SceneScript(
            name=self.place, world=world, cameras=(camera,), line=where.line,
            loitering_s=8.0, counted=("person", "car", "truck"),
        )  # fmt: skip


def read_scenario(path: Path) -> Scenario:
    """What a file says. Raises `ConfigError`, one line for each mistake."""
    try:
        return TypeAdapter(Scenario).validate_python(read_yaml(path))
    except ValidationError as error:
        lines = [explain(line) for line in error.errors(include_url=False)]
        told = [": ".join(filter(None, (str(path), written(at), why))) for at, why in lines]
        raise ConfigError(told) from None


def true_events(script: SceneScript) -> list[TrueEvent]:
    """Everything that the camera ought to report, what people do on the spot included."""
    world, (camera, *_) = script.world, script.cameras
    found = script.true_events()
    found += deeds.falls(world, camera) + deeds.fights(world, camera)
    found += deeds.lying(world, camera, longer_than_s=LYING_S)
    return sorted(found, key=lambda event: event.start_s)


class _Stage(Director):
    """Puts on acts when a file says so, and what people do on the spot as well."""

    def __init__(self, where: Place, seed: int, night: Night) -> None:
        super().__init__(where, seed, night)
        self.end_s = 0.0
        """When the last act is over."""

    def play(self, turn: Turn) -> None:
        """Let one act play."""
        if turn.act in PAIRS:
            end_s = self._meet(turn, PAIRS[turn.act])
        elif turn.act in ALONE:
            end_s = self._do(turn, ALONE[turn.act])
        else:
            self.now_s = turn.at_s
            self.put_on(cast("TrueAct | FalseAct", turn.act))
            end_s = self.acts[-1].end_s
        self.end_s = max(self.end_s, end_s)

    def _do(self, turn: Turn, what: Falling | Resting) -> float:
        """Somebody comes, does it in the middle of the view, and goes on."""
        deed = Deed(what=what, start_s=0.3, lasts_s=turn.lasts_s or USUAL_S)
        route = Route(
            points=self._way_by_the_middle(),
            start_s=turn.at_s,
            speed_m_s=float(self.random.uniform(1.1, 1.6)),
            stops=(Stop(1, deed.end_s + 0.5),),
        )
        deed = replace(deed, start_s=route.stop_interval_s(1)[0] + 0.3)
        self.actors.append(
            Walker(id=self._next_id(), looks=self._looks(), route=route, deeds=(deed,))
        )
        return route.end_s

    def _meet(self, turn: Turn, what: tuple[Moving, Moving]) -> float:
        """Two come from both sides, do it face to face, and go back."""
        (x1, y1), (x2, y2) = ends = self._where.walk
        angle = atan2(y2 - y1, x2 - x1)
        half_m = APART_M.get(turn.act, USUAL_APART_M) / 2
        x, y = self._where.middle
        spots = (
            (x - half_m * cos(angle), y - half_m * sin(angle)),
            (x + half_m * cos(angle), y + half_m * sin(angle)),
        )
        routes = [
            Route(
                points=(end, spot, end),
                start_s=turn.at_s,
                speed_m_s=float(self.random.uniform(1.1, 1.5)),
                stops=(Stop(1, 1.0),),
            )
            for end, spot in zip(ends, spots, strict=True)
        ]
        lasts_s = turn.lasts_s or USUAL_S
        met_s = max(route.stop_interval_s(1)[0] for route in routes) + 0.3
        for number, (route, doing) in enumerate(zip(routes, what, strict=True)):
            waits_s = met_s + lasts_s + 0.5 - route.stop_interval_s(1)[0]
            routes[number] = replace(route, stops=(Stop(1, waits_s),))
            deed = Deed(
                what=doing, start_s=met_s, lasts_s=lasts_s, faces=angle + number * pi,
                seed=int(self.random.integers(99)),
            )  # fmt: skip
            self.actors.append(
                Walker(id=self._next_id(), looks=self._looks(), route=routes[number], deeds=(deed,))
            )
        return max(route.end_s for route in routes)
