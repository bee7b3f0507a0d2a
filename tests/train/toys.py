"""A data set that can be learnt in seconds: red squares and blue discs on grey."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from vigil.core import Box, Label, Labeler, Labelled, Medium, ModelCard, ModelInput, Origin
from vigil.data.formats import Files
from vigil.data.library import Library

WORDS = ("disc", "square")
SIDE = 96
CARD = ModelCard(
    name="toys", file="toys.onnx", head="points", labels=WORDS,
    input=ModelInput(width=SIDE, height=SIDE), licence_code="Apache-2.0", licence_weights="CC0-1.0",
)  # fmt: skip


def toys(folder: Path, count: int, *, seed: int = 0) -> Iterator[Labelled]:
    """Writes so many pictures below a folder; each is a camera of its own, seen by a person."""
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        grey = chance.integers(90, 150, (SIDE, SIDE), np.uint8)
        image = cv2.merge([cv2.GaussianBlur(grey, (0, 0), 3)] * 3)
        labels = []
        for half in range(2):
            word = WORDS[int(chance.integers(2))]
            side = int(chance.integers(20, 40))
            x = half * SIDE // 2 + int(chance.integers(0, SIDE // 2 - side + 1))
            y = int(chance.integers(0, SIDE - side))
            draw(image, word, x, y, side)
            labels.append(
                Label(
                    word=word,
                    shape=Box(x, y, x + side, y + side),
                    origin=Origin(labeler=Labeler.HUMAN, by="ana"),
                )
            )
        name = f"{seed}-{number}.png"
        cv2.imwrite(str(folder / name), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        medium = Medium(path=name, width=SIDE, height=SIDE, group=f"camera-{seed}-{number}")
        yield Labelled(medium=medium, labels=tuple(labels))


def draw(image: np.ndarray, word: str, x: int, y: int, side: int) -> None:
    if word == "square":
        cv2.rectangle(image, (x, y), (x + side - 1, y + side - 1), (230, 40, 40), -1)
    else:
        middle = (x + side // 2, y + side // 2)
        cv2.circle(image, middle, side // 2, (40, 60, 240), -1)


def library(folder: Path, count: int, *, seed: int = 0) -> Library:
    """The same as a data set that grows."""
    found = Library(folder / "library")
    found.add(toys(folder / "made", count, seed=seed), Files(root=folder / "made", carry="copy"))
    return found
