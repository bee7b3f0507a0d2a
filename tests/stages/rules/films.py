"""Hand-made scenes: actors walk through a picture, a rule watches."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vigil.core import (
    Box,
    Event,
    Health,
    Rule,
    Scene,
    Signals,
    StaticBlob,
    Step,
    StepKind,
    Track,
)

NOON_S = 1_750_000_000.0
WIDTH, HEIGHT = 1280, 720

Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody who stands at `where(seconds)`, in fractions of the picture; None: not there."""

    where: Callable[[float], Place | None]
    id: int = 1
    label: str = "person"
    high: float = 0.2
    """Fraction of the picture's height."""
    wide: float = 0.05
    """Fraction of the picture's width."""
    score: float = 0.9
    blob: bool = False
    """Found in the background, not by the detector."""
    removed: bool = False
    """The background shows where it stood."""

    def box(self, place: Place) -> Box:
        x, y = place
        half = self.wide / 2
        return Box((x - half) * WIDTH, (y - self.high) * HEIGHT, (x + half) * WIDTH, y * HEIGHT)


def stands(
    at: Place, *, start_s: float = 0.0, end_s: float = 1e9
) -> Callable[[float], Place | None]:
    return lambda t: at if start_s <= t < end_s else None


def walks(*stops: tuple[float, Place]) -> Callable[[float], Place | None]:
    """From stop to stop, each a second and a place; absent before the first and after the last."""

    def where(t: float) -> Place | None:
        for (t1, (x1, y1)), (t2, (x2, y2)) in pairwise(stops):
            if t1 <= t <= t2:
                share = (t - t1) / (t2 - t1)
                return x1 + share * (x2 - x1), y1 + share * (y2 - y1)
        return None

    return where


def blinks(where: Callable[[float], Place | None], *, out: Iterable[tuple[float, float]]):
    """The same, but not found during the given spans of seconds."""
    spans = list(out)
    return lambda t: None if any(a <= t < b for a, b in spans) else where(t)


def film(
    *actors: Actor,
    until_s: float,
    hz: float = 10.0,
    start_s: float = NOON_S,
    asleep: Sequence[tuple[float, float]] = (),
) -> list[Scene]:
    """Scenes at `hz`; nobody looks while `asleep`, and what was there is still believed to be."""
    scenes: list[Scene] = []
    first: dict[int, float] = {}
    hits: Counter[int] = Counter()
    believed: tuple[Track, ...] = ()
    for index in range(round(until_s * hz)):
        t = index / hz
        time_s = start_s + t
        looked = not any(a <= t < b for a, b in asleep)
        tracks, blobs = [], []
        for actor in actors:
            place = actor.where(t)
            if place is None:
                continue
            since_s = first.setdefault(actor.id, time_s)
            if actor.blob:
                box = actor.box(place)
                blobs.append(
                    StaticBlob(id=actor.id, box=box, since_s=since_s, removed=actor.removed)
                )
            elif looked:
                hits[actor.id] += 1
                tracks.append(
                    Track(
                        id=actor.id,
                        label=actor.label,
                        box=actor.box(place),
                        score=actor.score,
                        first_seen_s=since_s,
                        last_seen_s=time_s,
                        hits=hits[actor.id],
                    )
                )
        believed = tuple(tracks) if looked else believed
        scenes.append(
            Scene(
                source="gate",
                time_s=time_s,
                width=WIDTH,
                height=HEIGHT,
                tracks=believed,
                signals=Signals(static_blobs=tuple(blobs)),
                looked=looked,
                cards=("small@1",) if looked else (),
            )
        )
    return scenes


def ticks(faults: Iterable[tuple[float, Health]]) -> list[Scene]:
    """Scenes that tell of the camera only."""
    return [
        Scene(source="gate", time_s=NOON_S + t, width=0, height=0, health=health)
        for t, health in faults
    ]


def mirrored(scene: Scene) -> Scene:
    """The scene as a mirror shows it."""
    signals = scene.signals and replace(
        scene.signals,
        static_blobs=tuple(
            replace(blob, box=_flipped(blob.box, scene.width))
            for blob in scene.signals.static_blobs
        ),
    )
    tracks = tuple(track._replace(box=_flipped(track.box, scene.width)) for track in scene.tracks)
    return replace(scene, tracks=tracks, signals=signals)


def _flipped(box: Box, width: float) -> Box:
    return Box(width - box.x2, box.y1, width - box.x1, box.y2)


def play(rule: Rule, scenes: Iterable[Scene]) -> list[Step]:
    """Every step of a rule over a film, its close included; the life of each event is checked."""
    steps: list[Step] = []
    time_s = NOON_S
    for scene in scenes:
        steps += rule.update(scene)
        time_s = scene.time_s
    steps += rule.close(time_s)
    check_lives(steps)
    return steps


def check_lives(steps: list[Step]) -> None:
    """`new`, then any number of `update`, then `end`: once, and of one unchanging birth."""
    lives: dict[str, list[Step]] = {}
    for step in steps:
        lives.setdefault(step.event.id, []).append(step)
    for life in lives.values():
        kinds = [step.kind for step in life]
        assert kinds[0] is StepKind.NEW
        assert kinds[-1] is StepKind.END
        assert all(kind is StepKind.UPDATE for kind in kinds[1:-1])
        events = [step.event for step in life]
        born = {(e.source, e.rule, e.claim, e.label, e.start_s, e.critical) for e in events}
        assert len(born) == 1
        ends = [event.end_s for event in events]
        assert ends == sorted(ends)
        assert ends[0] >= events[0].start_s


def events(rule: Rule, scenes: Iterable[Scene]) -> list[Event]:
    """What was told of each event at its end, in order of birth."""
    steps = play(rule, scenes)
    born = [step.event.id for step in steps if step.kind is StepKind.NEW]
    last = {step.event.id: step.event for step in steps if step.kind is StepKind.END}
    return [last[event_id] for event_id in born]


def spans(rule: Rule, scenes: Iterable[Scene]) -> list[tuple[float, float]]:
    """Start and end of each event, seconds of the film."""
    return [
        (round(event.start_s - NOON_S, 3), round(event.end_s - NOON_S, 3))
        for event in events(rule, scenes)
    ]


def raised_s(rule: Rule, scenes: Iterable[Scene]) -> list[float]:
    """When each event was first told of, seconds of the film."""
    steps = play(rule, scenes)
    return [round(step.time_s - NOON_S, 3) for step in steps if step.kind is StepKind.NEW]
