"""What a watch said of rendered parades and of labelled real clips, beside what truly happened."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.candidates import (
    POST_S,
    PRE_S,
    VISITORS,
    WANTS,
    Age,
    Cut,
    clip_end_s,
    said,
)
from benchmarks.footage import CACHE, DATA
from benchmarks.parades import Setting, film_of, parade_of, truths_of, yolox
from benchmarks.whose import is_beside, is_meant
from vigil.core import Box, Case, Clip, Event, Packet, Rule, Step, StepKind
from vigil.data.happened import Happened
from vigil.media.clip import write_clip
from vigil.media.footage import ClipFootage
from vigil.media.opening import open_file
from vigil.media.ring import PacketRing
from vigil.pipeline.build import RING_BYTES
from vigil.pipeline.camera import Camera
from vigil.pipeline.shard import Shard
from vigil.pipeline.watch import Watch
from vigil.sim.events import Chronicle
from vigil.sim.truth import TrueEvent, Truth
from vigil.stages.detect.motion import MotionDetector
from vigil.stages.gate.luma import LumaGate
from vigil.stages.gate.static_blobs import StaticBlobs
from vigil.stages.ingest.file import FileSource
from vigil.stages.rules.abandoned_object import AbandonedObject
from vigil.stages.rules.line_crossing import LineCrossing
from vigil.stages.rules.presence import Presence
from vigil.stages.track.two_stage import TwoStageTracker

COUNTED = ("person", "car", "truck")
LOITERING_S, STOPPED_S = 6.0, 5.0
"""As the rules of the parades have them."""
AROUND_S = 1.0
"""Of a moment, such as a crossing, places are known so long before and after."""
STEP_S = 0.2
"""Between two places of a path."""
LINE = ((0.0, 0.5), (1.0, 0.5))
CARS, PEOPLE, BAG = (
    "videos/car-detection.mp4",
    "videos/one-by-one-person-detection.mp4",
    "videos/aboda_video4.avi",
)


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """An event of the watch, and how it comes before a judge."""

    event: Event
    """As it ended."""
    newborn: Event
    """As it was when it was told."""
    case: Callable[[], Case]
    """As it is when it is judged: with its first seconds only."""
    told_s: float
    """When the watch told of it, on the event's clock."""
    beside: bool = False
    """Whether it is not about the visitor that its box touches."""
    meant: bool = True
    """Whether such a thing as its rule tells of is there, be it one that does not do what is
    claimed; a dog is none, nor is a shadow."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """What one watch said of some films, and all that happened in them."""

    suspicions: Sequence[Suspicion]
    happened: Sequence[Happened]
    seconds: float
    """Of film."""
    acts: int = 0
    """Things that went on in them, half of them true."""


def of_parades(settings: Sequence[Setting], watcher: str, age: Age = "young") -> Material:
    """Rendered films, whose truth is exact; what is judged is of that age."""
    parades = [parade_of(setting) for setting in settings]
    return Material(
        suspicions=[one for each in settings for one in _said(each, watcher, age)],
        happened=[one for each in settings for one in happened_in(each)],
        seconds=sum(parade.script.world.seconds for parade in parades),
        acts=sum(len(parade.acts) for parade in parades),
    )


def _said(setting: Setting, watcher: str, age: Age) -> Iterator[Suspicion]:
    """All that the watch said: what samples for a fit leave out as ambiguous is here, too."""
    for row in said(setting, watcher):
        yield Suspicion(
            event=row.event,
            newborn=row.newborn,
            case=partial(
                _young_case, setting, row.newborn, clip_end_s(row.newborn, row.told_s, age)
            ),
            told_s=row.told_s,
            beside=is_beside(setting, row.newborn) or is_beside(setting, row.event),
            meant=is_meant(setting, row.newborn),
        )


def _young_case(setting: Setting, event: Event, end_s: float) -> Case:
    """Right after its birth, with a clip of its own, cut as those of cameras are."""
    film, line = film_of(setting), parade_of(setting).script.line
    start_s = event.start_s - PRE_S
    packets = between(packets_of(film), start_s, end_s)
    clip = CACHE / "clips" / f"{film.stem}-{start_s:.2f}-{end_s:.2f}.mp4"
    if not clip.exists():
        clip.parent.mkdir(exist_ok=True)
        write_clip(clip, packets)
    return Case(
        event=event,
        clip=None,
        footage=ClipFootage(clip, packets[0].time_s),
        zones=(line,) if event.rule == "line_crossing" and line else (),
        kind=event.rule,
        labels=WANTS[event.rule],
    )


@lru_cache(maxsize=2)
def packets_of(film: Path) -> Sequence[Packet]:
    """All of a film, with its seconds."""
    with open_file(film) as demuxer:
        return list(demuxer.packets(lambda _encoding, pts_s, _now_s: pts_s or 0.0))


def between(packets: Sequence[Packet], start_s: float, end_s: float) -> Sequence[Packet]:
    """From the key at or before a moment, or the first one, until another moment."""
    keys = [packet.time_s for packet in packets if packet.key and packet.time_s <= start_s]
    from_s = max(keys, default=packets[0].time_s)
    return [packet for packet in packets if from_s <= packet.time_s <= end_s]


def happened_in(setting: Setting) -> Iterator[Happened]:
    """All that rules ought to report of a film."""
    script = parade_of(setting).script
    truths = truths_of(setting)
    book = Chronicle(world=script.world, camera=script.cameras[0], rate=setting.rate)
    found = book.visits(labels=COUNTED)
    found += book.crossings(script.line, labels=COUNTED) if script.line else []
    found += book.loitering(longer_than_s=LOITERING_S)
    found += book.stopped(longer_than_s=STOPPED_S) + book.abandoned()
    for event in found:
        yield Happened(
            source=setting.name,
            rule=event.kind,
            start_s=float(event.start_s),
            end_s=float(event.end_s),
            path=_path(event, truths),
        )


def _path(event: TrueEvent, truths: Sequence[Truth]) -> tuple[tuple[float, Box], ...]:
    """Where its actor was meanwhile."""
    start_s, end_s = event.start_s, event.end_s
    if end_s - start_s < AROUND_S:
        start_s, end_s = start_s - AROUND_S, end_s + AROUND_S
    found: list[tuple[float, Box]] = []
    for truth in truths:
        due_s = found[-1][0] + STEP_S if found else start_s
        box = truth.box_of(event.ids[0]) if due_s <= truth.time_s <= end_s else None
        if box is not None:
            found.append((truth.time_s, box))
    return tuple(found)


def of_real_clips(watcher: str) -> Material:
    """Clips with labels made by hand, of which our rules can tell something."""
    labels = json.loads((DATA / "EVENTS.json").read_text("utf-8"))
    presence = Presence(labels=VISITORS, per="track")
    crossing = LineCrossing(labels=VISITORS, line=LINE, forward="down", backward="up")
    rules: Mapping[str, Sequence[Rule]] = {
        CARS: (presence, crossing),
        PEOPLE: (presence,),
        BAG: (presence, AbandonedObject()),
    }
    found = [_watched(name, own, watcher) for name, own in rules.items()]
    return Material(
        suspicions=[one for suspicions, _ in found for one in suspicions],
        happened=list(_labelled(labels)),
        seconds=sum(seconds for _, seconds in found),
    )


def _labelled(labels: Mapping[str, Any]) -> Iterator[Happened]:
    """What the labels say; only a bag's place is known."""

    def happened(name: str, rule: str, times: Sequence[float], **more: Any) -> Happened:
        return Happened(source=name, rule=rule, start_s=times[0], end_s=times[1], **more)

    for track in labels[CARS]["tracks"]:
        yield happened(CARS, "presence", track["t"])
        yield happened(CARS, "line_crossing", track["t"], direction=track["dir"])
    for times in labels[PEOPLE]["present"]:
        yield happened(PEOPLE, "presence", times)
    bag = labels[BAG]
    for times in ([bag["owner_enters"], bag["owner_leaves_view"]], bag["person_reappears"]):
        yield happened(BAG, "presence", times)
    placed_s, last_s = bag["bag_placed"], bag["person_reappears"][1]
    box = Box(*bag["bag_box_xyxy"])
    path = tuple((float(time_s), box) for time_s in np.arange(placed_s, last_s, 1.0))
    yield happened(BAG, "abandoned_object", (placed_s, last_s), path=path)


class _Kept:
    """An outbox that keeps births and ends."""

    def __init__(self) -> None:
        self.born: dict[str, Step] = {}
        self.ended: list[Event] = []

    def put(self, step: Step, clip: Clip | None) -> None:
        if step.kind is StepKind.NEW:
            self.born[step.event.id] = step
        elif step.kind is StepKind.END:
            self.ended.append(step.event)


def _watched(
    name: str, rules: Sequence[Rule], watcher: str
) -> tuple[Sequence[Suspicion], float]:  # fmt: skip
    """What the watch says of a real clip, and how long that is."""
    kept, detector = _Kept(), yolox() if watcher == "model" else MotionDetector()
    watch = Watch(
        source=name,
        gate=LumaGate(),
        tracker=TwoStageTracker(),
        rules=rules,
        ring=PacketRing(8.0, RING_BYTES),
        detector_needs=detector.needs,
        static_blobs=StaticBlobs(),
    )
    camera = Camera(
        name=name, source=FileSource(path=DATA / name, name=name), watch=watch, live=False
    )
    Shard(cameras=[(camera, detector)], outbox=kept).run(threading.Event())
    camera.check()
    film = ClipFootage(DATA / name, 0.0)
    found = [_of_real(event, kept.born[event.id], film, rules) for event in kept.ended]
    return found, film.end_s


def _of_real(event: Event, born: Step, film: ClipFootage, rules: Sequence[Rule]) -> Suspicion:
    newborn = born.event
    line = tuple((x, y) for x, y in LINE)
    case = Case(
        event=newborn,
        clip=None,
        footage=Cut(film, newborn.start_s - PRE_S, born.time_s + POST_S / 2),
        zones=(line,) if newborn.rule == "line_crossing" else (),
        kind=newborn.rule,
        labels=next(rule.wants for rule in rules if rule.name == newborn.rule),
    )
    return Suspicion(event=event, newborn=newborn, case=lambda: case, told_s=born.time_s)
