"""Vectors as an embedder might give them, with known words."""

import numpy as np

WORDS = ("fire", "other")


def clouds(
    count: int = 40, *, words: int = 2, apart: float = 3.0, seed: int = 0, width: int = 20
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around one direction a word, `apart` standard deviations from each other."""
    chance = np.random.default_rng(seed)
    marks = np.arange(count) % words
    centres = np.eye(words, width) * apart
    vectors = centres[marks] + chance.normal(size=(count, width)) / np.sqrt(width)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), marks.astype(np.int64)
