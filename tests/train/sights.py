"""Whole pictures that can be told apart in seconds: a red square or a blue disc on grey."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32
from tests.train import toys

from vigil.core import Embedder, Image
from vigil.infer.head import Head
from vigil.train.shown import Shown
from vigil.train.teaching import Teacher

SIDE = 64


def sight(word: str, chance: np.random.Generator) -> Image:
    grey = chance.integers(90, 150, (SIDE, SIDE), np.uint8)
    image = cv2.merge([cv2.GaussianBlur(grey, (0, 0), 3)] * 3)
    side = int(chance.integers(24, 40))
    x, y = (int(chance.integers(0, SIDE - side)) for _ in range(2))
    toys.draw(image, word, x, y, side)
    return np.asarray(image, np.uint8)


def sights(folder: Path, count: int, *, seed: int = 0) -> list[Shown]:
    """Every other one shows a disc; two cameras."""
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number in range(count):
        path = folder / f"{seed}-{number}.png"
        image = sight(toys.WORDS[number % 2], chance)
        cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        found.append(Shown(path=path, word=number % 2, group=f"camera-{number % 4 // 2}"))
    return found


class Colours:
    """An embedder: how blue, and how red, a picture is. Counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        self.asked += len(images)
        means = np.stack([image.reshape(-1, 3).mean(0) for image in images]) / 255
        return np.stack([means[:, 2] - means[:, 0], np.ones(len(images))], 1).astype(np.float32)


def teacher(embedder: Embedder | None = None, words: tuple[str, ...] = toys.WORDS) -> Teacher:
    """Blue is a disc."""
    head = Head(
        words=words, embedder="colours",
        weights=np.array([[1.0, 0.0]], np.float32), bias=np.zeros(1, np.float32),
        slope=np.full(1, 40.0, np.float32), offset=np.zeros(1, np.float32),
    )  # fmt: skip
    return Teacher(head=head, embedder=embedder or Colours())
