"""Pictures of painted boxes, and a teacher that reads them: blue says the word, red the score."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from vigil.core import (
    Box,
    Detections,
    Image,
    Label,
    Labeler,
    Labelled,
    Medium,
    ModelError,
    Origin,
    Shape,
)
from vigil.data.formats import Files
from vigil.data.library import Library
from vigil.flywheel.teachers.teacher import Words

WORDS = ("hen", "fox")
SIZE = (160, 120)
Painted = tuple[str, float, Box]


def picture(things: Sequence[Painted], *, shade: int = 0) -> Image:
    """Each thing as a filled box; `shade` makes pictures of the same things differ."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    image[..., 1] = shade
    for word, score, (x1, y1, x2, y2) in things:
        image[int(y1) : int(y2), int(x1) : int(x2)] = (
            round(score * 200),
            255,
            100 + WORDS.index(word),
        )
    return image


def reading(image: Image) -> Detections:
    """What is painted."""
    boxes, scores, labels = [], [], []
    for number, word in enumerate(WORDS):
        mask = (image[..., 2] == 100 + number).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for x, y, wide, high, _ in stats[1:count]:
            boxes.append((x, y, x + wide, y + high))
            scores.append(float(image[y, x, 0]) / 200)
            labels.append(word)
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.array(scores, np.float32),
        labels=tuple(labels),
    )


class Reader:
    """Counts what it is asked, and may die on the way."""

    labeler = Labeler.MODEL
    usual = 0.5

    def __init__(
        self,
        words: Sequence[str] = WORDS,
        *,
        whole: bool = False,
        dies_after: int | None = None,
        name: str = "reader@1",
    ) -> None:
        self.words: Words = {word: (word,) for word in words}
        self.whole, self.name = whole, name
        self.asked = 0
        self._dies_after = dies_after

    def propose(self, images: Sequence[Image]) -> list[Detections | None]:
        if self._dies_after is not None and self.asked >= self._dies_after:
            raise ModelError("the power went")
        self.asked += len(images)
        return [reading(image) for image in images]


class Judge:
    """Says yes to what the truth holds."""

    name = "judge#1"

    def __init__(self, truth: Mapping[str, bool]) -> None:
        self._truth = truth
        self.asked: list[tuple[Box | None, str]] = []

    def check(self, image: Image, asked: Sequence[tuple[Box | None, str]]) -> list[bool | None]:
        self.asked += asked
        return [self._truth.get(word) for _, word in asked]


def library_of(
    folder: Path,
    pictures: Sequence[tuple[Image, Sequence[tuple[str, Shape]]]],
    *,
    labeler: Labeler = Labeler.HUMAN,
) -> Library:
    """A library with these pictures, and what people say of them."""
    source = folder.with_name(f"{folder.name}-files")
    source.mkdir(parents=True, exist_ok=True)
    things = []
    for number, (image, said) in enumerate(pictures):
        path = source / f"{number}.png"
        cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        labels = tuple(
            Label(word=word, shape=shape, origin=Origin(labeler=labeler), id=f"{number}-{at}")
            for at, (word, shape) in enumerate(said)
        )
        medium = Medium(path=path.name, width=image.shape[1], height=image.shape[0])
        things.append(Labelled(medium=medium, labels=labels))
    library = Library(folder)
    library.add(things, Files(root=source))
    return library
