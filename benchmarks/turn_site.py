"""The rendered site of `turn`: day cameras, whose truth taught a model, and night cameras."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from vigil.core import Box, Label, Labeler, Labelled, Medium, Origin, Scene, iou
from vigil.core.boxes import as_array
from vigil.data.freezing import HOLDOUT, split_of
from vigil.sim.acts import PLACES
from vigil.sim.camera import Camera
from vigil.sim.film import read_truth, write_film
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route
from vigil.sim.truth import Truth
from vigil.sim.world import Walker, World

WIDTH, RATE, VIEW_DEG = 320, 6.0, 50.0
PLACE, ASIDE_M = "yard", 1.2
"""All cameras look at one yard, each from a place of its own, so far aside at most."""
FILM_S, APART_S = 60.0, 3.0
"""What a camera plays again and again, and from one who comes to the next."""
ACROSS_M, REACH_M, WALK_M_S = 8.0, (0.5, 7.0), 1.3
"""To either side; how near and far people pass."""
WORD = "person"
BY = "scripted truth"
"""The reviewer of this benchmark is the renderer: it knows what it has drawn."""
VISIBLE = 0.5
"""Who is hidden further is not asked for."""
SAME = 0.4
"""Overlap from which a track is the person: a tracker's box lags a little."""
NIGHT_EXPOSURE, NIGHT_NOISE = 0.45, 1.0
"""Of the usual: by its lamps the yard's nights would be brighter than samples call dark."""
START_S = 1_800_000_000.0
"""UTC seconds at which the watch begins, as its films have it."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """A camera of the site."""

    name: str
    """Its split is that of its name, as everywhere: names are chosen so that each split has one."""
    seed: int
    night: bool


def split_named(camera: str) -> str:
    """Where a camera's pictures belong, by its name."""
    return split_of(Labelled(medium=Medium(path="", width=0, height=0, group=camera)))


def posts() -> tuple[list[Post], list[Post]]:
    """Day cameras and night cameras; the numbers in their names decide who teaches whom."""
    day = [
        Post(name=_named("day", split, at), seed=at, night=False)
        for at, split in enumerate(("train", "train", "train", "val", HOLDOUT))
    ]
    night = [
        Post(name=_named("night", split, at), seed=50 + at, night=True)
        for at, split in enumerate(("train", "val", HOLDOUT))
    ]
    return day, night


def _named(kind: str, split: str, at: int) -> str:
    """A name that falls to the split; different for each `at`."""
    names = (f"{kind}-{number}" for number in range(100 * at, 100 * at + 100))
    return next(name for name in names if split_named(name) == split)


@dataclass(frozen=True, kw_only=True, eq=False)
class Film:
    """What a camera plays again and again, and what is really in it."""

    path: Path
    truths: list[Truth]

    @property
    def seconds(self) -> float:
        return len(self.truths) / RATE

    def at(self, time_s: float) -> Truth:
        """The truth so long after it began to be played."""
        return self.truths[round(time_s % self.seconds * RATE) % len(self.truths)]


def filmed(post: Post, folder: Path) -> Film:
    """Render what the camera plays."""
    film = write_film(folder / f"{post.name}.mp4", *_world(post))
    return Film(path=film.path, truths=read_truth(film.truth))


def stills(post: Post, folder: Path, count: int) -> Iterator[Labelled]:
    """Pictures of a camera, evenly over its film, with the truth as labels of people."""
    world, camera = _world(post)
    view = Renderer(world=world, camera=camera)
    for number in range(count):
        image, truth = view.picture(FILM_S * number / count)
        name = f"{post.name}-{number}.png"
        cv2.imwrite(str(folder / name), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        medium = Medium(path=name, width=camera.width, height=camera.height, group=post.name)
        yield Labelled(medium=medium, labels=labels_of(truth))


def labels_of(truth: Truth) -> tuple[Label, ...]:
    origin = Origin(labeler=Labeler.HUMAN, by=BY, time_s=1.0)
    return tuple(Label(word=WORD, shape=box, origin=origin) for box in people_in(truth))


def people_in(truth: Truth) -> list[Box]:
    """Those whom somebody could see."""
    return [
        Box(*(float(side) for side in box))
        for box, label, visible in zip(truth.boxes, truth.labels, truth.visible, strict=True)
        if label == WORD and visible >= VISIBLE
    ]


def seen_in(scene: Scene, truth: Truth) -> tuple[int, int]:
    """Of the people who are there: how many have a track that this look confirmed, and all."""
    there = people_in(truth)
    found = [
        track.box
        for track in scene.tracks
        if track.label == WORD and abs(track.last_seen_s - scene.time_s) < 0.01
    ]
    if not there or not found:
        return 0, len(there)
    overlaps = iou(as_array(there), as_array(found))
    return int((overlaps.max(1) >= SAME).sum()), len(there)


def _world(post: Post) -> tuple[World, Camera]:
    """People cross the yard in both directions, each once, as near or far as chance has it."""
    where = PLACES[PLACE]
    chance = np.random.default_rng(post.seed)
    x, y, z = where.camera.position
    aside = chance.uniform(-ASIDE_M, ASIDE_M, 3)
    camera = replace(
        where.camera,
        name=post.name,
        width=WIDTH,
        height=WIDTH * 9 // 32 * 2,
        rate=RATE,
        seed=post.seed,
        view_deg=VIEW_DEG,
        position=(x + aside[0], y + aside[1], z + aside[2] / 3),
        # As cameras do by night: black and white, and grainy.
        monochrome=post.night,
        noise=NIGHT_NOISE if post.night else 1.0,
    )
    site = where.site(post.night)
    if post.night:
        light = replace(site.light, exposure=NIGHT_EXPOSURE * site.light.exposure)
        site = replace(site, light=light)
    walkers = tuple(_walker(number, chance) for number in range(round(FILM_S / APART_S)))
    return World(site=site, seconds=FILM_S, actors=walkers, seed=post.seed), camera


def _walker(number: int, chance: np.random.Generator) -> Walker:
    near, far = (float(chance.uniform(*REACH_M)) for _ in range(2))
    points = ((-ACROSS_M, near), (ACROSS_M, far))
    route = Route(
        points=points if chance.random() < 0.5 else points[::-1],
        # The first are halfway across when the film begins.
        start_s=APART_S * number - ACROSS_M / WALK_M_S,
        speed_m_s=WALK_M_S * float(chance.uniform(0.8, 1.25)),
    )
    return Walker(id=number + 1, looks=Looks.from_seed(int(chance.integers(1 << 31))), route=route)
