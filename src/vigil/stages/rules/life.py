"""The life of an event: `new`, any number of `update`, one `end`."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from vigil.core import Box, Event, Reading, Severity, Step, StepKind, Track, uuid7
from vigil.stages.rules.cool_down import CoolDown
from vigil.stages.rules.digest import digest
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.settings import RuleSettings
from vigil.stages.rules.sub_labels import joined, of_tracks

MOST_POINTS = 64
"""A path with more boxes is thinned to half."""
MOST_IDS = 64
"""An event names its first track and the newest others, so many in all."""
PATH_GAP_S = 0.2
"""A path keeps no two boxes nearer in time; the gap doubles whenever the path is thinned."""


NONE_COUNTED: Mapping[str, int] = MappingProxyType({})


class Sighting(NamedTuple):
    """What a rule knows of an event at one moment."""

    # As `Moment`: each open event makes one a scene.

    start_s: float
    """When it began to be true: of the first hit, not of its confirmation."""
    end_s: float
    """When it was last seen to be true."""
    claims: tuple[str, str]
    """English and Chinese."""
    label: str = ""
    box: Box | None = None
    track_ids: tuple[int, ...] = ()
    severity: Severity | None = None
    """None: as the rule's settings say."""
    direction: str | None = None
    counts: Mapping[str, int] = NONE_COUNTED
    by: int | None = None
    """Track id of who did it, where that is known."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """An event whose end has not been told, and what has changed since it was last told."""

    event: Event
    """As last told, or asked for."""
    told_lived_s: float
    end_s: float
    severity: Severity
    box: Box | None
    path: tuple[tuple[float, Box], ...]
    track_ids: tuple[int, ...]
    named: frozenset[int]
    """The same ids."""
    counts: dict[str, int]
    by: int | None
    readings: tuple[Reading, ...]
    cards: tuple[str, ...]
    path_gap_s: float = PATH_GAP_S

    def up_to_date(self, ending: str = "") -> Event:
        """The event as it is known now. It is made only when somebody reads it."""
        self.event = replace(
            self.event,
            end_s=self.end_s,
            severity=self.severity,
            box=self.box,
            path=self.path,
            track_ids=self.track_ids,
            counts=dict(self.counts),
            by=self.by,
            readings=self.readings,
            cards=self.cards,
            ending=ending,
        )
        return self.event

    def last_step(self, time_s: float, ending: str = "") -> Step:
        """The `end`; its path reaches to where the thing was last seen."""
        if self.box is not None and self.path and self.path[-1][0] < self.end_s:
            self.path = (*self.path, (self.end_s, self.box))
        return Step(kind=StepKind.END, event=self.up_to_date(ending), time_s=time_s)


class Lives:
    """The open events of one rule, by whatever key the rule finds them again.

    Schedule, cool-down, rate of updates and thinning are kept here, so that a rule says only
    what holds and what has ended.
    """

    def __init__(self, settings: RuleSettings) -> None:
        self._settings = settings
        self._open: dict[Hashable, _Open] = {}
        self._cool_down = CoolDown(
            settings.cool_down_s, per_track=settings.cool_down_per == "track"
        )
        self._dismissed: set[Hashable] = set()
        self._active = True
        self._active_since_s: float | None = None

    def __contains__(self, key: Hashable) -> bool:
        return key in self._open

    @property
    def active(self) -> bool:
        """Whether the schedule lets events be raised now."""
        return self._active

    @property
    def idle(self) -> bool:
        """Whether no event is open or awaited to be over, so that to end one changes nothing."""
        return not self._open and not self._dismissed

    def concerns(self, key: Hashable) -> bool:
        """Whether an event is open under a key, or awaited to be over."""
        return key in self._open or key in self._dismissed

    def key_of(self, event_id: str) -> Hashable | None:
        """The key under which an open event is kept; None when no such event is open."""
        return next((key for key, one in self._open.items() if one.event.id == event_id), None)

    def event(self, key: Hashable) -> Event | None:
        """The open event under a key, as last told or to be told."""
        return self._open[key].up_to_date() if key in self._open else None

    def tick(self, moment: Moment) -> list[Step]:
        """Let time pass; call it once a scene, before anything else."""
        schedule = self._settings.schedule
        if schedule is None:
            return []
        was, self._active = self._active, schedule.active(moment.time_s)
        if self._active:
            if not was:
                self._active_since_s = moment.time_s
            return []
        return self.end_all(moment.time_s, lived_s=moment.lived_s)

    def hold(self, key: Hashable, moment: Moment, sighting: Sighting) -> list[Step]:
        """It is true now: begin its event where that is allowed, or let it go on."""
        one = self._open.get(key)
        if one is not None:
            return self._go_on(one, moment, sighting)
        return self._begin(key, moment, sighting) if self._may_begin(key, moment, sighting) else []

    def tell(
        self, key: Hashable, moment: Moment, sighting: Sighting, path: Sequence[tuple[float, Box]]
    ) -> list[Step]:
        """It is over as soon as it is told: an event along `path` begins and ends at once."""
        if not self._may_begin(key, moment, sighting):
            return self.end(key, moment)
        event = self._born(moment, sighting, tuple(path))
        self._cool_down.note(moment.lived_s, key, event.track_ids)
        return [
            Step(kind=kind, event=event, time_s=moment.time_s)
            for kind in (StepKind.NEW, StepKind.END)
        ]

    def end(self, key: Hashable, moment: Moment, ending: str = "") -> list[Step]:
        """It is no longer true. Nothing is told of a key that never began."""
        if self._dismissed:
            self._dismissed.discard(key)
        one = self._open.pop(key, None)
        if one is None:
            return []
        self._cool_down.note(moment.lived_s, key, one.track_ids)
        return [one.last_step(moment.time_s, ending)]

    def dismiss(self, key: Hashable, moment: Moment) -> list[Step]:
        """Somebody says that it is of no concern: nothing more is told of it until it is over."""
        steps = self.end(key, moment, "dismissed")
        self._dismissed.add(key)
        return steps

    def end_all(self, time_s: float, *, lived_s: float | None = None) -> list[Step]:
        """End whatever is open."""
        if lived_s is not None:
            for key, one in self._open.items():
                self._cool_down.note(lived_s, key, one.track_ids)
        steps = [one.last_step(time_s) for one in self._open.values()]
        self._open.clear()
        return steps

    def _may_begin(self, key: Hashable, moment: Moment, sighting: Sighting) -> bool:
        may = self._active and key not in self._dismissed
        return may and self._cool_down.over(moment, key, sighting.track_ids)

    def _begin(self, key: Hashable, moment: Moment, sighting: Sighting) -> list[Step]:
        path = () if sighting.box is None else ((sighting.end_s, sighting.box),)
        event = self._born(moment, sighting, path)
        self._open[key] = _Open(
            event=event,
            told_lived_s=moment.lived_s,
            end_s=event.end_s,
            severity=event.severity,
            box=event.box,
            path=event.path,
            track_ids=event.track_ids,
            named=frozenset(event.track_ids),
            counts=dict(event.counts),
            by=event.by,
            readings=event.readings,
            cards=event.cards,
        )
        return [Step(kind=StepKind.NEW, event=event, time_s=moment.time_s)]

    def _born(
        self, moment: Moment, sighting: Sighting, path: tuple[tuple[float, Box], ...]
    ) -> Event:
        settings = self._settings
        start_s = sighting.start_s
        if self._active_since_s is not None:
            # What began before the hours of the rule concerns it from their beginning on.
            start_s = max(start_s, min(self._active_since_s, sighting.end_s))
        return Event(
            id=uuid7(moment.time_s),
            source=moment.scene.source,
            rule=settings.name,
            claim=sighting.claims[0],
            claim_zh=sighting.claims[1],
            algorithm=settings.algorithm,
            label=sighting.label,
            start_s=start_s,
            end_s=max(start_s, sighting.end_s),
            severity=sighting.severity or settings.severity,
            critical=settings.critical,
            track_ids=sighting.track_ids,
            box=sighting.box,
            path=path,
            direction=sighting.direction,
            counts=dict(sighting.counts),
            by=sighting.by,
            readings=of_tracks(digest(moment.scene).read, sighting.track_ids),
            cards=moment.scene.cards,
        )

    def _go_on(self, one: _Open, moment: Moment, sighting: Sighting) -> list[Step]:
        # What lasts comes by with each look.
        _, end_s, _, _, box, track_ids, severity, _, counts, by = sighting
        news, risen = end_s > one.end_s, False
        if news:
            one.end_s = end_s
        if severity is not None and severity != one.severity:
            risen, one.severity = True, severity
        if box is not None:
            one.box = box
            one.path = _extended_path(one, end_s, box)
        # Mostly there is nobody new.
        if not (one.named.issuperset(track_ids) and len(one.track_ids) <= MOST_IDS):
            one.track_ids = _joined(one.track_ids, track_ids)
            one.named = frozenset(one.track_ids)
        if counts or one.counts:
            one.counts = dict(counts)
        if by is not None:
            one.by = by
        if moment.scene.cards != one.cards:
            one.cards = tuple(dict.fromkeys(one.cards + moment.scene.cards))
        read = digest(moment.scene).read
        learnt = bool(read) and _learn(one, read, track_ids)
        due = news and moment.passed(one.told_lived_s, self._settings.update_s)
        if not (risen or learnt or due):
            return []
        one.told_lived_s = moment.lived_s
        return [Step(kind=StepKind.UPDATE, event=one.up_to_date(), time_s=moment.time_s)]


def _learn(one: _Open, read: Iterable[Track], track_ids: Iterable[int]) -> bool:
    """Take in what readers say now; return whether it is of a kind not known before."""
    kinds = {reading.kind for reading in one.readings}
    one.readings = joined(one.readings, of_tracks(read, track_ids))
    return any(reading.kind not in kinds for reading in one.readings)


def _joined(known: tuple[int, ...], seen: tuple[int, ...]) -> tuple[int, ...]:
    if seen == known:
        return known
    ids = tuple(dict.fromkeys(known + seen))
    return ids if len(ids) <= MOST_IDS else (*ids[:1], *ids[-MOST_IDS + 1 :])


def _extended_path(one: _Open, end_s: float, box: Box) -> tuple[tuple[float, Box], ...]:
    """The path with where it is now, unless the last point is as good as that."""
    path = one.path
    if path and end_s - path[-1][0] < one.path_gap_s - ROUNDING_S:
        return path
    path = (*path, (end_s, box))
    if len(path) > MOST_POINTS:
        path = (*path[:-1:2], path[-1])
        one.path_gap_s *= 2
    return path
