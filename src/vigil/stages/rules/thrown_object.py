"""Something flies through the air."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

from vigil.core import Box, Flight, Rung, Severity, Step, part
from vigil.stages.rules.geometry import Line, Wire, distance, fractions, gap
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Seconds, Share

BOUNCED_S = 1.0
"""What takes off again so soon, where it came down, is the same thing."""
BOUNCED_SIZES = 4.0
"""And not further away than so many times its size."""
BESIDE = 0.25
"""Of the picture's height: what flies beside it so near is a piece of it, or its shadow."""


@dataclass(kw_only=True)
class _Throw:
    key: int
    start_s: float
    path: tuple[tuple[float, float, float], ...]
    box: Box
    by: int | None

    @property
    def last(self) -> tuple[float, float, float]:
        return self.path[-1]

    def goes_on_as(self, flight: Flight, height: int) -> bool:
        """Whether a flight is the same thing: it bounces, or is seen twice at once."""
        time_s, x, y = flight.path[0]
        late_s, size = time_s - self.last[0], max(flight.size, 1.0)
        if late_s >= 0:
            near = distance((x, y), self.last[1:]) <= BOUNCED_SIZES * size
            return near and late_s <= BOUNCED_S
        beside = min(self.path, key=lambda point: abs(point[0] - time_s))
        # A shadow begins elsewhere, and meets the thing where it comes down.
        apart = (distance((x, y), beside[1:]), distance(flight.path[-1][1:], self.last[1:]))
        return min(apart) <= BESIDE * height


@part
class ThrownObject(SceneRule):
    """Fires when something follows the path of a thrown or falling thing through the zone.

    The path must pass through `zone` and, with `over`, across that line: a fence, the edge of a
    window. `by` is whoever of `labels` was nearest where it began. A thing that bounces is one
    event. Limits: what is kicked or played flies, too; what falls straight towards the camera,
    or faster than it takes pictures, makes no path; below about six pictures a second nothing is
    found.
    """

    CLAIM: ClassVar[str] = "Something is thrown, or falls, {where}."
    CLAIM_ZH: ClassVar[str] = "{where}有物体被抛出或坠落。"

    name: str = "thrown_object"
    severity: Severity = Severity.HIGH
    labels: Labels = ("person",)
    """Words of those who may have thrown it."""
    over: Line | None = None
    """A line that it must cross; None: none."""
    min_points: Count = 5
    """In so many pictures it must be found."""
    min_travel: Share = 0.1
    """How far it must fly, as a fraction of the picture's height."""
    thrower_distance: Share = 1.0
    """Nearer than this, in heights of the person, somebody may have thrown it."""
    close_s: Seconds = 1.0
    """Seconds after which it is over when nothing flies any more."""

    @property
    def needs(self) -> Rung:
        # It is over between two key frames, and opens no gate by its size.
        return Rung.LUMA

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"flights"})

    def forget(self) -> None:
        self._throws: dict[int, _Throw] = {}  # by the id of the flight
        self._wire: Wire | None = None

    def judge(self, moment: Moment) -> list[Step]:
        signals = moment.scene.signals
        if signals is None:
            return []
        steps = []
        for flight in signals.flights:
            age_s = moment.time_s - flight.path[-1][0] if flight.path else -1.0
            if 0 <= age_s < self.close_s and self._counts(flight, moment):
                steps += self._tell(flight, moment)
        for id_, throw in list(self._throws.items()):
            if moment.time_s - throw.last[0] >= self.close_s or throw.last[0] > moment.time_s:
                del self._throws[id_]
                if all(other.key != throw.key for other in self._throws.values()):
                    steps += self._lives.end(throw.key, moment)
        return steps

    def _counts(self, flight: Flight, moment: Moment) -> bool:
        scene, path = moment.scene, flight.path
        if len(path) < self.min_points:
            return False
        reach = max(distance(path[0][1:], point[1:]) for point in path)
        places = [fractions((x, y), scene) for _, x, y in path]
        return (
            reach >= self.min_travel * scene.height
            and any(self._area.holds(place) for place in places)
            and (self.over is None or self._crosses(places, self.over, moment))
        )

    def _crosses(self, places: list[tuple[float, float]], over: Line, moment: Moment) -> bool:
        wire = self._wire = self._wire or Wire(over, moment.scene.width / moment.scene.height)
        points = [wire.upright(place) for place in places]
        for one, other in pairwise(points):
            before, after = wire.beyond(one), wire.beyond(other)
            if (before > 0) == (after > 0):
                continue
            share = before / (before - after)
            x = one[0] + share * (other[0] - one[0])
            y = one[1] + share * (other[1] - one[1])
            if 0 <= wire.along((x, y)) <= 1:
                return True
        return False

    def _tell(self, flight: Flight, moment: Moment) -> list[Step]:
        throw = self._throws.get(flight.id) or self._begun(flight, moment)
        if flight.path[-1] >= throw.last:
            throw.path, throw.box = flight.path, _box(flight.path[-1], flight.size)
        self._throws[flight.id] = throw
        sighting = self.sighting(
            start_s=throw.start_s,
            end_s=max(throw.last[0], throw.start_s),
            label="object",
            box=throw.box,
            track_ids=() if throw.by is None else (throw.by,),
            by=throw.by,
        )
        return self._lives.hold(throw.key, moment, sighting)

    def _begun(self, flight: Flight, moment: Moment) -> _Throw:
        start = _box(flight.path[0], flight.size)
        for throw in self._throws.values():
            if throw.goes_on_as(flight, moment.scene.height):
                return replace(throw, path=max(flight.path, throw.path, key=lambda p: p[-1]))
        return _Throw(
            key=flight.id,
            start_s=flight.path[0][0],
            path=flight.path,
            box=start,
            by=self._thrower(start, moment),
        )

    def _thrower(self, start: Box, moment: Moment) -> int | None:
        near = [
            (gap(track.box, start), track.id)
            for track in moment.scene.tracks
            if track.label in self.labels
            and gap(track.box, start) <= self.thrower_distance * track.box.height
        ]
        return min(near)[1] if near else None


def _box(point: tuple[float, float, float], size: float) -> Box:
    _, x, y = point
    half = max(size, 2.0) / 2
    return Box(x - half, y - half, x + half, y + half)
