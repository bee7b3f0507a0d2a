"""What truly happens before a camera, worked out from the schedule alone, without a picture."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vigil.core import Box
from vigil.sim.camera import Camera
from vigil.sim.render import Renderer
from vigil.sim.truth import TrueEvent, Truth
from vigil.sim.world import Bag, Vehicle, World

Line = tuple[tuple[float, float], tuple[float, float]]
"""Start and end, fractions of the picture."""
Zone = tuple[tuple[float, float], ...]
"""Corners, fractions of the picture."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Chronicle:
    """The truth of one camera over the whole world, sampled `rate` times a second.

    Moments are good to one sample; those of crossings, bags and stops are exact.
    """

    world: World
    camera: Camera
    rate: float = 10.0

    def visits(
        self, *, labels: Iterable[str] = ("person",), shown: float = 0.25
    ) -> list[TrueEvent]:
        """Each stay of each actor of those labels in the picture, `shown` of it inside."""
        words = frozenset(labels)

        def there(truth: Truth, index: int) -> bool:
            return bool(truth.visible[index] >= shown)

        return [
            visit
            for actor in self.world.actors
            if actor.label in words
            for visit in self._stays(actor.id, "presence", there)
        ]

    def presence(
        self,
        *,
        labels: Iterable[str] = ("person",),
        shown: float = 0.25,
        close_s: float = 1.0,
    ) -> list[TrueEvent]:
        """Stretches in which anyone of those labels is in the picture; short gaps are bridged."""
        visits = sorted(self.visits(labels=labels, shown=shown), key=lambda one: one.start_s)
        merged: list[TrueEvent] = []
        for visit in visits:
            last = merged[-1] if merged else None
            if last is None or visit.start_s > last.end_s + close_s:
                merged.append(visit)
                continue
            merged[-1] = TrueEvent(
                kind="presence",
                start_s=last.start_s,
                end_s=max(last.end_s, visit.end_s),
                ids=tuple(dict.fromkeys(last.ids + visit.ids)),
                box=last.box,
            )
        return merged

    def crossings(self, line: Line, *, labels: Iterable[str] = ("person",)) -> list[TrueEvent]:
        """Each time the foot point of an actor changes sides of the line, between its ends."""
        words = frozenset(labels)
        found = [
            crossing
            for actor in self.world.actors
            if actor.label in words
            for crossing in self._crossings_of(actor.id, line)
        ]
        return sorted(found, key=lambda one: one.start_s)

    def loitering(
        self,
        zone: Zone = ((0, 0), (1, 0), (1, 1), (0, 1)),
        *,
        longer_than_s: float,
        labels: Iterable[str] = ("person",),
    ) -> list[TrueEvent]:
        """Stays of one actor's foot point in the zone that last longer; from entry to leaving."""
        words = frozenset(labels)
        corners = np.array(zone, np.float32) * (self.camera.width, self.camera.height)

        def inside(truth: Truth, index: int) -> bool:
            foot = Box(*truth.boxes[index].tolist()).foot
            return bool(truth.visible[index] > 0.25) and _is_inside(corners, foot)

        return [
            stay
            for actor in self.world.actors
            if actor.label in words
            for stay in self._stays(actor.id, "loitering", inside)
            if stay.end_s - stay.start_s > longer_than_s
        ]

    def abandoned(self, *, owner_gone_m: float = 3.0) -> list[TrueEvent]:
        """Bags whose owner went further away than that; from putting down to picking up."""
        found = []
        for bag in self.world.actors:
            if not isinstance(bag, Bag) or not 0 <= bag.put_down_s <= self.world.seconds:
                continue
            end_s = bag.picked_up_s if bag.picked_up_s is not None else self.world.seconds
            if self._owner_gone(bag, end_s, owner_gone_m):
                found.append(self._event("abandoned_object", bag.put_down_s, end_s, bag.id))
        return found

    def stopped(self, *, longer_than_s: float) -> list[TrueEvent]:
        """Stops of vehicles in the picture that last longer."""
        found = []
        for vehicle in self.world.actors:
            if not isinstance(vehicle, Vehicle):
                continue
            for stop in vehicle.route.stops:
                start_s, end_s = vehicle.route.stop_interval_s(stop.corner)
                end_s = min(end_s, self.world.seconds)
                event = self._event("stopped_vehicle", start_s, end_s, vehicle.id)
                if end_s - start_s > longer_than_s and event.box is not None:
                    found.append(event)
        return found

    @cached_property
    def samples(self) -> tuple[Truth, ...]:
        """The truth at every sample."""
        view = Renderer(world=self.world, camera=self.camera)
        count = int(self.world.seconds * self.rate) + 1
        return tuple(view.truth(number / self.rate) for number in range(count))

    def _stays(
        self, id_: int, kind: str, holds: Callable[[Truth, int], bool]
    ) -> Iterator[TrueEvent]:
        start: Truth | None = None
        last_s = 0.0
        for truth in self.samples:
            there = id_ in truth.ids and holds(truth, truth.ids.index(id_))
            if there:
                start, last_s = start or truth, truth.time_s
            elif start is not None:
                yield _stay(kind, start, last_s, id_)
                start = None
        if start is not None:
            yield _stay(kind, start, last_s, id_)

    def _crossings_of(self, id_: int, line: Line) -> Iterator[TrueEvent]:
        size = (self.camera.width, self.camera.height)
        start, end = (np.multiply(point, size) for point in line)
        before: tuple[float, np.ndarray, float] | None = None
        for truth in self.samples:
            box = truth.box_of(id_)
            if box is None:
                before = None
                continue
            foot = np.array(box.foot)
            beyond = _beyond(start, end, foot)
            if before is not None and (before[2] > 0) != (beyond > 0):
                part = before[2] / (before[2] - beyond)
                place = before[1] + part * (foot - before[1])
                along = float((place - start) @ (end - start) / ((end - start) @ (end - start)))
                if 0 <= along <= 1:
                    at_s = before[0] + part * (truth.time_s - before[0])
                    yield TrueEvent(
                        kind="line_crossing",
                        start_s=float(at_s),
                        end_s=float(at_s),
                        ids=(id_,),
                        box=box,
                        direction="forward" if beyond > 0 else "backward",
                    )
            before = (truth.time_s, foot, beyond)

    def _owner_gone(self, bag: Bag, end_s: float, metres: float) -> bool:
        owner = self.world.owner(bag)
        place = owner.route.at(bag.put_down_s)
        if place is None:
            return False
        for time_s in np.arange(bag.put_down_s, min(end_s, self.world.seconds), 0.25):
            now = owner.route.at(float(time_s))
            if now is None or np.hypot(now.x - place.x, now.y - place.y) > metres:
                return True
        return False

    def _event(self, kind: str, start_s: float, end_s: float, id_: int) -> TrueEvent:
        view = Renderer(world=self.world, camera=self.camera)
        box = view.truth(start_s).box_of(id_)
        return TrueEvent(kind=kind, start_s=start_s, end_s=end_s, ids=(id_,), box=box)


def _stay(kind: str, start: Truth, end_s: float, id_: int) -> TrueEvent:
    return TrueEvent(
        kind=kind, start_s=start.time_s, end_s=end_s, ids=(id_,), box=start.box_of(id_)
    )


def _beyond(start: np.ndarray, end: np.ndarray, place: np.ndarray) -> float:
    """Positive to the right of somebody who walks along the line, as seen in the picture."""
    along, away = end - start, place - start
    return float(along[0] * away[1] - along[1] * away[0])


def _is_inside(corners: np.ndarray, place: tuple[float, float]) -> bool:
    x, y = place
    inside = False
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
