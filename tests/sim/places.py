"""A small square with one post, quick to draw."""

from dataclasses import replace

from vigil.sim.camera import Camera
from vigil.sim.light import Light, daylight
from vigil.sim.people import Looks
from vigil.sim.route import Route
from vigil.sim.site import Ground, Site, Wall
from vigil.sim.world import Actor, Disturbance, Walker, World

CAMERA = Camera(position=(0.0, -7.0, 3.2), target=(0.0, 2.0, 0.8), width=320, height=180, noise=0)


def square(light: Light | None = None, walls: tuple[Wall, ...] = ()) -> Site:
    return Site(
        name="square",
        grounds=(Ground(kind="asphalt", colour=(0.5, 0.5, 0.5)),),
        walls=walls,
        light=light or daylight(),
        half_m=8.0,
    )


def shadeless() -> Light:
    """So much sky and so little sun that nothing darkens the ground but the foot itself."""
    return Light(sun_strength=0.0, sky_strength=0.9)


def walker(id_: int = 1, y: float = 0.0, start_s: float = 0.0, speed_m_s: float = 1.5) -> Walker:
    route = Route(points=((-6.0, y), (6.0, y)), start_s=start_s, speed_m_s=speed_m_s)
    return Walker(id=id_, looks=Looks.from_seed(id_), route=route)


def world(
    *actors: Actor,
    site: Site | None = None,
    seconds: float = 8.0,
    disturbances: tuple[Disturbance, ...] = (),
    seed: int = 0,
) -> World:
    return World(
        site=site or square(),
        seconds=seconds,
        actors=actors,
        disturbances=disturbances,
        seed=seed,
    )


def noisy(camera: Camera = CAMERA) -> Camera:
    return replace(camera, noise=1.0)
