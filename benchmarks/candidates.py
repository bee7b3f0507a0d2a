"""Labelled candidate events: what the watch says of rendered parades, beside the exact truth."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from benchmarks.footage import CACHE
from benchmarks.parades import Setting, film_of, parade_of, yolox
from benchmarks.whose import (
    MEANT,
    SURE,
    UNSURE,
    goes_with_a_visitor,
    is_beside,
    is_furniture,
    share_about,
)
from vigil.core import (
    Case,
    Clip,
    Detector,
    Event,
    Footage,
    Frame,
    Rule,
    Scene,
    Step,
    StepKind,
)
from vigil.data.happened import Happened, happening_of
from vigil.media.footage import ClipFootage
from vigil.media.ring import PacketRing
from vigil.pipeline.build import RING_BYTES
from vigil.pipeline.camera import Camera
from vigil.pipeline.scene_desk import SceneDesk
from vigil.pipeline.scene_log import SUFFIX, SceneLog, recorded
from vigil.pipeline.shard import Shard
from vigil.pipeline.watch import Watch
from vigil.sim.parade import Parade
from vigil.stages.detect.motion import MotionDetector
from vigil.stages.gate.luma import LumaGate
from vigil.stages.gate.static_blobs import StaticBlobs
from vigil.stages.ingest.file import FileSource
from vigil.stages.rules.abandoned_object import AbandonedObject
from vigil.stages.rules.line_crossing import LineCrossing
from vigil.stages.rules.loitering import Loitering
from vigil.stages.rules.presence import Presence
from vigil.stages.rules.stopped_vehicle import StoppedVehicle
from vigil.stages.track.two_stage import TwoStageTracker
from vigil.stages.verify.reel import EVERY_S

WATCH = 3
"""Goes up when the watch changes, its rules aside, so that what it saw before is not used."""
PRE_S, POST_S = 5.0, 5.0
"""What a clip shows before and after an event."""
FIRST_S = {"glance": 0.5, "asked": 1.0, "young": 3.0}
"""So much of an event is to be seen before it is judged: at least, before a large model is asked
(`decide.asked_s`), and where nobody else is asked afterwards (`decide.first_s`)."""
SETTLED_S = {"glance": 0.2, "asked": 0.2, "young": 1.0}
"""And so much of what came after it was told."""
VISITORS = ("person", "car", "truck", "bus", "motorcycle", "object")
WANTS = {
    "presence": frozenset(VISITORS),
    "line_crossing": frozenset(VISITORS),
    "loitering": Loitering().wants,
    "stopped_vehicle": StoppedVehicle().wants,
    "abandoned_object": AbandonedObject().wants,
}
"""As the rules have them."""
EXACT_SLACK_S = 1.0
"""Rendered truth is exact; a rule may still wait until it is sure."""
Age = Literal["glance", "asked", "young"]
"""When an event is judged: as soon as it may be, once more before a large model is asked, or when
some of it has been seen."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """An event of the rules."""

    event: Event
    """As it was when it ended."""
    newborn: Event
    """As it was when it was told first."""
    told_s: float


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What a watch said once, and whether it was so."""

    setting: Setting
    watcher: str
    """`motion` or `model`."""
    kind: str
    event: Event
    """As it was when it ended."""
    newborn: Event
    """As it was when it was told first."""
    told_s: float
    true: bool
    plain: bool
    """Whether that is beyond doubt."""
    act: str
    """What was going on; `pause` for nothing."""

    def case(self, age: Age = "young", *, decoded: bool = False) -> Case:
        """The event with its clip, both as they are at that age.

        `decoded`: by the pictures of the film as they are kept in memory, five a second.
        """
        film: Footage = ClipFootage(film_of(self.setting), 0.0)
        if decoded:
            film = _decoded(self.setting)
        event = self.newborn
        start_s, end_s = event.start_s - PRE_S, clip_end_s(event, self.told_s, age)
        script = parade_of(self.setting).script
        zones = (script.line,) if self.kind == "line_crossing" and script.line else ()
        return Case(
            event=event,
            clip=None,
            footage=Cut(film, start_s, end_s),
            zones=zones,
            kind=self.kind,
            labels=WANTS[self.kind],
        )


def clip_end_s(event: Event, told_s: float, age: Age) -> float:
    """Where the clip ends that a judge of a young event is given."""
    return max(told_s + SETTLED_S[age], event.start_s + FIRST_S[age])


class Cut:
    """Part of some footage, as a clip of it would be."""

    def __init__(self, footage: Footage, start_s: float, end_s: float) -> None:
        self._footage = footage
        self.start_s = max(start_s, footage.start_s)
        self.end_s = min(end_s, footage.end_s)

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        return self._footage.frames(
            max(start_s, self.start_s), min(end_s, self.end_s), every_s=every_s
        )


class Decoded:
    """A film's pictures in memory: many events of one film are judged in turn."""

    def __init__(self, footage: Footage) -> None:
        self.start_s, self.end_s = footage.start_s, footage.end_s
        self._frames = list(footage.frames(self.start_s, self.end_s, every_s=EVERY_S))

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        due_s = start_s
        for frame in self._frames:
            if due_s - 1e-6 <= frame.time_s <= end_s + 1e-6:
                due_s = frame.time_s + every_s - 1e-3
                yield frame


@lru_cache(maxsize=1)
def _decoded(setting: Setting) -> Decoded:
    return Decoded(ClipFootage(film_of(setting), 0.0))


def suspected(setting: Setting, watcher: str, happened: Sequence[Happened]) -> list[Candidate]:
    """All that the watch says of the film.

    True is what told of something that `happened` when it was told, and is not only beside it: a
    parked car's event is none of the car that takes over its track later. Plainly true is what is
    about its actor for most of the time as well, plainly false what is not. A bag has but a small
    box of its own beside its owner's: there, what happened alone counts.
    """
    found = []
    for row in said(setting, watcher):
        one, sure = _unlabelled(setting, watcher, row), _labelled(setting, watcher, row)
        tells = happening_of(one.newborn, happened, slack_s=EXACT_SLACK_S) is not None
        beside = is_beside(setting, one.newborn) or is_beside(setting, one.event)
        true = tells and not beside
        about = sure is not None and sure.true
        plain = one.kind == "abandoned_object" or true == about
        act = sure.act if sure is not None else one.act
        found.append(replace(one, true=true, plain=plain, act=act))
    return found


@lru_cache(maxsize=32)
def said(setting: Setting, watcher: str) -> list[Said]:
    """Events of the rules, at their birth and at their end, of scenes that were recorded once."""
    rules, born, ended = _rules(parade_of(setting)), dict[str, Step](), list[Step]()
    scenes = scenes_of(setting, watcher)
    steps = [step for scene in scenes for rule in rules for step in rule.update(scene)]
    steps += [step for rule in rules for step in rule.close(scenes[-1].time_s)]
    for step in steps:
        if step.kind is StepKind.NEW:
            born[step.event.id] = step
        elif step.kind is StepKind.END:
            ended.append(step)
    return [
        Said(event=step.event, newborn=(first := born[step.event.id]).event, told_s=first.time_s)
        for step in ended
    ]


def scenes_of(setting: Setting, watcher: str) -> list[Scene]:
    """What the watch believes of a film, as a camera records it; watched the first time."""
    path = _record_of(setting, watcher)
    if not path.exists():
        unfinished = path.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        _watch(setting, watcher, SceneLog(setting.name, file=unfinished))
        unfinished.replace(path)
    return [scene for chunk in recorded([path]) for scene in chunk.scenes]


def was_watched(setting: Setting, watcher: str) -> bool:
    """Whether what the watch believes of a film is at hand."""
    return _record_of(setting, watcher).exists()


def _record_of(setting: Setting, watcher: str) -> Path:
    return CACHE / f"{setting.name}-{watcher}-watch{WATCH}{SUFFIX}"


def _watch(setting: Setting, watcher: str, log: SceneLog) -> None:
    """The rules say what the watch has to look at; what they tell is asked of the record."""
    detector: Detector = yolox() if watcher == "model" else MotionDetector()
    watch = Watch(
        source=setting.name,
        gate=LumaGate(),
        tracker=TwoStageTracker(),
        rules=_rules(parade_of(setting)),
        ring=PacketRing(8.0, RING_BYTES),
        detector_needs=detector.needs,
        static_blobs=StaticBlobs(),
        scene_desk=SceneDesk(log=log),
    )
    source = FileSource(path=film_of(setting), name=setting.name)
    camera = Camera(name=setting.name, source=source, watch=watch, live=False)
    Shard(cameras=[(camera, detector)], outbox=_Deaf()).run(threading.Event())
    camera.check()


def _rules(film: Parade) -> list[Rule]:
    line = film.script.line
    assert line is not None
    return [
        Presence(labels=VISITORS, per="track"),
        LineCrossing(labels=VISITORS, line=line),
        Loitering(longer_than_s=6.0),
        StoppedVehicle(longer_than_s=5.0),
        AbandonedObject(),
    ]


class _Deaf:
    """An outbox that nobody empties."""

    def put(self, step: Step, clip: Clip | None) -> None: ...


def _labelled(setting: Setting, watcher: str, row: Said) -> Candidate | None:
    one = _unlabelled(setting, watcher, row)
    if is_furniture(one.event, setting):
        return replace(one, act="furniture")
    share = share_about(one.event, setting, MEANT[one.kind])
    if UNSURE <= share < SURE:
        return None
    true = share >= SURE
    if (share_about(one.newborn, setting, MEANT[one.kind]) >= SURE) != true:
        return None  # it began as one thing and became another
    if not true and goes_with_a_visitor(one.event, setting):
        return None
    return replace(one, true=true)


def _unlabelled(setting: Setting, watcher: str, row: Said) -> Candidate:
    """An event of the watch, as if it were false."""
    event = row.event
    act = parade_of(setting).on_at(event.start_s)
    return Candidate(
        setting=setting,
        watcher=watcher,
        kind=event.rule,
        event=event,
        newborn=row.newborn,
        told_s=row.told_s,
        true=False,
        plain=True,
        act=act.what if act else "pause",
    )
