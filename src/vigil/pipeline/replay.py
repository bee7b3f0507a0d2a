"""Rules on recorded scenes: what they would have told, and what other rules would."""

import copy
import gc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from vigil.core import Event, Rule, Scene, Step
from vigil.core.scene_record import Chunk

LONGEST_GAP_S = 10.0
"""Between two scenes; over a longer silence nothing was recorded."""
SAME_S = 2.0
"""Two events of one rule that overlap, or lie no further apart, tell of the same thing."""

RulesOf = Callable[[str], Sequence[Rule]]
"""Rules for a camera, by its name; they are copied before they see a scene."""


@dataclass(kw_only=True)
class Replay:
    """What rules told of recorded scenes."""

    events: list[Event] = field(default_factory=list)
    """As their last step told them, by their beginning."""
    scenes: int = 0
    watched_s: dict[str, float] = field(default_factory=dict)
    """By camera."""
    first_s: float = float("inf")
    last_s: float = float("-inf")
    unseen: set[str] = field(default_factory=set)
    """Signals that rules read and of which the record holds nothing."""

    @property
    def days(self) -> float:
        """Of 24 hours that were recorded, of the camera with most of them."""
        return max(self.watched_s.values(), default=0.0) / 86_400

    def by_day(self) -> Counter[tuple[str, str, str]]:
        """How many events, by UTC day, camera and rule."""
        return Counter((day_of(one.start_s), one.source, one.rule) for one in self.events)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What one set of rules tells and another does not."""

    added: list[Event]
    vanished: list[Event]
    same: int


def replay(chunks: Iterable[Chunk], rules_of: Sequence[RulesOf]) -> list[Replay]:
    """Show each set of rules all scenes, once; a `Replay` for each."""
    found = [Replay() for _ in rules_of]
    watches: dict[tuple[str, str], _Watch] = {}
    with _own_garbage():
        for chunk in chunks:
            key = (chunk.source, chunk.session)
            if key not in watches:
                # A camera that was started anew had begun to remember anew.
                for old in [one for one in watches if one[0] == chunk.source]:
                    watches.pop(old).close()
                watches[key] = _Watch(chunk.source, rules_of, found)
            watches[key].take(chunk.scenes)
            gc.collect(1)
    for watch in watches.values():
        watch.close()
    for one in found:
        one.events.sort(key=lambda event: (event.start_s, event.rule, event.id))
    return found


@contextmanager
def _own_garbage() -> Iterator[None]:
    """Leave it to us when cycles are looked for.

    Scenes hold none and are gone with their chunk; Python would look several times a chunk, and
    time and again at all that the process has ever imported: a seventh of the time of a replay.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def difference(new: Replay, old: Replay) -> Difference:
    """Pair events of the same camera and rule, each once, by the time they tell of."""
    left: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in old.events:
        left[event.source, event.rule].append(event)
    added, same = [], 0
    for event in new.events:
        others = left[event.source, event.rule]
        match = next((one for one in others if _alike(event, one)), None)
        if match is None:
            added.append(event)
        else:
            others.remove(match)
            same += 1
    vanished = [event for events in left.values() for event in events]
    vanished.sort(key=lambda event: event.start_s)
    return Difference(added=added, vanished=vanished, same=same)


def day_of(time_s: float) -> str:
    """The UTC day of a moment."""
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d}"


def _alike(one: Event, other: Event) -> bool:
    overlap = one.start_s <= other.end_s + SAME_S and other.start_s <= one.end_s + SAME_S
    return overlap and one.label == other.label and one.direction == other.direction


class _Watch:
    """One watch of one camera, seen by every set of rules."""

    def __init__(self, source: str, rules_of: Sequence[RulesOf], found: Sequence[Replay]) -> None:
        self._source = source
        self._rules = [copy.deepcopy(list(rules(source))) for rules in rules_of]
        self._found = found
        self._events: list[dict[str, Event]] = [{} for _ in found]
        self._read = [frozenset().union(*(rule.signals for rule in each)) for each in self._rules]
        self._awaited = set[str]().union(*self._read)
        """Signals that rules read and no scene has held yet."""
        self._last: Scene | None = None

    def take(self, scenes: Sequence[Scene]) -> None:
        if not scenes:
            return
        self._note_time(scenes)
        if self._awaited:
            self._note_signals(scenes)
        for rules, events in zip(self._rules, self._events, strict=True):
            # Rule after rule, not scene after scene: they know nothing of each other, and the
            # code and memory of one stay near the processor.
            for rule in rules:
                for scene in scenes:
                    for step in rule.update(scene):
                        events[step.event.id] = step.event

    def close(self) -> None:
        time_s = self._last.time_s if self._last is not None else 0.0
        for rules, events, found, read in zip(
            self._rules, self._events, self._found, self._read, strict=True
        ):
            for step in _closed(rules, time_s):
                events[step.event.id] = step.event
            found.events += events.values()
            found.unseen |= read & self._awaited

    def _note_time(self, scenes: Sequence[Scene]) -> None:
        """Add up for how long was watched."""
        times_s = [one.time_s for one in scenes]
        before_s = times_s[:1] if self._last is None else [self._last.time_s]
        gaps_s = [now - then for then, now in pairwise(before_s + times_s)]
        watched_s = sum(min(max(gap_s, 0.0), LONGEST_GAP_S) for gap_s in gaps_s)
        self._last = scenes[-1]
        for found in self._found:
            found.scenes += len(scenes)
            found.watched_s[self._source] = found.watched_s.get(self._source, 0.0) + watched_s
            found.first_s = min(found.first_s, *times_s)
            found.last_s = max(found.last_s, *times_s)

    def _note_signals(self, scenes: Sequence[Scene]) -> None:
        for scene in scenes:
            if scene.sounds:
                self._awaited.discard("sounds")
            if scene.signals is not None:
                signals = scene.signals
                self._awaited -= {one for one in self._awaited if getattr(signals, one, None)}


def _closed(rules: Sequence[Rule], time_s: float) -> Iterator[Step]:
    for rule in rules:
        yield from rule.close(time_s)
