"""Collages: pieces of different pictures in one, for a student that is to see more than there is.

A few hundred pictures of a few places teach what these places look like. Pieces of them from
hundredths of a picture on, in other hues, turned, blended, side by side or one in another, teach
more, once a teacher was asked what it sees in each (Asano and Saeed 2023, arXiv 2112.00725).

collages/SEED-NUMBER.jpg    kept in the run's folder; the same for the same pictures and seed
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float64

from vigil.core import Image
from vigil.data.filmed import write_picture
from vigil.train.shown import Shown

FOLDER = "collages"
SIDE = 224
"""Pixels of a collage: as many as embedders take."""
LONG_SIDE = 480
"""Of the pictures that pieces are cut out of, while they are in memory."""
LEAST_AREA = 0.02
"""Of a picture that a piece shows."""
LEAST_PX = 24
"""Of a piece's side, before it is enlarged."""
SHAPE = 0.4
"""Log of how much longer than a square a piece may be, either way."""
TURNED, TURN, CLOSER = 0.15, 25.0, 1.3
"""Share of pieces that are turned, by how many degrees at most, and how much larger, so that
hardly a corner is empty."""
RECOLOURED = 0.5
"""Share of pieces in other hues."""
PASTED_PX = (40, 140)
Told = Callable[[int, int], object]
"""Called with collages there, and collages wanted."""


def collages(
    pictures: Sequence[Shown],
    folder: Path,
    *,
    count: int,
    seed: int = 0,
    told: Told = lambda done, total: None,
) -> list[Shown]:
    """So many collages of the pictures; those that are in the run's `folder` are not made again.

    Raises `DataError` when a picture cannot be read or a collage cannot be written.
    """
    place = folder / FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = [place / f"{seed}-{number:06}.jpg" for number in range(count)]
    there = {each.name for each in place.iterdir()}
    missing = [number for number, path in enumerate(paths) if path.name not in there]
    if missing:
        cutter = Cutter(pictures)
        for number in missing:
            # Of its number alone, so that a run that was cut short makes the same ones.
            made = collage(cutter, np.random.default_rng([seed, number]))
            beside = paths[number].with_suffix(".part.jpg")
            write_picture(made, beside)
            beside.replace(paths[number])
            told(number + 1, count)
    told(count, count)
    return [Shown(path=path, group=FOLDER) for path in paths]


def collage(cutter: "Cutter", chance: np.random.Generator) -> Image:
    """One piece, or several blended, side by side, or one in another."""
    first = cutter.piece(SIDE, SIDE, chance)
    return COMPOSED[chance.choice(len(COMPOSED), p=SHARES)](first, cutter, chance)


class Cutter:
    """Cuts pieces out of pictures: as often out of a camera's as the root of how many it has.

    A film of a thousand frames shows more than one picture does, and not a thousand times more.
    """

    def __init__(self, pictures: Sequence[Shown]) -> None:
        self._images = [_smaller(each.image()) for each in pictures]
        groups = [each.group for each in pictures]
        counts = {name: groups.count(name) for name in set(groups)}
        weights = np.array([counts[each] ** -0.5 for each in groups])
        self._shares: Float64[np.ndarray, " n"] = np.cumsum(weights / weights.sum())

    def piece(self, width: int, height: int, chance: np.random.Generator) -> Image:
        """Of any of the pictures, drawn at this size, perhaps mirrored, turned and recoloured."""
        row = int(np.searchsorted(self._shares, chance.random()))
        image = self._images[min(row, len(self._images) - 1)]
        piece = _cut(image, chance)
        shrinks = piece.shape[0] > height
        drawn = cv2.resize(
            piece, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
        if chance.random() < TURNED:
            turn = cv2.getRotationMatrix2D(
                (width / 2, height / 2), chance.uniform(-TURN, TURN), CLOSER
            )
            drawn = cv2.warpAffine(drawn, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
        made = np.asarray(drawn, np.uint8)
        return _recoloured(made, chance) if chance.random() < RECOLOURED else made


Composed = Callable[[Image, Cutter, np.random.Generator], Image]


def _alone(first: Image, _cutter: Cutter, _chance: np.random.Generator) -> Image:
    return first


def _blended(first: Image, cutter: Cutter, chance: np.random.Generator) -> Image:
    share = chance.uniform(0.35, 0.75)
    other = cutter.piece(SIDE, SIDE, chance)
    return np.asarray(cv2.addWeighted(first, share, other, 1 - share, 0), np.uint8)


def _side_by_side(first: Image, cutter: Cutter, chance: np.random.Generator) -> Image:
    at = int(chance.uniform(0.3, 0.7) * SIDE)
    image = first.copy()
    if chance.random() < 0.5:
        image[:, at:] = cutter.piece(SIDE - at, SIDE, chance)
    else:
        image[at:] = cutter.piece(SIDE, SIDE - at, chance)
    return image


def _one_in_another(first: Image, cutter: Cutter, chance: np.random.Generator) -> Image:
    image = first.copy()
    for _ in range(int(chance.integers(1, 4))):
        height, width = (int(side) for side in chance.integers(*PASTED_PX, 2))
        y, x = int(chance.integers(SIDE - height)), int(chance.integers(SIDE - width))
        image[y : y + height, x : x + width] = cutter.piece(width, height, chance)
    return image


COMPOSED: tuple[Composed, ...] = (_alone, _blended, _side_by_side, _one_in_another)
SHARES = (0.45, 0.15, 0.2, 0.2)
"""How often each."""


def _cut(image: Image, chance: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    # Evenly over logarithms: a fortieth of a picture is as likely as the half of it.
    area = height * width * float(np.exp(chance.uniform(np.log(LEAST_AREA), 0)))
    longer = float(np.exp(chance.uniform(-SHAPE, SHAPE)))
    high = min(height, max(LEAST_PX, round(area**0.5 * longer)))
    wide = min(width, max(LEAST_PX, round(area**0.5 / longer)))
    y, x = int(chance.integers(height - high + 1)), int(chance.integers(width - wide + 1))
    piece = image[y : y + high, x : x + wide]
    return np.ascontiguousarray(piece[:, ::-1]) if chance.random() < 0.5 else piece


def _recoloured(image: Image, chance: np.random.Generator) -> Image:
    colours = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32)
    hue, strong, light = cv2.split(colours)
    hue = (hue + int(chance.integers(-90, 90))) % 180  # half degrees
    strong = strong * chance.uniform(0.3, 2.2)
    light = light * chance.uniform(0.35, 1.5) + chance.uniform(-20, 20)
    changed = np.clip(cv2.merge([hue, strong, light]), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(changed, cv2.COLOR_HSV2RGB), np.uint8)


def _smaller(image: Image) -> Image:
    height, width = image.shape[:2]
    scale = LONG_SIDE / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
