"""Scenes that are ready to be filmed, each with its exact true events."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vigil.core import ConfigError
from vigil.sim.camera import Camera
from vigil.sim.events import Chronicle, Line, Zone
from vigil.sim.people import Looks
from vigil.sim.route import Route, Stop
from vigil.sim.sites import car_park, corridor, street, yard
from vigil.sim.truth import TrueEvent
from vigil.sim.vehicles import PAINTS
from vigil.sim.world import Actor, Bag, Disturbance, Rain, Vehicle, Walker, Wind, World

WHOLE: Zone = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class SceneScript:
    """A world, the cameras that film it, and the rules that its story was written for."""

    name: str
    world: World
    cameras: tuple[Camera, ...]
    line: Line | None = None
    """For line crossings before the first camera, fractions of its picture."""
    zone: Zone = WHOLE
    """For loitering before the first camera."""
    loitering_s: float | None = 10.0
    """None: the story has no loiterer."""
    stopped_s: float = 5.0
    counted: tuple[str, ...] = ("person",)
    """Labels whose presence and crossings are events of the story."""

    def visits(self) -> list[TrueEvent]:
        """Each stay of each actor of the counted labels before the first camera."""
        book = Chronicle(world=self.world, camera=self.cameras[0], rate=self.cameras[0].rate)
        return sorted(book.visits(labels=self.counted), key=lambda visit: visit.start_s)

    def true_events(self) -> list[TrueEvent]:
        """Everything that the first camera ought to report, in order of time."""
        book = Chronicle(world=self.world, camera=self.cameras[0])
        found = book.presence(labels=self.counted)
        if self.line is not None:
            found += book.crossings(self.line, labels=self.counted)
        if self.loitering_s is not None:
            found += book.loitering(self.zone, longer_than_s=self.loitering_s)
        found += book.abandoned()
        found += book.stopped(longer_than_s=self.stopped_s)
        return sorted(found, key=lambda event: event.start_s)


def scene(name: str, *, seed: int = 0, width: int = 640, rate: float = 12.0) -> SceneScript:
    """A ready scene by its name.

    Raises:
        ConfigError: no scene has that name.
    """
    if name not in SCENES:
        raise ConfigError(f"no rendered scene {name!r}; allowed: {', '.join(sorted(SCENES))}")
    script = SCENES[name](seed)
    cameras = tuple(
        replace(camera, width=width, height=_height(width), rate=rate) for camera in script.cameras
    )
    return replace(script, cameras=cameras)


def _height(width: int) -> int:
    """Of a picture in the shape 16:9, even."""
    return width * 9 // 32 * 2


def gate(seed: int = 0, *, dark: bool = False, rain: bool = False) -> SceneScript:
    """A gate to a street, 60 s: people come and go, one loiters, one leaves a bag, a car stops."""
    person = _cast(seed)
    loiterer = Route(
        points=((-9.5, 5.2), (2.4, 5.6), (3.0, 4.4), (2.1, 4.8), (9.5, 5.8)),
        start_s=10.0,
        stops=(Stop(1, 2.5), Stop(2, 5.0), Stop(3, 2.5)),
    )
    owner = Route(
        points=((-11.0, 6.0), (-0.8, 6.5), (-0.9, 1.2), (-1.6, 0.9), (-0.7, 2.4), (-1.0, 6.2),
                (-12.0, 6.4)),
        start_s=12.5,
        speed_m_s=1.4,
        stops=(Stop(3, 1.1),),
    )  # fmt: skip
    down_s = owner.stop_interval_s(3)[0] + 0.8
    actors: tuple[Actor, ...] = (
        Walker(id=1, looks=person(1), route=Route(
            points=((-10.0, 4.6), (0.2, 4.8), (0.4, 1.0), (1.5, -6.5)), start_s=1.0,
            speed_m_s=1.5)),
        Walker(id=2, looks=person(2), route=Route(
            points=((2.4, -6.5), (1.4, 0.5), (1.2, 4.9), (10.5, 5.2)), start_s=3.5, speed_m_s=1.4)),
        Walker(id=3, looks=person(3), route=loiterer),
        Walker(id=4, looks=person(4), route=owner),
        Bag(id=5, owner=4, put_down_s=down_s),
        Walker(id=8, looks=person(8), route=Route(
            points=((2.0, -6.5), (0.8, 0.8), (0.2, 4.8), (-11.0, 5.4)), start_s=27.2,
            speed_m_s=1.5)),
        # The street is driven on while nobody stands before it: two things make no blob of one.
        Vehicle(id=6, kind="car", paint=PAINTS[2], lights=dark, route=Route(
            points=((-90.0, 9.0), (2.0, 9.0), (100.0, 9.0)), start_s=34.0, speed_m_s=8.0,
            stops=(Stop(1, 6.0),))),
        Vehicle(id=7, kind="van", paint=PAINTS[4], lights=dark, route=Route(
            points=((99.0, 12.2), (-90.0, 12.2)), start_s=45.5, speed_m_s=9.0)),
    )  # fmt: skip
    weather: tuple[Disturbance, ...] = (Wind(start_s=0, end_s=60, strength=0.8),)
    if rain:
        weather += (Rain(start_s=0, end_s=60),)
    return SceneScript(
        name="gate",
        world=World(
            site=street(dark, grey=rain),
            seconds=60.0,
            actors=actors,
            disturbances=weather,
            seed=seed,
        ),
        cameras=(
            Camera(name="gate", position=(0.5, -5.6, 3.9), target=(0.2, 4.5, 0.7), view_deg=62,
                   stamp=True, seed=seed),
            Camera(name="street", position=(-4.4, -2.2, 4.4), target=(2.6, 4.6, 0.5), view_deg=70,
                   stamp=True, seed=seed + 1),
        ),
        line=((0.19, 0.655), (0.80, 0.665)),
        zone=((0.20, 0.48), (0.81, 0.48), (0.80, 0.64), (0.19, 0.63)),
        counted=("person", "car", "truck"),
    )  # fmt: skip


def parking(seed: int = 0) -> SceneScript:
    """A car park, 40 s: a car drives through, one parks, people walk between the rows."""
    person = _cast(seed + 100)
    actors: tuple[Actor, ...] = (
        Vehicle(id=1, paint=PAINTS[3], route=Route(
            points=((-24.0, 5.2), (24.0, 5.2)), start_s=1.0, speed_m_s=5.5)),
        Walker(id=2, looks=person(2), route=Route(
            points=((-8.5, 3.0), (-2.0, 3.6), (9.5, 2.0)), start_s=6.0)),
        Vehicle(id=3, kind="car", paint=PAINTS[4], route=Route(
            points=((24.0, 4.0), (-1.0, 4.4), (-1.25, 10.4), (-1.25, 10.5)), start_s=12.0,
            speed_m_s=4.0, stops=(Stop(3, 60.0),), turn_m=1.8)),
        Walker(id=4, looks=person(4), route=Route(
            points=((2.6, -6.5), (2.4, 2.0), (3.4, 7.5), (3.6, 15.5)), start_s=20.0)),
        Walker(id=5, looks=person(5), route=Route(
            points=((9.0, 1.0), (-8.5, 0.2)), start_s=24.0, speed_m_s=1.5)),
    )  # fmt: skip
    return SceneScript(
        name="car_park",
        world=World(site=car_park(), seconds=40.0, actors=actors, seed=seed,
                    disturbances=(Wind(start_s=0, end_s=60),)),
        cameras=(Camera(name="car park", position=(0, -9, 4.8), target=(0, 4.5, 0.4), view_deg=64,
                        seed=seed),
                 Camera(name="car park west", position=(-12, -3, 5.0), target=(0, 5.5, 0.3),
                        view_deg=66, seed=seed + 1)),
        line=((0.5, 0.2), (0.5, 1.0)),
        counted=("person", "car"),
        loitering_s=None,
    )  # fmt: skip


def hallway(seed: int = 0) -> SceneScript:
    """A corridor, 30 s: three people, one of whom waits at a door."""
    person = _cast(seed + 200)
    actors: tuple[Actor, ...] = (
        Walker(id=1, looks=person(1), route=Route(points=((0.5, -5.0), (0.5, 17.0)), start_s=1.0)),
        Walker(id=2, looks=person(2), route=Route(
            points=((-0.6, 16.5), (-0.9, 4.6), (-0.4, -5.0)), start_s=3.0, stops=(Stop(1, 11.0),))),
        Walker(id=3, looks=person(3), route=Route(points=((0.2, 16.5), (0.4, -5.0)), start_s=13.0)),
    )  # fmt: skip
    return SceneScript(
        name="corridor",
        world=World(site=corridor(), seconds=34.0, actors=actors, seed=seed),
        cameras=(Camera(name="corridor", position=(0.9, -5.5, 2.5), target=(-0.1, 3, 0.9),
                        view_deg=70, seed=seed),),
        line=((0.2, 0.62), (0.9, 0.62)),
        zone=((0.40, 0.40), (0.51, 0.40), (0.51, 0.66), (0.40, 0.66)),
        loitering_s=9.0,
    )  # fmt: skip


def yard_night(seed: int = 0) -> SceneScript:
    """A works yard at night, 36 s: a prowler, then a van that brings somebody."""
    person = _cast(seed + 300)
    actors: tuple[Actor, ...] = (
        Walker(id=1, looks=person(1), route=Route(
            points=((-10.5, 3.0), (-1.6, 8.6), (-0.6, 8.7), (7.2, 1.5), (10.5, 0.5)), start_s=2.0,
            speed_m_s=1.2, stops=(Stop(2, 5.0),))),
        Vehicle(id=2, kind="van", paint=PAINTS[4], lights=True, route=Route(
            points=((14.0, 1.0), (1.5, 3.4), (-16.0, 1.0)), start_s=18.0, speed_m_s=4.0,
            stops=(Stop(1, 6.0),), turn_m=1.8)),
    )  # fmt: skip
    return SceneScript(
        name="yard_night",
        world=World(site=yard(), seconds=36.0, actors=actors, seed=seed),
        cameras=(Camera(name="yard", position=(-2, -8, 4.4), target=(0, 4, 0.6), view_deg=66,
                        stamp=True, seed=seed),),
        counted=("person", "truck"),
    )  # fmt: skip


def traffic(
    *,
    events: int = 10,
    seconds: float | None = None,
    activity: float = 0.1,
    height_px: Literal["small", "large"] = "large",
    night: bool = False,
    vehicles: bool = True,
    seed: int = 0,
    width: int = 640,
    rate: float = 12.0,
) -> SceneScript:
    """A long film that is idle most of the time: so many separate visits of 3 to 5 s each.

    `seconds` follows from `activity`, the share of time with a visit, unless given. Small actors
    are about a tenth of the picture's height, large ones a third.

    Raises:
        ConfigError: the visits do not fit into the time.
    """
    random = np.random.default_rng([seed, 17])
    lengths = random.uniform(3.0, 5.0, events)
    total = seconds if seconds is not None else float(lengths.sum() / activity)
    if lengths.sum() + events * 2.5 > total:
        raise ConfigError(f"{events} visits of 3 to 5 s do not fit into {total:.0f} s")
    pauses = random.dirichlet(np.full(events + 1, 1.5)) * (total - lengths.sum() - 2.5 * events)
    camera = _traffic_camera(height_px, width, rate, seed)
    actors: list[Actor] = []
    time_s = 0.0
    for number, (pause, length) in enumerate(zip(pauses, lengths, strict=False)):
        time_s += float(pause) + 1.25
        by_car = vehicles and number % 3 == 2
        actors.append(_visitor(number + 1, time_s, float(length), by_car, camera, night, seed))
        time_s += float(length) + 1.25
    world = World(site=car_park(night), seconds=total, actors=tuple(actors), seed=seed)
    script = SceneScript(name="traffic", world=world, cameras=(camera,), loitering_s=None)
    return replace(script, counted=("person", "car", "truck"))


def _traffic_camera(height_px: str, width: int, rate: float, seed: int) -> Camera:
    near = Camera(name="traffic", position=(0, -6.5, 3.4), target=(0, 2.5, 0.8), view_deg=52)
    far = Camera(name="traffic", position=(0, -16, 7.0), target=(0, 3.5, 0.3), view_deg=62)
    chosen = near if height_px == "large" else far
    return replace(chosen, width=width, height=_height(width), rate=rate, seed=seed)


def _visitor(
    id_: int, start_s: float, length_s: float, by_car: bool, camera: Camera, night: bool, seed: int
) -> Actor:
    """Somebody who crosses the view in just that time."""
    random = np.random.default_rng([seed, id_, 23])
    y = float(random.uniform(4.0, 6.0) if by_car else random.uniform(0.5, 4.5))
    half = _half_view_m(camera, y) + (2.3 if by_car else 0.3)
    side = 1 if random.random() < 0.5 else -1
    speed = 2 * half / length_s
    walks = not by_car and speed > 2.2
    if walks:
        # At a walk the whole view takes too long: enter, turn, and leave where one came in.
        speed = float(random.uniform(1.2, 1.7))
        reach = speed * length_s / 2
        points = ((side * half, y), (side * (half - reach), y - 0.3), (side * half, y - 0.8))
    else:
        points = ((side * half, y), (0.0, y), (-side * half, y - 0.3))
    route = Route(points=points, start_s=start_s, speed_m_s=speed, turn_m=1.5 if by_car else 0.35)
    if by_car:
        kind: Literal["car", "van"] = "van" if random.random() < 0.3 else "car"
        paint = PAINTS[int(random.integers(len(PAINTS)))]
        return Vehicle(id=id_, route=route, kind=kind, paint=paint, lights=night)
    return Walker(id=id_, route=route, looks=Looks.from_seed(seed * 1000 + id_))


def _half_view_m(camera: Camera, y: float) -> float:
    """Half the width of the view on the ground along a line at that y."""
    _, depth = camera.project(np.array([[0.0, y, 0.5]], np.float32))
    return camera.width / 2 / camera.pixels_per_metre(float(depth[0]))


def _cast(seed: int) -> Callable[[int], Looks]:
    return lambda id_: Looks.from_seed(seed * 100 + id_)


SCENES: dict[str, Callable[[int], SceneScript]] = {
    "car_park": parking,
    "corridor": hallway,
    "gate": gate,
    "gate_night": lambda seed: gate(seed, dark=True),
    "gate_rain": lambda seed: gate(seed, rain=True),
    "yard_night": yard_night,
}
