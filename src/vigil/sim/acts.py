"""The acts of a parade: each puts somebody, or something that only looks like it, on the stage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vigil.sim.animals import COATS, Animal
from vigil.sim.camera import Camera
from vigil.sim.distractors import Branch, Flicker, HeadlightSweep, Insect, StrayShadow
from vigil.sim.events import Line
from vigil.sim.litter import Litter
from vigil.sim.people import Looks
from vigil.sim.route import Route, Stop
from vigil.sim.site import Site
from vigil.sim.sites import car_park, corridor, street, yard
from vigil.sim.vehicles import PAINTS
from vigil.sim.world import Actor, Bag, Disturbance, LightSwitch, Rain, Vehicle, Walker

PAUSE_S = 6.0
"""Between two acts: the background comes to rest, and events of one do not reach into the next."""

Night = bool
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A site with a camera, and where people and vehicles pass in front of it."""

    site: Callable[[Night], Site]
    camera: Camera
    walk: tuple[Point, Point]
    """A way across the view; both ends are out of it, metres."""
    drive: tuple[Point, Point] | None
    middle: Point
    """Where somebody would stand still."""
    line: Line
    lamps: tuple[float, float] = (-14.0, -6.0)
    """Where a vehicle would turn, out of view."""
    outdoors: bool = True


PLACES: dict[str, Place] = {
    "street": Place(
        site=street,
        camera=Camera(position=(0.5, -5.6, 3.9), target=(0.2, 4.5, 0.7), view_deg=62),
        walk=((-10.5, 5.0), (10.5, 5.4)),
        drive=((-90.0, 9.0), (100.0, 9.0)),
        middle=(0.3, 4.6),
        line=((0.5, 0.25), (0.5, 0.95)),
    ),
    "car_park": Place(
        site=car_park,
        camera=Camera(position=(0, -9, 4.8), target=(0, 4.5, 0.4), view_deg=64),
        walk=((-10.5, 2.2), (10.5, 1.6)),
        drive=((-26.0, 5.4), (26.0, 5.2)),
        middle=(0.4, 1.9),
        line=((0.5, 0.2), (0.5, 1.0)),
    ),
    "yard": Place(
        site=yard,
        camera=Camera(position=(-2, -8, 4.4), target=(0, 4, 0.6), view_deg=66),
        walk=((-13.5, 2.6), (12.5, 1.2)),
        drive=((-26.0, 3.0), (22.0, 2.2)),
        middle=(-1.2, 3.4),
        line=((0.5, 0.2), (0.5, 1.0)),
    ),
    "corridor": Place(
        site=lambda _night: corridor(),
        camera=Camera(position=(0.9, -5.5, 2.5), target=(-0.1, 3, 0.9), view_deg=70),
        walk=((0.5, -5.0), (-0.3, 16.5)),
        drive=None,
        middle=(0.1, 2.6),
        line=((0.2, 0.62), (0.9, 0.62)),
        outdoors=False,
    ),
}

TrueAct = Literal["walk", "linger", "drive", "stop", "leave"]
FalseAct = Literal[
    "dog", "cat", "litter", "shadow", "cloud", "headlights", "insect", "branch", "rain", "light",
    "flicker", "resting_dog", "resting_shadow", "resting_light",
]  # fmt: skip
TRUE_ACTS: tuple[TrueAct, ...] = ("walk", "linger", "drive", "stop", "leave")
FALSE_ACTS: tuple[FalseAct, ...] = (
    "dog", "cat", "litter", "shadow", "cloud", "headlights", "insect", "branch", "rain", "light",
    "flicker", "resting_dog", "resting_shadow", "resting_light",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Act:
    """One turn of a parade."""

    what: TrueAct | FalseAct
    start_s: float
    end_s: float

    @property
    def is_event(self) -> bool:
        """Whether rules ought to report something of it."""
        return self.what in TRUE_ACTS


class Director:
    """Puts one act after the other on the stage."""

    def __init__(self, where: Place, seed: int, night: Night) -> None:
        self.random = np.random.default_rng([seed, 97])
        self.actors: list[Actor] = []
        self.disturbances: list[Disturbance] = []
        self.acts: list[Act] = []
        self.now_s = PAUSE_S
        self._where = where
        self._seed = seed
        self._night = night

    def put_on(self, what: TrueAct | FalseAct) -> None:
        """Let one act play, and pause."""
        start_s = self.now_s
        end_s = getattr(self, f"_{what}")(start_s)
        self.acts.append(Act(what=what, start_s=start_s, end_s=float(end_s)))
        self.now_s = float(end_s) + PAUSE_S

    # True acts

    def _walk(self, start_s: float) -> float:
        return self._person(start_s, self._across())

    def _linger(self, start_s: float) -> float:
        stop = Stop(1, float(self.random.uniform(10, 13)))
        return self._person(start_s, self._way_by_the_middle(), stops=(stop,))

    def _drive(self, start_s: float) -> float:
        return self._vehicle(start_s, ())

    def _stop(self, start_s: float) -> float:
        return self._vehicle(start_s, (Stop(1, float(self.random.uniform(7, 9))),))

    def _leave(self, start_s: float) -> float:
        route = Route(
            points=self._way_by_the_middle(),
            start_s=start_s,
            speed_m_s=1.5,
            stops=(Stop(1, 1.4),),
        )
        down_s = route.stop_interval_s(1)[0] + 0.8
        owner = self._next_id()
        self.actors.append(Walker(id=owner, looks=self._looks(), route=route))
        kinds: tuple[Literal["suitcase", "backpack", "handbag"], ...]
        kinds = ("suitcase", "backpack", "handbag")
        kind = kinds[int(self.random.integers(3))]
        # Somebody comes for it, so that the next act finds the place as it was.
        end_s = max(route.end_s, down_s + 14.0)
        bag = Bag(id=owner + 1, owner=owner, put_down_s=down_s, picked_up_s=end_s, kind=kind)
        self.actors.append(bag)
        return end_s

    # False acts

    def _dog(self, start_s: float) -> float:
        return self._animal(start_s, "dog", self._across(), ())

    def _cat(self, start_s: float) -> float:
        return self._animal(start_s, "cat", self._across(), ())

    def _resting_dog(self, start_s: float) -> float:
        stop = Stop(1, float(self.random.uniform(11, 14)))
        return self._animal(start_s, "dog", self._way_by_the_middle(), (stop,))

    def _litter(self, start_s: float) -> float:
        route = Route(
            points=self._across(), start_s=start_s, speed_m_s=float(self.random.uniform(1.2, 3))
        )
        size_m = float(self.random.uniform(0.3, 0.6))
        self.actors.append(Litter(id=self._next_id(), route=route, size_m=size_m))
        return route.end_s

    def _shadow(self, start_s: float) -> float:
        return self._stray_shadow(start_s, "person", self._across(), ())

    def _resting_shadow(self, start_s: float) -> float:
        stop = Stop(1, float(self.random.uniform(11, 14)))
        return self._stray_shadow(start_s, "person", self._way_by_the_middle(), (stop,))

    def _cloud(self, start_s: float) -> float:
        (x1, y1), (x2, y2) = self._where.walk
        return self._stray_shadow(start_s, "cloud", ((2 * x1, y1 + 2), (2 * x2, y2 + 2)), ())

    def _headlights(self, start_s: float) -> float:
        end_s = start_s + float(self.random.uniform(4, 8))
        turn = sorted(self.random.uniform(-10, 95, 2).tolist())
        if self.random.random() < 0.5:
            turn.reverse()
        return self._sweep(start_s, end_s, turn[0], turn[1])

    def _resting_light(self, start_s: float) -> float:
        toward = float(self.random.uniform(25, 60))
        return self._sweep(start_s, start_s + 13.0, toward, toward + 0.5)

    def _insect(self, start_s: float) -> float:
        end_s = start_s + float(self.random.uniform(6, 10))
        size = float(self.random.uniform(0.04, 0.1))
        seed = self._seed * 31 + len(self.acts)
        self.disturbances.append(Insect(start_s=start_s, end_s=end_s, seed=seed, size=size))
        return end_s

    def _branch(self, start_s: float) -> float:
        end_s = start_s + float(self.random.uniform(6, 9))
        self.disturbances.append(
            Branch(
                start_s=start_s,
                end_s=end_s,
                anchor=(float(self.random.uniform(0.15, 0.85)), -0.04),
                hangs_deg=float(self.random.uniform(75, 105)),
                length=float(self.random.uniform(0.3, 0.5)),
                sway_deg=float(self.random.uniform(5, 12)),
                seed=self._seed * 31 + len(self.acts),
            )
        )
        return end_s

    def _rain(self, start_s: float) -> float:
        end_s = start_s + 8.0
        strength = float(self.random.uniform(1.2, 2.6))
        self.disturbances.append(Rain(start_s=start_s, end_s=end_s, strength=strength))
        return end_s

    def _light(self, start_s: float) -> float:
        gain = float(self.random.choice([0.55, 0.7, 1.4, 1.7]))
        end_s = start_s + float(self.random.uniform(5, 12))
        self.disturbances += [
            LightSwitch(at_s=start_s, gain=gain),
            LightSwitch(at_s=end_s, gain=1 / gain),
        ]
        return end_s

    def _flicker(self, start_s: float) -> float:
        end_s = start_s + 8.0
        self.disturbances.append(
            Flicker(
                start_s=start_s,
                end_s=end_s,
                hertz=float(self.random.uniform(1.5, 5)),
                depth=float(self.random.uniform(0.15, 0.35)),
            )
        )
        return end_s

    # Of what acts are made

    def _person(
        self, start_s: float, points: tuple[Point, ...], *, stops: tuple[Stop, ...] = ()
    ) -> float:
        speed = float(self.random.uniform(1.1, 1.7))
        route = Route(points=points, start_s=start_s, speed_m_s=speed, stops=stops)
        self.actors.append(Walker(id=self._next_id(), looks=self._looks(), route=route))
        return route.end_s

    def _vehicle(self, start_s: float, stops: tuple[Stop, ...]) -> float:
        assert self._where.drive is not None
        (x1, y1), (x2, y2) = self._turned(self._where.drive)
        speed = float(self.random.uniform(5, 9))
        kind: Literal["car", "van"] = "van" if self.random.random() < 0.25 else "car"
        # From just out of view: nobody waits for a car that comes from far.
        reach = 14.0 + speed
        x1 = float(np.clip(x1, -reach, reach))
        x2 = float(np.clip(x2, -reach, reach))
        middle = (self._where.middle[0] + float(self.random.uniform(-1.5, 1.5)), (y1 + y2) / 2)
        route = Route(
            points=((x1, y1), middle, (x2, y2)), start_s=start_s, speed_m_s=speed, stops=stops
        )
        paint = PAINTS[int(self.random.integers(len(PAINTS)))]
        self.actors.append(
            Vehicle(id=self._next_id(), kind=kind, paint=paint, lights=self._night, route=route)
        )
        return route.end_s

    def _animal(
        self,
        start_s: float,
        kind: Literal["dog", "cat"],
        points: tuple[Point, ...],
        stops: tuple[Stop, ...],
    ) -> float:
        speed = float(self.random.uniform(0.7, 1.6))
        route = Route(points=points, start_s=start_s, speed_m_s=speed, stops=stops)
        coat = COATS[int(self.random.integers(len(COATS)))]
        size = float(self.random.uniform(0.85, 1.15))
        self.actors.append(Animal(id=self._next_id(), kind=kind, coat=coat, size=size, route=route))
        return route.end_s

    def _stray_shadow(
        self,
        start_s: float,
        kind: Literal["person", "cloud"],
        points: tuple[Point, ...],
        stops: tuple[Stop, ...],
    ) -> float:
        speed = 4.5 if kind == "cloud" else float(self.random.uniform(1.0, 1.7))
        route = Route(points=points, start_s=start_s, speed_m_s=speed, stops=stops)
        lean = (float(self.random.uniform(-1.4, 1.4)), float(self.random.uniform(0.5, 1.2)))
        self.disturbances.append(
            StrayShadow(
                start_s=start_s,
                end_s=route.end_s,
                kind=kind,
                route=route,
                looks=self._looks(),
                lean=lean,
            )
        )
        return route.end_s

    def _sweep(self, start_s: float, end_s: float, from_deg: float, to_deg: float) -> float:
        self.disturbances.append(
            HeadlightSweep(
                start_s=start_s,
                end_s=end_s,
                position=self._where.lamps,
                from_deg=from_deg,
                to_deg=to_deg,
                strength=float(self.random.uniform(0.7, 1.3)),
            )
        )
        return end_s

    def _across(self) -> tuple[Point, Point]:
        (x1, y1), (x2, y2) = self._turned(self._where.walk)
        aside = float(self.random.uniform(-0.6, 0.6))
        return (x1, y1 + aside), (x2, y2 + aside)

    def _way_by_the_middle(self) -> tuple[Point, ...]:
        start, end = self._across()
        x, y = self._where.middle
        away = self.random.uniform(-0.8, 0.8, 2)
        return start, (x + float(away[0]), y + float(away[1])), end

    def _turned(self, way: tuple[Point, Point]) -> tuple[Point, Point]:
        return way if self.random.random() < 0.5 else (way[1], way[0])

    def _looks(self) -> Looks:
        return Looks.from_seed(self._seed * 1000 + len(self.actors))

    def _next_id(self) -> int:
        return len(self.actors) + 1
