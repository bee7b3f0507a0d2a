"""A few real pictures and videos, and data sets drawn from them."""

from pathlib import Path
from random import Random

import cv2
import numpy as np

from vigil.core import (
    Box,
    Label,
    Labeler,
    Labelled,
    Medium,
    Origin,
    Outline,
    Place,
    Shape,
    Stretch,
    TrackPath,
)
from vigil.media.encode import VideoWriter

PICTURES = (
    Medium(path="a.png", width=64, height=48),
    Medium(path="yard/b.png", width=33, height=120, group="yard"),
    Medium(path="门/c d.png", width=200, height=17),
    Medium(path="yard/e.png", width=50, height=50, group="yard"),
)
VIDEOS = (
    Medium(path="gate.mp4", width=64, height=48, frames=12, rate=10.0),
    Medium(path="yard/v_Run_g02_c01.mp4", width=96, height=64, frames=30, rate=25.0, group="yard"),
)
WORDS = ("person", "未戴安全帽", "traffic light", 'a "b" <c> & d')


def make(root: Path) -> Path:
    """The files of the pool."""
    for medium in PICTURES:
        path = root / medium.path
        path.parent.mkdir(parents=True, exist_ok=True)
        done, data = cv2.imencode(".png", np.zeros((medium.height, medium.width, 3), np.uint8))
        assert done
        path.write_bytes(data.tobytes())
    for medium in VIDEOS:
        picture = np.zeros((medium.height, medium.width, 3), np.uint8)
        with VideoWriter(root / medium.path, medium.width, medium.height, medium.rate) as writer:
            for number in range(medium.frames):
                picture[:, number] = 255
                writer.write(picture)
    return root


def data_set(chance: Random) -> list[Labelled]:
    """Some of the media, each once, with labels of all kinds on them."""
    media = [medium for medium in PICTURES + VIDEOS if chance.random() < 0.6]
    return [(_video if medium.is_video else _picture)(chance, medium) for medium in media]


def _picture(chance: Random, medium: Medium) -> Labelled:
    shapes = (None, _box(chance, medium), _outline(chance, medium))
    return Labelled(
        medium=medium,
        labels=tuple(_label(chance, chance.choice(shapes)) for _ in range(chance.randint(0, 4))),
        split=chance.choice(["", "train", "val", "test"]),
    )


def _video(chance: Random, medium: Medium) -> Labelled:
    shapes: list[Shape] = [_path(chance, medium, track) for track in range(chance.randint(0, 3))]
    first, last = sorted(chance.choices(range(medium.frames), k=2))
    others = (None, Stretch(first=first, last=last))
    shapes += [chance.choice(others) for _ in range(chance.randint(0, 2))]
    return Labelled(
        medium=medium,
        labels=tuple(_label(chance, shape) for shape in shapes),
        split=chance.choice(["", "train", "test"]),
    )


def _label(chance: Random, shape: Shape) -> Label:
    origin = Origin(
        labeler=chance.choice(list(Labeler)),
        by=chance.choice(["", "qwen@7b3f", "李雷"]),
        score=chance.choice([None, 0.0, 0.37, 1.0]),
        reviewer=chance.choice(["", "ana"]),
        time_s=chance.choice([0.0, 1_750_000_000.5]),
    )
    return Label(
        word=chance.choice(WORDS),
        shape=shape,
        origin=origin,
        id=chance.choice(["", "l1", "标签-2"]),
    )


def _quarter(chance: Random, most: int) -> float:
    """A length that every format can say, or nearly."""
    return chance.randint(0, 4 * most) / 4


def _box(chance: Random, medium: Medium) -> Box:
    x, y = _quarter(chance, medium.width - 1), _quarter(chance, medium.height - 1)
    return Box(x, y, x + 0.25 + _quarter(chance, 9), y + 0.5 + _quarter(chance, 9))


def _outline(chance: Random, medium: Medium) -> Outline:
    wide, high, count = medium.width, medium.height, chance.randint(3, 6)
    corners = [(_quarter(chance, wide), _quarter(chance, high)) for _ in range(count)]
    return Outline(corners=tuple(corners))


def _path(chance: Random, medium: Medium, track: int) -> TrackPath:
    frames = sorted(chance.sample(range(medium.frames), k=chance.randint(1, 5)))
    keys: list[Place] = []
    for frame in frames:
        seen = not keys or chance.random() < 0.7
        # One key after another that both say "gone" would say it twice.
        if seen or keys[-1].seen:
            keys.append(Place(frame, _box(chance, medium), seen, chance.random() < 0.3))
    return TrackPath(track=track, places=tuple(keys))
