"""Adds up what a camera sees, minute by minute: how many, where, for how long, from where to where.

A thing stands where its box's bottom centre is. It is in a zone once `LOOKS` looks found it there,
and has left when it was elsewhere, or gone, for `GRACE_S`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vigil.core import Scene, Step, StepKind
from vigil.core.stats import MINUTE_S, Figure, FigureKind, Measures, Minute, cell_of
from vigil.stages.rules.geometry import Area, stand

LOOKS = 2
GRACE_S = 2.0
LONGEST_GAP_S = 10.0
"""Over a longer silence nothing is known: its seconds are not watched."""
FLOW_S = 600.0
"""Who comes into another zone later than this comes anew."""
WHOLE = ""


@dataclass(slots=True)
class _Stay:
    """A thing in a zone."""

    label: str
    since_s: float
    seen_s: float
    looks: int = 1


@dataclass(slots=True)
class _Sum:
    number: int = 0
    total: float = 0.0
    most: float = 0.0


@dataclass(slots=True)
class _Open:
    """The minute that is being counted."""

    minute_s: int
    sums: dict[tuple[FigureKind, str, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    cells: dict[tuple[str, int], float] = field(default_factory=lambda: defaultdict(float))


class Tally:
    """Takes every scene of one camera, and tells of each minute that is over."""

    def __init__(
        self,
        source: str,
        session: str,
        tell: Callable[[Minute], None],
        *,
        zones: Mapping[str, Sequence[tuple[float, float]]] | None = None,
        measures: Sequence[Measures] = (),
    ) -> None:
        """`zones`: corners in fractions of the picture, by name."""
        self._source, self._session = source, session
        self._areas = {name: Area(corners) for name, corners in (zones or {}).items()}
        self._measures = tuple(measures)
        self._tell = tell
        self._open: _Open | None = None
        self._last: Scene | None = None
        self._last_counts: dict[tuple[str, str], int] = {}
        self._last_cells: list[tuple[str, int]] = []
        self._stays: dict[tuple[str, int], _Stay] = {}
        self._was_in: dict[int, tuple[str, float]] = {}  # the last zone of a track, and until when

    def take(self, scene: Scene, steps: Sequence[Step]) -> None:
        """Count one scene and what the rules told of it."""
        self._turn(scene.time_s)
        self._count_steps(steps)
        if scene.width > 0 and (scene.looked or scene.signals is not None):
            self._pass_time(scene)
            self._place(scene)
        for rule in self._measures:
            for measure in rule.measured():
                self._add("speed", rule.name, measure.label, measure.km_h)

    def close(self) -> None:
        """End all stays and the minute that is open."""
        for key, stay in list(self._stays.items()):
            self._leave(key, stay)
        self._finish()
        self._last = None

    def _turn(self, time_s: float) -> None:
        minute_s = int(time_s // MINUTE_S) * MINUTE_S
        if self._open is not None and self._open.minute_s != minute_s:
            self._finish()
        if self._open is None:
            self._open = _Open(minute_s)

    def _finish(self) -> None:
        if self._open is None:
            return
        figures = tuple(
            Figure(kind, place, label, one.number, round(one.total, 3), round(one.most, 3))
            for (kind, place, label), one in sorted(self._open.sums.items())
        )
        if figures:
            minute = Minute(
                source=self._source,
                minute_s=self._open.minute_s,
                session=self._session,
                figures=figures,
                cells=_by_label(self._open.cells),
            )
            self._tell(minute)
        self._open = None

    def _add(
        self, kind: FigureKind, place: str, label: str, value: float = 0.0, *, number: int = 1
    ) -> None:
        assert self._open is not None
        one = self._open.sums[kind, place, label]
        one.number += number
        one.total += value
        one.most = max(one.most, value)

    def _count_steps(self, steps: Sequence[Step]) -> None:
        for step in steps:
            event = step.event
            if step.kind is StepKind.NEW and event.direction:
                self._add("crossing", f"{event.rule} {event.direction}", event.label)

    def _pass_time(self, scene: Scene) -> None:
        """What was there at the last scene was there until now."""
        last, self._last = self._last, scene
        if last is None:
            return
        lasted_s = scene.time_s - last.time_s
        if not 0 < lasted_s <= LONGEST_GAP_S:
            return
        self._add("watched", WHOLE, "", lasted_s)
        assert self._open is not None
        for (place, label), count in self._last_counts.items():
            one = self._open.sums["count", place, label]
            one.total += count * lasted_s
        for cell in self._last_cells:
            self._open.cells[cell] += lasted_s

    def _place(self, scene: Scene) -> None:
        """Who is where now."""
        counts: dict[tuple[str, str], int] = defaultdict(int)
        cells = []
        for track in scene.tracks:
            counts[WHOLE, track.label] += 1
            foot = stand(track.box, scene)
            cells.append((track.label, cell_of(foot)))
            for name, area in self._areas.items():
                if area.holds(foot):
                    counts[name, track.label] += 1
                    self._found(name, track.id, track.label, scene)
        assert self._open is not None
        for key, count in counts.items():
            one = self._open.sums["count", *key]
            one.most = max(one.most, count)
        self._last_counts, self._last_cells = counts, cells
        for where, stay in list(self._stays.items()):
            if scene.time_s - stay.seen_s > GRACE_S:
                self._leave(where, stay)

    def _found(self, zone: str, id_: int, label: str, scene: Scene) -> None:
        stay = self._stays.get((zone, id_))
        if stay is None:
            self._stays[zone, id_] = _Stay(label, scene.time_s, scene.time_s)
            return
        stay.seen_s = scene.time_s
        stay.looks += 1
        if stay.looks == LOOKS:
            self._enter(zone, id_, stay)

    def _enter(self, zone: str, id_: int, stay: _Stay) -> None:
        """It surely is in the zone: where was it before?"""
        before, until_s = self._was_in.get(id_, (zone, 0.0))
        if before != zone and stay.since_s - until_s <= FLOW_S:
            self._add("flow", f"{before} > {zone}", stay.label)
        self._was_in[id_] = (zone, stay.seen_s)
        if len(self._was_in) > 4096:
            self._was_in.pop(next(iter(self._was_in)))

    def _leave(self, key: tuple[str, int], stay: _Stay) -> None:
        del self._stays[key]
        zone, id_ = key
        if stay.looks >= LOOKS:
            self._add("dwell", zone, stay.label, stay.seen_s - stay.since_s)
            self._was_in[id_] = (zone, stay.seen_s)


def _by_label(cells: Mapping[tuple[str, int], float]) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for (label, cell), lasted_s in sorted(cells.items()):
        found[label].append((cell, round(lasted_s, 2)))
    return dict(found)
