"""Draw contact sheets of the rendered world: `python -m benchmarks contact_sheets`.

`sim-stories`: a moment of a film of each rule, when what it is to tell of has begun.
`sim-lures`: what is like it and is not, and what else people wear, carry and do.
`sim-conditions`: one moment of one place by day and night, in weathers, and before cameras that
are not well.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.rule_stories import modules
from benchmarks.scenarios import Rendered
from vigil.core import Image
from vigil.media.encode import H264Options, VideoWriter
from vigil.media.films import film_frames
from vigil.sim.acts import PLACES, Director, FalseAct
from vigil.sim.camera import Camera
from vigil.sim.gear import Helmet, Vest
from vigil.sim.lamps import SignalLamp
from vigil.sim.mishaps import Covered, Darkness, Defocus, Dirt, Fog, Turned
from vigil.sim.motions import Deed
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route, Stop
from vigil.sim.smoke import Steam
from vigil.sim.world import (
    Actor,
    Bag,
    Disturbance,
    Frozen,
    LightSwitch,
    Rain,
    Shake,
    Vehicle,
    Walker,
    World,
)

FOLDER = Path(__file__).parents[1] / "docs/images"
WIDTH, HEIGHT, COLUMNS, QUALITY = 240, 135, 6, 82
SHOWN_S, LATER_S = 4.0, 2.5
LATEST_S = {"debris": 7.0, "lying_still": 9.0, "smoke": 14.0}
"""What takes longer to be seen."""
SEEDS = 24
"""Among so many films of a rule, one is sure to be no lure, and one to be the lure asked for."""
LITTLE = 40_000
"""Bits a second."""


def tile(picture: Image, words: str) -> Image:
    """A picture at the size of the sheet, with its name below."""
    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    name = np.full((18, WIDTH, 3), 255, np.uint8)
    cv2.putText(name, words, (3, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (40, 40, 40), 1, cv2.LINE_AA)
    return np.pad(np.vstack([small, name]), ((0, 4), (0, 4), (0, 0)), constant_values=255)


def sheet(tiles: Sequence[Image]) -> Image:
    """Rows of tiles."""
    blank = np.full_like(tiles[0], 255)
    whole = [*tiles, *[blank] * (-len(tiles) % COLUMNS)]
    rows = [np.hstack(whole[first : first + COLUMNS]) for first in range(0, len(whole), COLUMNS)]
    return np.vstack(rows)


def stories() -> Image:
    """What each rule is to tell of."""
    tiles = []
    for name, module in modules("film").items():
        films = (module.film(seed) for seed in range(SEEDS))
        film: Rendered = next(film for film in films if film.wanted)
        (first, *_) = film.wanted
        later_s = LATEST_S.get(name, LATER_S)
        at_s = min(first.start_s + later_s, (first.start_s + first.end_s) / 2 + 0.1)
        picture, _ = Renderer(world=film.world, camera=film.camera).picture(at_s)
        tiles.append(tile(picture, name))
    return sheet(tiles)


def lures() -> Image:
    """What is like it and is not, and what the films of the rules leave out."""
    modules_of, always = modules("film"), {"start_s": 0.0, "end_s": 60.0}

    def told(rule: str, story: str, at_s: float) -> Image:
        films = (modules_of[rule].film(seed) for seed in range(SEEDS))
        film: Rendered = next(film for film in films if film.story == story)
        return Renderer(world=film.world, camera=film.camera).picture(at_s)[0]

    lamps = (
        SignalLamp(**always, position=(-0.6, 2.4, 0.9), radius_m=0.1),
        SignalLamp(**always, position=(0.8, 3.0, 1.7), pattern="turns"),
    )
    steam = Steam(**always, position=(0.3, 2.4, 0.0))
    tiles = [
        tile(before_the_yard(4.0, things=lamps), "red lamps"),
        tile(before_the_yard(5.2, things=(steam,)), "steam"),
        tile(told("fire", "vests", 9.0), "orange clothes"),
        tile(told("smoke", "black smoke", 30.0), "black smoke"),
        tile(told("fight", "hug", 12.0), "hug"),
        *(tile(picture, words) for words, picture in in_the_yard().items()),
    ]
    acts: dict[FalseAct, str] = {
        "resting_dog": "dog", "litter": "litter", "shadow": "shadow of somebody unseen",
        "cloud": "shadow of a cloud", "headlights": "headlights", "insect": "insect",
        "branch": "twig",
    }  # fmt: skip
    tiles += [tile(acted(what), words) for what, words in acts.items()]
    return sheet(tiles)


def in_the_yard() -> dict[str, Image]:
    """What people wear, carry and do, before the same camera."""
    looks, way = Looks.from_seed(5), ((-6.0, 2.2), (0.0, 2.4), (6.0, 2.2))
    route = Route(points=way, start_s=0.0, stops=(Stop(1, 6.0),))
    other = replace(route, points=((-6.0, 4.0), (0.5, 3.0), (6.0, 4.0)), start_s=6.0)
    met_s = route.stop_interval_s(1)[0]
    walker = Walker(id=1, looks=looks, route=route)
    taker = Walker(id=2, looks=Looks.from_seed(8), route=other)
    helmet = Helmet(id=3, looks=looks, route=route)
    bag = Bag(id=4, owner=1, put_down_s=met_s + 0.7)
    again_s, taken_s = met_s + 5.0, other.stop_interval_s(1)[0] + 1.0
    down = replace(walker, deeds=(Deed(what="lie_down", start_s=met_s, lasts_s=30.0),))
    seated = replace(walker, deeds=(Deed(what="sit_down", start_s=met_s, lasts_s=30.0),))
    casts: dict[str, tuple[tuple[Actor, ...], float]] = {
        "helmet and vest": ((walker, helmet, Vest(id=5, looks=looks, route=route)), met_s - 1.0),
        "without": ((walker, replace(helmet, off_from_s=met_s)), met_s + 2.0),
        "bag reclaimed": ((walker, replace(bag, picked_up_s=again_s)), again_s + 2.5),
        "taken by another": (
            (walker, taker, replace(bag, picked_up_s=taken_s, taken_by=2)), taken_s + 0.2,
        ),
        "lies": ((down,), met_s + 6.0),
        "sits": ((seated,), met_s + 4.0),
    }  # fmt: skip
    return {words: before_the_yard(at_s, actors=actors) for words, (actors, at_s) in casts.items()}


def before_the_yard(
    at_s: float, *, actors: Sequence[Actor] = (), things: Sequence[Disturbance] = ()
) -> Image:
    """A moment before a camera that is near."""
    world = World(
        site=PLACES["yard"].site(False),
        seconds=60.0,
        actors=tuple(actors),
        disturbances=tuple(things),
    )
    camera = Camera(position=(0.0, -4.2, 2.6), target=(0.0, 2.6, 0.7), width=480, height=270)
    return Renderer(world=world, camera=camera).picture(at_s)[0]


def acted(what: FalseAct) -> Image:
    """The middle of an act of the street that is no event."""
    where, night = PLACES["street"], what == "headlights"
    director = Director(where, seed=4, night=night)
    director.put_on(what)
    (act,) = director.acts
    world = World(
        site=where.site(night),
        seconds=act.end_s,
        actors=tuple(director.actors),
        disturbances=tuple(director.disturbances),
    )
    camera = replace(where.camera, width=2 * WIDTH, height=2 * HEIGHT)
    return Renderer(world=world, camera=camera).picture((act.start_s + act.end_s) / 2)[0]


def street(camera: Camera, *disturbances: Disturbance, night: bool = False) -> World:
    """Somebody passes, and a car."""
    ways = (((-8.0, 5.0), (8.0, 5.4)), ((-26.0, 9.0), (26.0, 9.0)))
    walker = Walker(id=1, looks=Looks.from_seed(3), route=Route(points=ways[0], start_s=-1.0))
    car = Vehicle(
        id=2, route=Route(points=ways[1], start_s=0.0, speed_m_s=6.5), lights=night
    )  # fmt: skip
    site = PLACES["street"].site(night)
    return World(site=site, seconds=9.0, actors=(walker, car), disturbances=disturbances)


def conditions() -> Image:
    """The same moment, otherwise."""
    camera = replace(PLACES["street"].camera, width=2 * WIDTH, height=2 * HEIGHT, rate=10.0)
    beside = replace(camera, position=(-4.4, -2.2, 4.4), target=(2.6, 4.6, 0.5), view_deg=70)
    always = {"start_s": 0.0, "end_s": 9.0}
    away = Turned(**always, world=street(camera), camera=replace(camera, target=(14.0, 6.0, 2.0)))
    shown = {
        "by day": street(camera),
        "at night": street(camera, night=True),
        "rain": street(camera, Rain(**always)),
        "fog": street(camera, Fog(**always, onset_s=0.0, sight_m=9.0)),
        "light switched": street(camera, LightSwitch(at_s=1.0)),
        "covered": street(camera, Covered(**always, share=0.6)),
        "painted over": street(camera, Covered(**always, kind="paint", share=0.7)),
        "out of focus": street(camera, Defocus(**always)),
        "dirt": street(camera, Dirt(**always, onset_s=0.0)),
        "dark": street(camera, Darkness(**always)),
        "frozen before the car came": street(camera, Frozen(start_s=1.5, end_s=9.0)),
        "turned away": street(camera, away),
    }
    tiles = [tile(seen(world, camera), name) for name, world in shown.items()]
    usual, swaying = shown["by day"], street(camera, Shake(**always, pixels=9.0))
    tiles.append(tile(laid_over(swaying, camera), "shake, two pictures laid over"))
    tiles.append(tile(seen(usual, beside), "second camera"))
    tiles.append(tile(seen(usual, replace(camera, noise=5.0)), "noise"))
    tiles.append(tile(seen(usual, replace(camera, monochrome=True)), "infrared"))
    tiles.append(tile(coded(usual, camera), f"{LITTLE // 1000} kbit/s"))
    return sheet(tiles)


def seen(world: World, camera: Camera) -> Image:
    return Renderer(world=world, camera=camera).picture(SHOWN_S)[0]


def laid_over(world: World, camera: Camera) -> Image:
    """Two pictures in a row as one: what moved between them is seen twice."""
    view = Renderer(world=world, camera=camera)
    first, second = (view.picture(SHOWN_S + late_s)[0] for late_s in (0.0, 1 / camera.rate))
    return np.asarray(cv2.addWeighted(first, 0.5, second, 0.5, 0.0), np.uint8)


def coded(world: World, camera: Camera) -> Image:
    """As it comes out of a stream with few bits."""
    view = Renderer(world=world, camera=camera)
    with tempfile.TemporaryDirectory() as folder:
        path, options = Path(folder) / "few.mp4", H264Options(bit_rate=LITTLE)
        with VideoWriter(path, camera.width, camera.height, camera.rate, options=options) as film:
            for number in range(12):
                film.write(view.picture(SHOWN_S + (number - 11) / camera.rate)[0])
        *_, last = film_frames(path)
        return last.rgb(camera.width)


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in (("stories", stories), ("lures", lures), ("conditions", conditions)):
        path = FOLDER / f"sim-{name}.jpg"
        cv2.imwrite(str(path), draw()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(path)
    return 0
