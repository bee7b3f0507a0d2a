"""Films for stories of people and vehicles: places, casts, and when who stands where, in truth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.scenarios import Rendered, Wanted
from vigil.sim.acts import PLACES, Place
from vigil.sim.camera import Camera
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route, Stop
from vigil.sim.vehicles import PAINTS
from vigil.sim.world import Actor, Disturbance, Vehicle, Walker, World
from vigil.stages.rules.geometry import Area

WIDTH, HEIGHT, RATE = 480, 270, 5.0
"""As many pictures a second as the luma rung sees: more would cost time and show nothing new."""
OUTDOORS = ("street", "car_park", "yard")
Point = tuple[float, float]
Zone = tuple[Point, ...]


@dataclass(kw_only=True)
class Stage:
    """One place, filmed, with whoever is put on it."""

    seed: int
    where: Place
    seconds: float

    def __post_init__(self) -> None:
        self.random = np.random.default_rng([self.seed, 211])
        self.camera: Camera = replace(
            self.where.camera, width=WIDTH, height=HEIGHT, rate=RATE, seed=self.seed
        )
        self.actors: list[Actor] = []
        self.disturbances: list[Disturbance] = []

    @property
    def middle(self) -> Point:
        return self.where.middle

    def walker(
        self,
        points: Sequence[Point],
        start_s: float,
        *,
        stops: Sequence[Stop] = (),
        speed_m_s: float = 1.4,
    ) -> int:
        """Put somebody on; returns the id."""
        number = len(self.actors) + 1
        route = Route(
            points=self._about(points, 0.2), start_s=start_s, stops=tuple(stops),
            speed_m_s=speed_m_s * float(self.random.uniform(0.93, 1.07)),
        )  # fmt: skip
        looks = Looks.from_seed(self.seed * 31 + number)
        self.actors.append(Walker(id=number, route=route, looks=looks))
        return number

    def vehicle(
        self,
        points: Sequence[Point],
        start_s: float,
        *,
        stops: Sequence[Stop] = (),
        speed_m_s: float = 8.0,
    ) -> int:
        """Put a car on; returns the id."""
        number = len(self.actors) + 1
        route = Route(
            points=self._about(points, 0.15), start_s=start_s, stops=tuple(stops),
            speed_m_s=speed_m_s * float(self.random.uniform(0.93, 1.07)), turn_m=1.5,
        )  # fmt: skip
        paint = PAINTS[int(self.random.integers(len(PAINTS)))]
        self.actors.append(Vehicle(id=number, route=route, paint=paint))
        return number

    def _about(self, points: Sequence[Point], metres: float) -> tuple[Point, ...]:
        """Nobody goes the same way twice."""
        right, down = self.random.uniform(-metres, metres, 2).tolist()
        return tuple((x + right, y + down) for x, y in points)

    def road(self, *, back: bool = False) -> tuple[Point, Point]:
        """Where vehicles pass, from the left or from the right."""
        assert self.where.drive is not None
        (x1, y1), (x2, y2) = self.where.drive
        ends = ((max(x1, -28.0), y1), (min(x2, 28.0), y2))
        return ends[::-1] if back else ends

    def place_of(self, point: Point) -> Point:
        """Where a point of the ground is in the picture, fractions."""
        pixels, _ = self.camera.project(np.array([[*point, 0.0]], np.float32))
        return float(pixels[0, 0]) / WIDTH, float(pixels[0, 1]) / HEIGHT

    def zone_around(self, point: Point, *, wide: float = 0.2, high: float = 0.2) -> Zone:
        """A rectangle of the picture around a point of the ground."""
        x, y = self.place_of(point)
        left, right = max(x - wide / 2, 0.0), min(x + wide / 2, 1.0)
        top, bottom = max(y - high / 2, 0.0), min(y + high / 2, 1.0)
        return ((left, top), (right, top), (right, bottom), (left, bottom))

    def world(self) -> World:
        return World(
            site=self.where.site(False),
            seconds=self.seconds,
            actors=tuple(self.actors),
            disturbances=tuple(self.disturbances),
            seed=self.seed,
        )

    def counts(self, zone: Zone | None = None, *, shown: float = 0.6) -> list[tuple[float, int]]:
        """How many actors stand in a zone of the picture, five times a second."""
        view, area = Renderer(world=self.world(), camera=self.camera), Area(zone)
        found = []
        for number in range(round(self.seconds * 5)):
            truth = view.truth(number / 5)
            feet = [
                ((box[0] + box[2]) / 2 / WIDTH, min(box[3] / HEIGHT, 1.0))
                for box, seen in zip(truth.boxes.tolist(), truth.visible, strict=True)
                if seen >= shown
            ]
            found.append((number / 5, sum(area.holds(foot) for foot in feet)))
        return found

    def spans(self, zone: Zone | None = None, *, least: int = 1) -> list[tuple[float, float]]:
        """When at least so many stand in a zone."""
        spans: list[tuple[float, float]] = []
        since_s: float | None = None
        for t, count in [*self.counts(zone), (self.seconds, 0)]:
            if count >= least and since_s is None:
                since_s = t
            elif count < least and since_s is not None:
                spans.append((since_s, t))
                since_s = None
        return spans

    def rendered(
        self, story: str, rule: dict[str, Any], wanted: Sequence[Wanted] = (), **more: Any
    ) -> Rendered:
        return Rendered(
            world=self.world(), camera=self.camera, rule=rule, wanted=tuple(wanted), story=story,
            **more,
        )  # fmt: skip


def stage(seed: int, seconds: float = 24.0, *, road: bool = False) -> Stage:
    """A place by the seed; one with a road where vehicles are wanted."""
    names = ("street", "car_park") if road else OUTDOORS
    return Stage(seed=seed, where=PLACES[names[seed // 2 % len(names)]], seconds=seconds)


def is_true(seed: int) -> bool:
    """Half of the films are lures."""
    return seed % 2 == 0


def text(points: Sequence[Point]) -> str:
    """Points as a file has them, inside the picture."""
    return ",".join(f"{min(max(value, 0.0), 1.0):.4f}" for point in points for value in point)


def between(one: Point, other: Point, share: float) -> Point:
    """A point of the way from one to the other."""
    return one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])


def gathering(seed: int, *, people: int, least: int) -> Rendered:
    """So many people come from both sides and stay; `least` of them are an event."""
    place = stage(seed, 28.0)
    (left, y), (right, _) = place.where.walk
    x0, y0 = place.middle
    for n in range(people):
        spot = (x0 + 1.1 * (n - 1.5), y0 + 0.5 * (n % 2))
        side = left if n % 2 else right
        place.walker(
            ((side, y + 0.3 * n), spot, (side, y + 0.3 * n)),
            0.5 + 0.4 * n,
            stops=[Stop(1, 12.0)],
            speed_m_s=1.7,
        )
    rule = {"labels": ["person"], "number": least, "longer_than_s": 5}
    if people < least:
        return place.rendered("too few", rule)
    spans = [(a, b) for a, b in place.spans(least=least) if b - a > 5]
    wanted = [Wanted(start_s=a, end_s=b, by_s=a + 11) for a, b in spans]
    return place.rendered("enough", rule, wanted)
