"""Events of films that happen again before live cameras: their clips grow while they are judged."""

import heapq
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.candidates import PRE_S
from benchmarks.parades import Setting, film_of
from benchmarks.suspicions import Suspicion, between, of_parades, packets_of
from vigil.config.home import Home
from vigil.core import Box, Clip, Event, Packet, Step, StepKind, uuid7
from vigil.data.happened import Happened, happening_of
from vigil.media.clip import ClipFile, ClipWriter
from vigil.store import EventStore

GROWS_EVERY_S = 0.5
LASTS_S = 6.0
"""An event ends, and its clip is finished, so long after it was told."""
AT_ONCE = frozenset({"presence", "line_crossing"})
"""Rules that do not wait before they tell."""
EXACT_SLACK_S = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Take:
    """What the watch said once of a film, ready to happen again."""

    event: Event
    """As it was when it was told, on the film's clock."""
    told_s: float
    onset_s: float | None
    """When what it tells of truly began; None for a false alarm, and for a rule that waits."""
    packets: Sequence[Packet]


@dataclass(kw_only=True, eq=False)
class Happening:
    """One take at one camera."""

    take: Take
    event_id: str
    due_s: float
    """When the watch had it, UTC seconds."""
    recorded_s: float
    """When it was on the disk, with its first clip."""

    @property
    def onset_to_candidate_s(self) -> float | None:
        """From what truly began to the row on the disk."""
        if self.take.onset_s is None:
            return None
        return self.take.told_s - self.take.onset_s + self.recorded_s - self.due_s


def takes_of(settings: Sequence[Setting], watcher: str, *, most: int) -> list[Take]:
    """The first word on each thing that happened, and as many false alarms, evenly over them."""
    found: list[Take] = []
    for setting in settings:
        material = of_parades([setting], watcher)
        packets = packets_of(film_of(setting))
        true: dict[Happened, Suspicion] = {}
        false = []
        for one in sorted(material.suspicions, key=lambda each: each.told_s):
            telling = happening_of(one.event, material.happened, slack_s=EXACT_SLACK_S)
            if telling is None:
                false.append(one)
            else:
                true.setdefault(telling, one)
        step = max(1, len(false) // max(1, len(true)))
        chosen: list[tuple[Suspicion, Happened | None]] = [(one, of) for of, one in true.items()]
        chosen += [(one, None) for one in false[::step][: len(true)]]
        found += [_take(one, telling, packets) for one, telling in chosen]
    return found[:: max(1, len(found) // most)][:most]


def _take(one: Suspicion, telling: Happened | None, packets: Sequence[Packet]) -> Take:
    event = one.newborn
    # What was told before its time began as something else.
    waits = event.rule not in AT_ONCE or (telling is not None and one.told_s < telling.start_s)
    return Take(
        event=event,
        told_s=one.told_s,
        onset_s=None if telling is None or waits else telling.start_s,
        packets=between(packets, event.start_s - PRE_S, one.told_s + LASTS_S),
    )


@dataclass(kw_only=True)
class Cameras:
    """Lets takes happen, at the speed of life, in one thread; nothing but the store is told."""

    store: EventStore
    home: Home
    happened: list[Happening] = field(default_factory=list)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def next_s(self) -> float:
        """When there is something to do, UTC seconds."""
        return self._due[0][0] if self._due else float("inf")

    def tend(self) -> None:
        """Do all that is due."""
        while self._due and self._due[0][0] <= time.time():
            heapq.heappop(self._due)[2]()

    def begin(self, take: Take, camera: str, due_s: float) -> None:
        """The watch has told of it just now."""
        shift_s = due_s - take.told_s
        event = _moved(take.event, camera, shift_s, track=next(self._count) + 1)
        packets = [replace(p, time_s=p.time_s + shift_s) for p in take.packets]
        held, later = _split(packets, due_s)
        clip = Clip(
            uri=f"clip:local/{event.id}",
            source=camera,
            start_s=held[0].time_s,
            end_s=held[-1].time_s,
            size_bytes=0,
        )
        writer = ClipWriter(self.home.clip_file(clip.uri, clip.start_s))
        self._record(StepKind.NEW, event, due_s, _with(clip, writer.begin(held)))
        self.happened.append(
            Happening(take=take, event_id=event.id, due_s=due_s, recorded_s=time.time())
        )
        self._grow(event, clip, writer, later)

    def _grow(
        self, event: Event, clip: Clip, writer: ClipWriter, packets: Sequence[Packet]
    ) -> None:
        """Append what comes, and finish when there is no more."""
        if not packets:
            self._record(StepKind.END, event, time.time(), _with(clip, writer.close()))
            return
        until_s = packets[0].time_s + GROWS_EVERY_S
        now, later = _split(packets, until_s)

        def append() -> None:
            for packet in now:
                writer.append(packet)
            self._grow(event, clip, writer, later)

        heapq.heappush(self._due, (until_s, next(self._count), append))

    def _record(self, kind: StepKind, event: Event, time_s: float, clip: Clip) -> None:
        self.store.record(Step(kind=kind, event=event, time_s=time_s), clip)


def _split(packets: Sequence[Packet], at_s: float) -> tuple[Sequence[Packet], Sequence[Packet]]:
    """Those until a moment, and those from the first later one on."""
    later = next((n for n, one in enumerate(packets) if one.time_s > at_s), len(packets))
    return packets[:later], packets[later:]


def _with(clip: Clip, made: ClipFile) -> Clip:
    return replace(clip, start_s=made.start_s, end_s=made.end_s, size_bytes=made.size_bytes)


def _moved(event: Event, camera: str, shift_s: float, *, track: int) -> Event:
    """The same, somewhere else and later, about somebody else."""
    path = tuple((time_s + shift_s, Box(*box)) for time_s, box in event.path)
    return replace(
        event,
        id=uuid7(time.time()),
        source=camera,
        start_s=event.start_s + shift_s,
        end_s=event.end_s + shift_s,
        path=path,
        track_ids=(track,),
    )
