"""A data set of tiny films: a block walks to the right, or to the left, or it rests."""

from pathlib import Path

import numpy as np

from vigil.media.encode import H264Options, VideoWriter

WIDTH, HEIGHT, RATE = 64, 48, 10
STEPS = {"right": 4, "left": -4, "rest": 0}


def write_walk(path: Path, word: str, seed: int, *, seconds: float = 1.0) -> Path:
    """A block of its own place and colour on a ground of its own."""
    chance = np.random.default_rng([seed, *word.encode()])
    ground = chance.integers(60, 120, (HEIGHT, WIDTH, 3), np.uint8)
    top, left = int(chance.integers(4, 28)), int(chance.integers(WIDTH))
    colour = chance.integers(180, 255, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    options = H264Options(key_every=RATE, preset="ultrafast")
    with VideoWriter(path, WIDTH, HEIGHT, RATE, options=options) as writer:
        for index in range(round(seconds * RATE)):
            picture = ground.copy()
            columns = (left + index * STEPS[word] + np.arange(14)) % WIDTH
            picture[top : top + 16, columns] = colour
            writer.write(picture)
    return path


def write_walks(folder: Path, count: int, words: tuple[str, ...] = ("left", "right")) -> Path:
    """So many films of each word, in folders of their words."""
    for word in words:
        for number in range(count):
            write_walk(folder / word / f"{word}{number}.mp4", word, number)
    return folder
