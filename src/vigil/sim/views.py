"""Views for training: places seen by cameras of all heights, with people and vehicles anywhere.

Nothing of them is a story. Each view has its own camera, hour, clothes and paints, so that what a
network learns of many views holds for one that it has not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vigil.core import Image
from vigil.sim.acts import PLACES
from vigil.sim.animals import COATS, Animal
from vigil.sim.camera import Camera
from vigil.sim.gear import ORANGE, YELLOW, Helmet, Vest
from vigil.sim.light import overcast
from vigil.sim.motions import Deed
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route
from vigil.sim.site import Site
from vigil.sim.truth import Truth
from vigil.sim.vehicles import PAINTS
from vigil.sim.world import Actor, Bag, Vehicle, Walker, World

OUTDOORS = ("street", "car_park", "yard")
INDOORS = 0.2
"""Share of views in a corridor."""
DARK, GREY = 0.25, 0.35
"""Shares of the others at night, and by day under clouds."""
FURTHEST_M = 45.0
"""Nobody is put further from the camera: they would be a few pixels."""
STEP_S = 3.0
"""Between two pictures of a view, in which people walk on."""
AT_HOME = ((0.0, 3.0), 0.9)
"""Middle and half width, metres, of where people go in a corridor."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A camera's pictures of a world that was made for them."""

    name: str
    world: World
    camera: Camera
    moments_s: tuple[float, ...]

    def pictures(self) -> Iterator[tuple[Image, Truth]]:
        """In order of time."""
        drawn = Renderer(world=self.world, camera=self.camera)
        for moment_s in self.moments_s:
            yield drawn.picture(moment_s)


def random_view(seed: int, *, pictures: int = 4, width: int = 480) -> View:
    """The view of that number, always the same; `width` of its pictures, pixels."""
    random = np.random.default_rng([seed, 41])
    indoors = bool(random.random() < INDOORS)
    place = "corridor" if indoors else str(random.choice(OUTDOORS))
    dark = not indoors and bool(random.random() < DARK)
    camera = replace(
        _corridor_camera(random) if indoors else _camera(random),
        name=f"view-{seed}", width=width, height=width * 9 // 32 * 2, seed=seed,
        monochrome=dark and bool(random.random() < 0.6),
    )  # fmt: skip
    seconds = STEP_S * (pictures + 1)
    cast = _Cast(camera, random, seconds, dark=dark, indoors=indoors)
    world = World(
        site=_site(place, dark, random), seconds=seconds, actors=tuple(cast.actors()), seed=seed
    )
    moments = tuple(STEP_S * (number + 1) for number in range(pictures))
    return View(name=camera.name, world=world, camera=camera, moments_s=moments)


def _site(place: str, dark: bool, random: np.random.Generator) -> Site:
    """The place without its own parked vehicles, which the truth does not tell."""
    site = PLACES[place].site(dark)
    if place == "corridor":
        return site
    grey = not dark and random.random() < GREY
    return replace(site, props=(), light=overcast() if grey else site.light)


def _camera(random: np.random.Generator) -> Camera:
    """From a doorbell's height to a roof's, some looking nearly straight down."""
    height_m = float(np.exp(random.uniform(np.log(2.2), np.log(11.0))))
    x, y = float(random.uniform(-8, 8)), float(random.uniform(-14, -3))
    steep = random.random() < 0.25
    reach_m = float(random.uniform(1.0, 4.0) if steep else random.uniform(6.0, 18.0))
    aside_m = float(random.uniform(-0.7, 0.7)) * reach_m
    return Camera(
        position=(x, y, height_m),
        target=(x + aside_m, y + reach_m, 0.5),
        view_deg=float(random.uniform(40, 85)),
    )


def _corridor_camera(random: np.random.Generator) -> Camera:
    return Camera(
        position=(float(random.uniform(-0.9, 0.9)), -5.5, float(random.uniform(2.1, 2.8))),
        target=(float(random.uniform(-0.4, 0.4)), float(random.uniform(0.5, 5)), 0.9),
        view_deg=float(random.uniform(50, 85)),
    )


class _Cast:
    """Who is there, each in some place that the camera sees."""

    def __init__(
        self,
        camera: Camera,
        random: np.random.Generator,
        seconds: float,
        *,
        dark: bool,
        indoors: bool,
    ) -> None:
        self._camera, self._random, self._seconds = camera, random, seconds
        self._dark, self._indoors = dark, indoors
        self._rays = camera.rays(0.125).reshape(-1, 3)
        self._id = 0

    def actors(self) -> Iterator[Actor]:
        """People with what they wear and carry, vehicles, now and then an animal."""
        for _ in range(int(self._random.integers(0, 6))):
            yield from self._person()
        if self._indoors:
            return
        for _ in range(int(self._random.integers(0, 5))):
            yield self._vehicle()
        if self._random.random() < 0.15:
            coat = COATS[int(self._random.integers(len(COATS)))]
            kind: Literal["dog", "cat"] = "dog" if self._random.random() < 0.6 else "cat"
            yield Animal(id=self._next(), kind=kind, coat=coat, route=self._way(0.8))

    def _person(self) -> Iterator[Actor]:
        random = self._random
        looks = Looks.from_seed(int(random.integers(1 << 31)))
        rests = random.random() < 0.25
        route = self._spot() if rests else self._way(float(random.uniform(0.6, 1.9)))
        deeds = (self._deed(),) if rests and random.random() < 0.5 else ()
        walker = Walker(id=self._next(), looks=looks, route=route, deeds=deeds)
        yield walker
        if not deeds and random.random() < 0.2:
            yield Helmet(id=self._next(), looks=looks, route=route, colour=YELLOW)
        if not deeds and random.random() < 0.2:
            yield Vest(id=self._next(), looks=looks, route=route, colour=ORANGE)
        if not rests and random.random() < 0.25:
            down_s = float(random.uniform(0.5, 2.0)) * self._seconds
            yield Bag(id=self._next(), owner=walker.id, put_down_s=down_s)

    def _deed(self) -> Deed:
        what: tuple[Literal["lie_down", "sit_down", "crouch", "talk"], ...] = (
            "lie_down", "sit_down", "crouch", "talk",
        )  # fmt: skip
        chosen = what[int(self._random.integers(len(what)))]
        faces = float(self._random.uniform(-np.pi, np.pi))
        return Deed(what=chosen, start_s=-6.0, lasts_s=1e3, faces=faces)

    def _vehicle(self) -> Vehicle:
        random = self._random
        return Vehicle(
            id=self._next(),
            kind="van" if random.random() < 0.3 else "car",
            paint=PAINTS[int(random.integers(len(PAINTS)))],
            lights=self._dark and bool(random.random() < 0.7),
            route=self._spot() if random.random() < 0.4 else self._way(float(random.uniform(2, 7))),
        )

    def _way(self, speed_m_s: float) -> Route:
        """Through a seen place, which is reached somewhen within the view's time."""
        x, y = self._seen()
        angle = float(self._random.uniform(-np.pi, np.pi))
        before = speed_m_s * float(self._random.uniform(0.2, 0.8)) * self._seconds
        after = speed_m_s * self._seconds
        way = np.array([np.cos(angle), np.sin(angle)])
        if self._indoors:
            way = np.array([0.1, 1.0 if angle > 0 else -1.0])
        start, end = np.array([x, y]) - way * before, np.array([x, y]) + way * after
        points = ((float(start[0]), float(start[1])), (float(end[0]), float(end[1])))
        return Route(points=points, speed_m_s=speed_m_s)

    def _spot(self) -> Route:
        """Standing still, turned anywhere: the way is so slow that it leads nowhere."""
        x, y = self._seen()
        angle = float(self._random.uniform(-np.pi, np.pi))
        points = ((x, y), (x + float(np.cos(angle)), y + float(np.sin(angle))))
        return Route(points=points, speed_m_s=0.01, start_s=-1.0)

    def _seen(self) -> tuple[float, float]:
        """A place on the ground behind some pixel, so that near and far ones come alike."""
        if self._indoors:
            (x, y), half = AT_HOME
            return x + float(self._random.uniform(-half, half)), y + float(
                self._random.uniform(-5, 9)
            )
        place = np.array(self._camera.position, np.float64)
        for _ in range(50):
            ray = self._rays[int(self._random.integers(len(self._rays)))]
            if ray[2] < -1e-3 and (depth := -place[2] / ray[2]) < FURTHEST_M:
                return float(place[0] + ray[0] * depth), float(place[1] + ray[1] * depth)
        return self._camera.target[:2]

    def _next(self) -> int:
        self._id += 1
        return self._id
