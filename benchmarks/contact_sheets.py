"""Draw contact sheets of the rendered world: `python -m benchmarks contact_sheets`.

`sim-stories`: a moment of a film of each rule, when what it is to tell of has begun.
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
from vigil.sim.acts import PLACES
from vigil.sim.camera import Camera
from vigil.sim.mishaps import Covered, Darkness, Defocus, Dirt, Fog, Turned
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route
from vigil.sim.world import Disturbance, LightSwitch, Rain, Vehicle, Walker, World

FOLDER = Path(__file__).parents[1] / "docs/images"
WIDTH, HEIGHT, COLUMNS, QUALITY = 240, 135, 6, 82
SHOWN_S, LATER_S = 4.0, 2.5
SEEDS = 8
"""Among so many films of a rule, one is sure to be no lure."""
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
        at_s = min(first.start_s + LATER_S, (first.start_s + first.end_s) / 2 + 0.1)
        picture, _ = Renderer(world=film.world, camera=film.camera).picture(at_s)
        tiles.append(tile(picture, name))
    return sheet(tiles)


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
        "turned away": street(camera, away),
    }
    tiles = [tile(seen(world, camera), name) for name, world in shown.items()]
    usual = shown["by day"]
    tiles.append(tile(seen(usual, beside), "second camera"))
    tiles.append(tile(seen(usual, replace(camera, noise=5.0)), "noise"))
    tiles.append(tile(seen(usual, replace(camera, monochrome=True)), "infrared"))
    tiles.append(tile(coded(usual, camera), f"{LITTLE // 1000} kbit/s"))
    return sheet(tiles)


def seen(world: World, camera: Camera) -> Image:
    return Renderer(world=world, camera=camera).picture(SHOWN_S)[0]


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
    for name, picture in (("sim-stories", stories()), ("sim-conditions", conditions())):
        path = FOLDER / f"{name}.jpg"
        cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(path)
    return 0
