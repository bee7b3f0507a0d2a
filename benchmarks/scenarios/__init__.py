"""Random stories for each rule, with lures, told in true boxes; and films of some of them.

A module named as a rule has `scenario(chance)`, a story in true boxes drawn from `chance`, and,
where pixels matter, `film(seed)`, a rendered world for the whole watch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from vigil.core import Box, Rule, Scene, Signals, StepKind, Track
from vigil.sim.camera import Camera
from vigil.sim.render import Renderer
from vigil.sim.world import World
from vigil.testing.sounds import Wave

START_S = 1_750_000_000.0
"""When every story begins, UTC seconds since the epoch."""
HZ = 5.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An event that a rule ought to tell, in seconds of the story."""

    start_s: float
    end_s: float
    by_s: float
    """When it should have been told at the latest."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A story in true boxes."""

    rule: Rule
    """A new one, as set for this story."""
    scenes: Sequence[Scene]
    wanted: tuple[Wanted, ...] = ()
    """Nothing, where it is a lure."""
    story: str
    """What happens, in a word or two: `falls`, `sits down`, `lamp` …"""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to a camera at a second of the story."""

    at_s: float
    what: Literal["unplugged", "plugged in", "hangs", "goes on", "clock set"]
    off_s: float = 0.0
    """By how much its clock is then ahead of ours."""
    drift: float = 0.0
    """Seconds that it gains in each second from then on."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A story to be filmed and given to the whole watch."""

    world: World
    camera: Camera
    rule: dict[str, Any]
    """Settings of the rule, as in a camera's file."""
    wanted: tuple[Wanted, ...] = ()
    story: str
    detector: Literal["yolox", "motion", "helmets"] | None = None
    """Who looks; None: YOLOX-nano where people, vehicles or bags are shown, else motion."""
    footage: str | None = None
    """Stories that name the same show the same film, over and over; None: each has its own."""
    wave: Wave | None = None
    """What is to be heard, and for how long; None: no sound."""
    live_s: float | None = None
    """For so long a camera sends the film over RTSP, in real time; None: it is read as a file."""
    faults: tuple[Fault, ...] = ()
    """Of that camera, in order of time."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a rule made of a story."""

    found: int
    missed: int
    false: int
    delays_s: tuple[float, ...] = ()
    """From each true beginning to its telling."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event as a rule told it, in seconds of the story."""

    start_s: float
    end_s: float
    told_s: float


@dataclass(kw_only=True)
class _Life:
    start_s: float
    told_s: float
    end_s: float = field(default=0.0)


def told_by(rule: Rule, scenes: Iterable[Scene]) -> list[Told]:
    """Every event of a rule over a story."""
    lives: dict[str, _Life] = {}
    time_s = START_S
    for scene in scenes:
        time_s = scene.time_s
        for step in rule.update(scene):
            if step.kind is StepKind.NEW:
                lives[step.event.id] = _Life(start_s=step.event.start_s, told_s=time_s)
            lives[step.event.id].end_s = step.event.end_s
    for step in rule.close(time_s):
        lives[step.event.id].end_s = step.event.end_s
    return [
        Told(
            start_s=life.start_s - START_S,
            end_s=life.end_s - START_S,
            told_s=life.told_s - START_S,
        )
        for life in lives.values()
    ]


def judged(wanted: Sequence[Wanted], told: Sequence[Told], *, slack_s: float = 1.0) -> Outcome:
    """Pair what was told with what was wanted, each at most once, in order of telling."""
    left, delays, false = list(wanted), [], 0
    for one in sorted(told, key=lambda each: each.told_s):
        match = next(
            (
                want
                for want in left
                if one.start_s <= want.end_s + slack_s
                and one.end_s >= want.start_s - slack_s
                and want.start_s - slack_s <= one.told_s <= want.by_s
            ),
            None,
        )
        if match is None:
            false += 1
        else:
            left.remove(match)
            delays.append(one.told_s - match.start_s)
    return Outcome(found=len(delays), missed=len(left), false=false, delays_s=tuple(delays))


def scenes_of(
    world: World,
    camera: Camera,
    *,
    hz: float = HZ,
    shown: float = 0.25,
    chance: Random | None = None,
    missed: float = 0.0,
) -> list[Scene]:
    """What a perfect detector and tracker would believe of a world; nothing is drawn.

    Who is shown by less than `shown` is not seen. With `chance`, a share `missed` of the
    sightings fails.
    """
    view = Renderer(world=world, camera=camera)
    first: dict[int, float] = {}
    hits: dict[int, int] = {}
    feet: dict[int, tuple[float, float]] = {}
    scenes = []
    for number in range(round(world.seconds * hz)):
        truth = view.truth(number / hz)
        time_s = START_S + number / hz
        tracks = []
        for row, id_ in enumerate(truth.ids):
            if truth.visible[row] < shown or (chance and chance.random() < missed):
                continue
            box = Box(*(float(v) for v in truth.boxes[row]))
            x, y = box.foot
            before = feet.get(id_, (x, y))
            feet[id_] = (x, y)
            hits[id_] = hits.get(id_, 0) + 1
            tracks.append(
                Track(
                    id=id_,
                    label=truth.labels[row],
                    box=box,
                    score=0.9,
                    first_seen_s=first.setdefault(id_, time_s),
                    last_seen_s=time_s,
                    hits=hits[id_],
                    velocity=((x - before[0]) * hz, (y - before[1]) * hz),
                )
            )
        scenes.append(
            Scene(
                source="story", time_s=time_s, width=camera.width, height=camera.height,
                tracks=tuple(tracks), signals=Signals(), looked=True,
            )
        )  # fmt: skip
    return scenes
