"""Two ways to time a thing over a known distance."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from vigil.stages.rules.geometry import Point, Wire, distance, wire_over
from vigil.stages.rules.ground import Ground
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.trails import Trail

STALE_S = 20.0
"""Who takes longer over the distance has stopped on the way; it is timed anew."""
Lines = tuple[tuple[Point, ...], tuple[Point, ...]]
Spot = tuple[float, float]
"""Fractions of the picture."""


class Mark(NamedTuple):
    """Where timing began."""

    lived_s: float
    time_s: float
    place: tuple[float, float] = (0.0, 0.0)
    """Metres on the ground."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured stretch."""

    metres_a_second: float
    start_s: float
    end_s: float
    looks: int
    """In how many looks it was found on the way."""


class _Look(NamedTuple):
    """Where a thing was beside the lines."""

    lived_s: float
    time_s: float
    place: tuple[float, float]
    """Picture heights."""
    beyond: tuple[float, float]
    """Of each line, picture heights."""
    aspect: float
    """Of the picture."""


@dataclass(slots=True, kw_only=True)
class Timed(Trail):
    """A thing that is being timed."""

    marks: dict[int, Mark] = field(default_factory=dict)
    """By line; on the ground there is one."""
    last: _Look | None = None
    last_mark: Mark | None = None
    """The same on the ground."""
    looks: int = 0
    """Since the first mark."""


class Gauge(Protocol):
    """Times things."""

    def read(
        self, things: Sequence[Timed], feet: Sequence[Spot], moment: Moment
    ) -> list[tuple[Timed, Reading]]:
        """Take in a look, which found each at its foot; the stretches that it completes."""
        ...


class LineGauge:
    """Times things from one line to another, whichever comes first."""

    def __init__(self, lines: Lines, distance_m: float) -> None:
        self._lines = lines
        self._aspect = 1.0
        self._wires = self._across(1.0)
        """The lines across pictures of that shape."""
        self._distance_m = distance_m

    def read(
        self, things: Sequence[Timed], feet: Sequence[Spot], moment: Moment
    ) -> list[tuple[Timed, Reading]]:
        aspect = moment.scene.width / moment.scene.height
        if aspect != self._aspect:
            self._aspect = aspect
            self._wires = self._across(aspect)
        places = [(x * aspect, y) for x, y in feet]
        one, other = self._wires
        sides = zip(one.each_beyond(places), other.each_beyond(places), strict=True)
        lived_s, time_s = moment.lived_s, moment.time_s
        found: list[tuple[Timed, Reading]] = []
        for thing, place, beyond in zip(things, places, sides, strict=True):
            # As `_Look(...)`, of which each look makes one of everybody.
            now = tuple.__new__(_Look, (lived_s, time_s, place, beyond, aspect))
            before, thing.last = thing.last, now
            if before is None or before.aspect != aspect:
                continue  # of pictures of another shape nothing is known here
            thing.looks += 1
            # Most stay on their side of both.
            if before.beyond[0] * beyond[0] > 0 and before.beyond[1] * beyond[1] > 0:
                continue
            reading = self._between(thing, self._passed(before, now))
            if reading is not None:
                found.append((thing, reading))
        return found

    def _passed(self, before: _Look, now: _Look) -> dict[int, Mark]:
        """Where and when the lines were crossed between two looks."""
        passed: dict[int, Mark] = {}
        for number, wire in enumerate(self._wires):
            share = _crossed(wire, before, now, number)
            if share is not None:
                lived_s = before.lived_s + share * (now.lived_s - before.lived_s)
                time_s = before.time_s + share * (now.time_s - before.time_s)
                passed[number] = Mark(lived_s, time_s)
        return passed

    def _across(self, aspect: float) -> tuple[Wire, Wire]:
        first, second = self._lines
        return wire_over(first, aspect), wire_over(second, aspect)

    def _between(self, thing: Timed, passed: dict[int, Mark]) -> Reading | None:
        reading = None
        for number, mark in sorted(passed.items(), key=lambda item: item[1].lived_s):
            first = thing.marks.pop(1 - number, None)
            if first is None:
                thing.marks[number], thing.looks = mark, 1
                continue
            lasted_s = mark.lived_s - first.lived_s
            if 0 < lasted_s <= STALE_S:
                speed = self._distance_m / lasted_s
                reading = Reading(speed, first.time_s, mark.time_s, thing.looks)
        return reading


class GroundGauge:
    """Times things over each `distance_m` of ground they cover."""

    def __init__(self, ground: Ground, distance_m: float) -> None:
        self._ground = ground
        self._distance_m = distance_m

    def read(
        self, things: Sequence[Timed], feet: Sequence[Spot], moment: Moment
    ) -> list[tuple[Timed, Reading]]:
        readings = [
            (thing, self._read(thing, foot, moment))
            for thing, foot in zip(things, feet, strict=True)
        ]
        return [(thing, reading) for thing, reading in readings if reading is not None]

    def _read(self, thing: Timed, foot: Spot, moment: Moment) -> Reading | None:
        place = self._ground.place(foot)
        if not self._ground.holds(place):
            # Towards the horizon a step in the picture is any distance.
            thing.marks.clear()
            thing.last_mark, thing.looks = None, 0
            return None
        now = Mark(moment.lived_s, moment.time_s, place)
        before, thing.last_mark = thing.last_mark or now, now
        mark = thing.marks.setdefault(0, now)
        thing.looks += 1
        if now.lived_s - mark.lived_s > STALE_S:
            thing.marks[0], thing.looks = now, 0
            return None
        stretches, end = 0, mark
        while distance(end.place, now.place) >= self._distance_m:
            # A stretch ends between two looks, wherever the looks fall.
            before = end = _on_the_way(end, before, now, self._distance_m)
            stretches += 1
        lasted_s = end.lived_s - mark.lived_s
        if lasted_s <= 0:
            return None
        thing.marks[0], looks, thing.looks = end, thing.looks, 0
        speed = stretches * self._distance_m / lasted_s
        return Reading(speed, mark.time_s, end.time_s, looks)


def _on_the_way(mark: Mark, before: Mark, now: Mark, distance_m: float) -> Mark:
    """When and where between two looks a thing was so far from its mark."""
    had_m, has_m = distance(mark.place, before.place), distance(mark.place, now.place)
    share = min(max((distance_m - had_m) / (has_m - had_m), 0.0), 1.0) if has_m > had_m else 1.0
    (x1, y1), (x2, y2) = before.place, now.place
    return Mark(
        before.lived_s + share * (now.lived_s - before.lived_s),
        before.time_s + share * (now.time_s - before.time_s),
        (x1 + share * (x2 - x1), y1 + share * (y2 - y1)),
    )


def _crossed(wire: Wire, before: _Look, now: _Look, number: int) -> float | None:
    """When, as a share of the time between two looks, the line was crossed between its ends."""
    one, other = before.beyond[number], now.beyond[number]
    # Who reaches the line exactly passes it then, and not again when going on.
    if one == 0 or one * other > 0:
        return None
    share = one / (one - other)
    (x1, y1), (x2, y2) = before.place, now.place
    x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
    return share if 0 <= wire.along((x, y)) <= 1 else None
