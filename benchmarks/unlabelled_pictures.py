"""Pictures that nobody labelled: rendered views and frames of films, made once and kept."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.footage import CACHE, DATA
from vigil.core import Image
from vigil.media.films import frames_at, picture_times
from vigil.media.sampling import Span, uniform
from vigil.sim.flames import Flames
from vigil.sim.lamps import AMBER, RED, SignalLamp
from vigil.sim.smoke import Smoke
from vigil.sim.views import View, random_view
from vigil.sim.world import Disturbance

RECIPE = 1
"""Goes up when the pictures change, so that what was kept is not used."""
VIEWS, OF_EACH, FIRST = 200, 10, 50_000
"""Rendered: cameras, pictures of each, and the number of the first: no other view has it."""
WIDTH = 320
FILMS = {
    "videos/fire_house6.mp4": 50,
    "videos/smoke_tower.mp4": 30,
    "action/flipping_a_pancake.mkv": 30,
    "videos/aboda_video4.avi": 20,
    "videos/bottle-detection.mp4": 20,
    "videos/car-detection.mp4": 20,
    "videos/construction.mp4": 20,
    "videos/one-by-one-person-detection.mp4": 20,
    "videos/pedestrian_survaillance.mp4": 20,
    "videos/vehicle_survaillance.mp4": 20,
}
"""Frames of each; the first burns, the second smokes, the third shows a kitchen."""
QUALITY = 90


def rendered(views: int = VIEWS) -> list[Path]:
    """Places of all kinds, by day and by night; a fire burns in each third view."""
    folder = CACHE / f"unlabelled-{RECIPE}"
    return [path for number in range(views) for path in _view(folder, number)]


def _view(folder: Path, number: int) -> list[Path]:
    paths = [folder / f"view-{number}-{count}.jpg" for count in range(OF_EACH)]
    if not all(path.exists() for path in paths):
        view = _with_lights(random_view(FIRST + number, pictures=OF_EACH, width=WIDTH), number)
        for path, (picture, _) in zip(paths, view.pictures(), strict=True):
            _write(picture, path)
    return paths


def _with_lights(view: View, number: int) -> View:
    """A fire, or what is taken for one, or neither."""
    chance = np.random.default_rng([number, 83])
    x, y, _ = view.camera.target
    position = (x + float(chance.uniform(-1, 1)), y + float(chance.uniform(-1, 2)), 0.0)
    large = float(np.exp(chance.uniform(np.log(0.5), np.log(2.5))))
    added: tuple[Disturbance, ...] = ()
    # It begins after the second picture, so that the same place is seen without it.
    when = {"start_s": 8.0, "end_s": 999.0}
    if number % 3 == 0:
        flames = Flames(position=position, width_m=large, height_m=1.4 * large, seed=number, **when)
        added = (flames, Smoke(position=position, seed=number, **when))[: 1 + number % 2]
    elif number % 3 == 1:
        colour = RED if number % 2 else AMBER
        lamp = SignalLamp(
            position=(position[0], position[1], 1.5), radius_m=0.15 * large, colour=colour,
            seed=number, **when,
        )  # fmt: skip
        added = (lamp,)
    world = replace(view.world, disturbances=(*view.world.disturbances, *added))
    return replace(view, world=world)


def frames() -> list[Path]:
    """Of films, evenly over each."""
    return [path for name, count in FILMS.items() for path in _frames(DATA / name, count)]


def _frames(film: Path, count: int) -> list[Path]:
    folder = CACHE / f"unlabelled-{RECIPE}"
    paths = [folder / f"{film.stem}-{number}.jpg" for number in range(count)]
    if not all(path.exists() for path in paths):
        times = uniform(Span.of(picture_times(film)), count)
        for number, frame in frames_at(film, times):
            _write(frame.rgb(WIDTH), paths[number])
    return paths


def _write(picture: Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part.jpg")
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(beside), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    beside.replace(path)
