"""Labelled candidate events: what the watch says of rendered parades, beside the exact truth."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from benchmarks.footage import CACHE, YOLOX
from vigil.core import (
    Box,
    Case,
    Clip,
    Detector,
    Event,
    Footage,
    Frame,
    Look,
    Rule,
    Rung,
    Step,
    StepKind,
)
from vigil.core.json import as_line, event_from_json, event_json
from vigil.data.happened import Happened, happening_of
from vigil.infer.known import known_cards
from vigil.media.encode import H264Options, VideoWriter
from vigil.media.footage import ClipFootage
from vigil.media.pixels import frame_of_array
from vigil.media.ring import PacketRing
from vigil.pipeline.build import RING_BYTES
from vigil.pipeline.camera import Camera
from vigil.pipeline.shard import Shard
from vigil.pipeline.watch import Watch
from vigil.sim.acts import PLACES
from vigil.sim.film import pictures, read_truth, write_truth
from vigil.sim.parade import ALL_ACTS, Parade, parade
from vigil.sim.render import Renderer
from vigil.sim.truth import Truth
from vigil.sim.world import World
from vigil.stages.detect.model import ModelDetector
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

RECIPE = 1
"""Goes up when films or watch change, so that what was kept is not used."""
PRE_S, POST_S = 5.0, 5.0
"""What a clip shows before and after an event."""
FIRST_S = 3.0
"""So much of an event is to be seen before it is judged."""
VISITORS = ("person", "car", "truck", "bus", "motorcycle", "object")
WANTS = {
    "presence": frozenset(VISITORS),
    "line_crossing": frozenset(VISITORS),
    "loitering": Loitering().wants,
    "stopped_vehicle": StoppedVehicle().wants,
    "abandoned_object": AbandonedObject().wants,
}
"""As the rules have them."""
BODIES = {
    "person": {"person"},
    "vehicle": {"car", "truck"},
    "thing": {"suitcase", "backpack", "handbag"},
}
MEANT = {
    "presence": BODIES["person"] | BODIES["vehicle"],
    "line_crossing": BODIES["person"] | BODIES["vehicle"],
    "loitering": BODIES["person"],
    "stopped_vehicle": BODIES["vehicle"],
    "abandoned_object": BODIES["thing"],
}
"""Of whom a rule tells the truth."""
LEFT_ACTS = ("leave", "linger", "resting_dog", "resting_shadow", "resting_light", "cat", "light")
EXACT_SLACK_S = 1.0
"""Rendered truth is exact; a rule may still wait until it is sure."""
SURE, UNSURE = 0.6, 0.2
"""Share of its path on which an event must be about an actor to be true, or may be to be false."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One film; equal settings are the same film."""

    place: str
    night: bool
    seed: int
    bit_rate: int | None = None
    acts: int = 8
    rate: float = 10.0
    left: bool = False
    """Only about what is left behind, and what rests but was not."""

    @property
    def name(self) -> str:
        light = "night" if self.night else "day"
        rate = f"-{self.bit_rate // 1000}k" if self.bit_rate else ""
        theme = "left" if self.left else "parade"
        return f"{theme}{RECIPE}-{self.place}-{light}-{self.seed}{rate}"


def settings(first_seed: int, rounds: int, *, left: bool = False) -> list[Setting]:
    """Every place by day and by night (a corridor has none), `rounds` seeds each."""
    views = [(place, night) for place in PLACES for night in (False, True)]
    views.remove(("corridor", True))
    return [
        Setting(
            place=place,
            night=night,
            seed=first_seed + number * len(views) + index,
            # A camera that saves bits flickers with every key frame.
            bit_rate=200_000 if (number + index) % 3 == 2 else None,
            left=left,
        )
        for number in range(rounds)
        for index, (place, night) in enumerate(views)
    ]


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
    act: str
    """What was going on; `pause` for nothing."""

    def case(self, *, young: bool = False, decoded: bool = False) -> Case:
        """The event with its clip; `young`: as both are when it is judged right after its birth.

        `decoded`: by the pictures of the film as they are kept in memory, five a second.
        """
        film: Footage = ClipFootage(film_of(self.setting), 0.0)
        if decoded:
            film = _decoded(self.setting)
        event = self.newborn if young else self.event
        young_s = max(self.told_s + 1.0, event.start_s + FIRST_S)
        end_s = young_s if young else self.event.end_s + POST_S
        start_s = event.start_s - PRE_S
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


def film_of(setting: Setting) -> Path:
    """The film; takes half as long as it lasts, the first time."""
    path = CACHE / f"{setting.name}.mp4"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    script = parade_of(setting).script
    camera = script.cameras[0]
    options = H264Options(key_every=round(2 * setting.rate), bit_rate=setting.bit_rate)
    unfinished, truths = path.with_suffix(".part.mp4"), []
    with VideoWriter(unfinished, camera.width, camera.height, camera.rate, options=options) as out:
        for picture, truth in pictures(script.world, camera):
            out.write(picture)
            truths.append(truth)
    write_truth(_truth_file(setting), truths)
    unfinished.replace(path)
    return path


@cache
def parade_of(setting: Setting) -> Parade:
    """The story of the film."""
    return parade(
        setting.place,
        seed=setting.seed,
        acts=setting.acts,
        night=setting.night,
        rate=setting.rate,
        only=LEFT_ACTS if setting.left else ALL_ACTS,
    )


def candidates(setting: Setting, watcher: str) -> list[Candidate]:
    """What the watch says of the film, without what is neither clearly true nor clearly false."""
    found = [_labelled(setting, watcher, row) for row in said(setting, watcher)]
    return [one for one in found if one is not None]


def suspected(setting: Setting, watcher: str, happened: Sequence[Happened]) -> list[Candidate]:
    """All that the watch says of the film, but for what is in doubt.

    True is what tells of something that `happened`, and is about its actor for most of the time;
    false is what neither tells of anything nor is about anybody. A bag has but a small box of its
    own beside its owner's: there, what happened alone counts.
    """
    found = []
    for row in said(setting, watcher):
        one, sure = _unlabelled(setting, watcher, row), _labelled(setting, watcher, row)
        tells = happening_of(one.event, happened, slack_s=EXACT_SLACK_S) is not None
        about = sure is not None and sure.true
        if one.kind == "abandoned_object" or tells == about:
            act = sure.act if sure is not None else one.act
            found.append(replace(one, true=tells, act=act))
    return found


def said(setting: Setting, watcher: str) -> list[dict[str, object]]:
    """Events of the watch, at their birth and at their end; watched the first time."""
    path = CACHE / f"{setting.name}-{watcher}.jsonl"
    if not path.exists():
        lines = [as_line(row) for row in _watched(setting, watcher)]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _watched(setting: Setting, watcher: str) -> list[dict[str, object]]:
    kept = _Kept()
    detector: Detector = MotionDetector()
    if watcher == "model":
        detector = yolox()
    blobs = StaticBlobs()
    watch = Watch(
        source=setting.name,
        gate=LumaGate(),
        tracker=TwoStageTracker(),
        rules=_rules(parade_of(setting)),
        ring=PacketRing(8.0, RING_BYTES),
        detector_needs=detector.needs,
        static_blobs=blobs,
    )
    source = FileSource(path=film_of(setting), name=setting.name)
    camera = Camera(name=setting.name, source=source, watch=watch, live=False)
    Shard(cameras=[(camera, detector)], outbox=kept).run(threading.Event())
    camera.check()
    return [
        {
            "event": event_json(step.event),
            "newborn": event_json(kept.born[step.event.id].event),
            "told_s": kept.born[step.event.id].time_s,
        }
        for step in kept.ended
    ]


@cache
def yolox() -> ModelDetector:
    """YOLOX-nano as the real data has it."""
    card = next(card for card in known_cards() if card.name == "yolox-nano-416")
    return ModelDetector.of(card, YOLOX.parent)


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


class _Kept:
    def __init__(self) -> None:
        self.born: dict[str, Step] = {}
        self.ended: list[Step] = []

    def put(self, step: Step, clip: Clip | None) -> None:
        if step.kind is StepKind.NEW:
            self.born[step.event.id] = step
        elif step.kind is StepKind.END:
            self.ended.append(step)


def _labelled(setting: Setting, watcher: str, row: dict[str, object]) -> Candidate | None:
    one = _unlabelled(setting, watcher, row)
    if _is_furniture(one.event, setting):
        return replace(one, act="furniture")
    share = _share_about(one.event, setting, MEANT[one.kind])
    if UNSURE <= share < SURE:
        return None
    true = share >= SURE
    if (_share_about(one.newborn, setting, MEANT[one.kind]) >= SURE) != true:
        return None  # it began as one thing and became another
    if not true and _goes_with_a_visitor(one.event, setting):
        return None
    return replace(one, true=true)


def _unlabelled(setting: Setting, watcher: str, row: dict[str, object]) -> Candidate:
    """An event of the watch, as if it were false."""
    event = event_from_json(row["event"])  # type: ignore[arg-type]
    act = parade_of(setting).on_at(event.start_s)
    return Candidate(
        setting=setting,
        watcher=watcher,
        kind=event.rule,
        event=event,
        newborn=event_from_json(row["newborn"]),  # type: ignore[arg-type]
        told_s=float(row["told_s"]),  # type: ignore[arg-type]
        true=False,
        act=act.what if act else "pause",
    )


def _is_furniture(event: Event, setting: Setting) -> bool:
    """Whether it is about something that stands there all the time, such as a parked car."""
    standing = _furniture(setting.place, setting.night)
    return bool(event.path) and all(
        any(_overlap(box, one) >= 0.5 for one in standing) for _, box in event.path
    )


@cache
def _furniture(place: str, night: bool) -> tuple[Box, ...]:
    where = PLACES[place]
    view = Renderer(world=World(site=where.site(night), seconds=1.0), camera=where.camera)
    (found,) = yolox().detect([Look.whole(frame_of_array(view.picture(0.0)[0]), Rung.DETECT)])
    return tuple(Box(*row) for row in found.boxes.tolist())


def _goes_with_a_visitor(event: Event, setting: Setting) -> bool:
    """Whether it is neither true nor false: the shadow, the lights or the bag of a true visitor.

    Not so when it is about the visitor himself, taken for something else.
    """
    if event.rule != "abandoned_object" and (
        _share_about(event, setting, BODIES["thing"]) >= UNSURE
    ):
        return True
    anybody = BODIES["person"] | BODIES["vehicle"]
    if _share_about(event, setting, anybody) >= SURE:
        return False
    there = [bool(anybody & set(_truth_at(setting, time_s).labels)) for time_s, _ in event.path]
    return sum(there) >= 0.5 * max(1, len(there))


def _truth_at(setting: Setting, time_s: float) -> Truth:
    truths = _truths(setting)
    return truths[min(round(time_s * setting.rate), len(truths) - 1)]


def _share_about(event: Event, setting: Setting, labels: set[str]) -> float:
    """On how much of its path the event's box is that of an actor with one of the labels."""
    hits = []
    for time_s, box in event.path:
        truth = _truth_at(setting, time_s)
        about = zip(truth.boxes.tolist(), truth.labels, strict=True)
        hits.append(any(_same(box, Box(*other)) for other, label in about if label in labels))
    return sum(hits) / len(hits) if hits else 0.0


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    shared = _shared(one, other)
    return shared / max(one.area + other.area - shared, 1.0)


def _shared(one: Box, other: Box) -> float:
    wide = min(one.x2, other.x2) - max(one.x1, other.x1)
    high = min(one.y2, other.y2) - max(one.y1, other.y1)
    return max(wide, 0.0) * max(high, 0.0)


def _same(one: Box, other: Box) -> bool:
    """Whether most of the smaller lies in the larger, and they are of one order of size."""
    small, large = sorted((one.area, other.area))
    return _shared(one, other) >= 0.5 * small and large <= 6 * max(small, 1.0)


@cache
def _truths(setting: Setting) -> list[Truth]:
    film_of(setting)
    return read_truth(_truth_file(setting))


def _truth_file(setting: Setting) -> Path:
    return CACHE / f"{setting.name}.truth.jsonl"
