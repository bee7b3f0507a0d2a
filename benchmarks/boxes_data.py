"""Labelled pictures for `python -m benchmarks learn --only boxes`, and unlabelled ones beside them.

PPE: 53 labelled frames of one film, `construction.mp4`, by their numbers in it; the film's other
frames are what nobody labelled. Potholes: photographs of roads, in two squares each, since holes
are small; photographs of cracks on the same roads are what nobody labelled.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.footage import DATA
from vigil.core import Image, ModelCard, ModelInput
from vigil.train.stills import Still

FILM = DATA / "videos" / "construction.mp4"
PPE = {1: "gloves", 2: "helmet", 3: "shoes", 4: "worker"}
"""By their numbers; of glasses there are three."""
BLOCKS, HELD = 9, 3
"""Stretches of films and roads, and how many of them are the hold-out."""
NEAR = 15
"""Frames, or numbers of photographs: what is so near to the hold-out is not learnt."""
CHOOSING = 8
"""Labelled pictures that choose the best epoch."""
FEW = 1 / 6
"""Of the others, those that a person labelled."""
EVERY = 3
"""Frames of the film that nobody labelled."""
INSIDE = 0.5
"""Share of a box within a square, from which it counts there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A picture, and where it was taken."""

    still: Still
    film: str
    number: int

    def is_near(self, others: Iterable["Placed"]) -> bool:
        return any(
            each.film == self.film and abs(each.number - self.number) <= NEAR for each in others
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """What a seed makes of a task; nothing of the hold-out, or near it, is in another part."""

    few: list[Still]
    """A person labelled them."""
    rest: list[Still]
    """A person labelled them, too, for others."""
    pool: list[Still]
    """Nobody labelled them."""
    choosing: list[Still]
    held: list[Still]


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """Pictures of one kind, as small copies."""

    name: str
    words: tuple[str, ...]
    labelled: list[Placed]
    bare: list[Placed]
    side: int

    @property
    def card(self) -> ModelCard:
        return card_of(self.name.lower(), self.words, self.side)

    def drawn(self, seed: int) -> Drawn:
        chance = np.random.default_rng(seed)
        placed = sorted(self.labelled, key=lambda each: (each.film, each.number))
        blocks = np.array_split(np.arange(len(placed)), BLOCKS)
        out = {int(row) for block in chance.choice(BLOCKS, HELD, False) for row in blocks[block]}
        held = [placed[row] for row in sorted(out)]
        free = [each for row, each in enumerate(placed) if row not in out]
        free = [each for each in free if not each.is_near(held)]
        shuffled = [free[int(row)].still for row in chance.permutation(len(free))]
        learnt = shuffled[CHOOSING:]
        few = round(FEW * len(learnt))
        rest = learnt[few:]
        pool = [each.still for each in self.bare if not each.is_near(held)]
        return Drawn(
            few=learnt[:few], rest=rest, pool=[*map(bare, rest), *pool],
            choosing=shuffled[:CHOOSING], held=[each.still for each in held],
        )  # fmt: skip


def card_of(name: str, words: tuple[str, ...], side: int) -> ModelCard:
    size = ModelInput(width=side, height=side)
    return ModelCard(name=name, file=f"{name}.onnx", head="points", labels=words, input=size)


def bare(still: Still) -> Still:
    """As if nobody had labelled it."""
    return replace(
        still, boxes=still.boxes[:0], words=still.words[:0], weights=still.weights[:0],
        said=frozenset(),
    )  # fmt: skip


def ppe(folder: Path, side: int) -> Task:
    numbers = {number: place for place, number in enumerate(PPE)}
    labelled = []
    # Of some pictures the labels were never delivered.
    for labels in sorted((DATA / "images" / "ppe").glob("*/labels/*.txt")):
        image = cv2.imread(str(labels.parents[1] / "images" / f"{labels.stem}.jpg"))
        height, width = image.shape[:2]
        rows = [[float(part) for part in line.split()] for line in labels.read_text().splitlines()]
        boxes = [
            (numbers[int(word)], *_corners(x * width, y * height, w * width, h * height))
            for word, x, y, w, h in rows
            if int(word) in numbers
        ]
        number = int(labels.stem.split("_")[1])
        still = _copied(image, boxes, folder / f"frame-{number}.png", side)
        labelled.append(Placed(still=still, film=FILM.name, number=number))
    known = {each.number for each in labelled}
    others = [
        Placed(still=_copied(image, (), folder / f"frame-{number}.png", side), film=FILM.name,
               number=number)
        for number, image in _frames(FILM)
        if number % EVERY == 0 and number not in known
    ]  # fmt: skip
    return Task(name="PPE", words=tuple(PPE.values()), labelled=labelled, bare=others, side=side)


def _frames(film: Path) -> Iterable[tuple[int, Image]]:
    video, number = cv2.VideoCapture(str(film)), 0
    while (read := video.read())[0]:
        yield number, np.asarray(read[1], np.uint8)
        number += 1
    video.release()


def potholes(folder: Path, side: int) -> Task:
    root = DATA / "images" / "potholes"
    labelled: list[Placed] = []
    others: list[Placed] = []
    for each in json.loads((root / "labels.json").read_text()):
        path = root / each["file"]
        image = cv2.imread(str(path))
        road, number = re.findall(r"^\d+_(.*)_(\d+)$", path.stem)[0]
        has_holes = each["label"] == "pothole"
        boxes = [(0, x, y, x + w, y + h) for x, y, w, h in each["pothole_boxes_xywh"]]
        for left in (0, image.shape[1] - image.shape[0]):
            square, within = _cut(image, boxes, left)
            kept = folder / f"{path.stem}-{left}.png"
            still = _copied(square, within if has_holes else (), kept, side)
            place = Placed(still=still, film=road, number=int(number))
            (labelled if has_holes else others).append(place)
    return Task(name="potholes", words=("pothole",), labelled=labelled, bare=others, side=side)


Boxes = Sequence[tuple[int, float, float, float, float]]
"""A word and the corners of what it names, pixels."""


def _cut(image: Image, boxes: Boxes, left: int) -> tuple[Image, Boxes]:
    """A square as high as a wide picture, and what is at least half in it."""
    high = image.shape[0]
    within = []
    for word, x1, y1, x2, y2 in boxes:
        start, end = max(x1 - left, 0), min(x2 - left, high)
        if end - start >= INSIDE * (x2 - x1):
            within.append((word, start, y1, end, y2))
    return image[:, left : left + high], within


def _corners(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _copied(image: Image, boxes: Boxes, path: Path, side: int) -> Still:
    """A copy large enough to be drawn at 1.6 times the input, which is decoded faster."""
    scale = min(1.0, 1.6 * side / max(image.shape[:2]))
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    cv2.imwrite(str(path), cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    words = np.array([word for word, *_ in boxes], np.int64)
    corners = np.array([box for _, *box in boxes], np.float32).reshape(-1, 4)
    return Still(
        path=path, boxes=corners * np.float32(scale), words=words,
        weights=np.ones(len(words), np.float32), group=path.stem,
        said=frozenset(words.tolist()),
    )  # fmt: skip
