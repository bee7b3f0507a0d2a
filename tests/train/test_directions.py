"""The strongest directions of a teacher keep what pictures differ in."""

import numpy as np

from vigil.train.directions import strongest


def taught(count: int, width: int = 40, rank: int = 6) -> np.ndarray:
    chance = np.random.default_rng(0)
    loud = 2.0 ** -np.arange(rank)
    found = 3 + chance.normal(size=(count, rank)) * loud @ chance.normal(size=(rank, width))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)


def test_few_directions_keep_who_is_near_whom() -> None:
    vectors = taught(3000)
    found = strongest(vectors, 2500, count=8).astype(np.float32)
    assert found.shape == (3000, 8)
    assert np.abs(found[:2500].mean(0)).max() < 0.02 * found.std()
    whole = vectors.astype(np.float32) - vectors[:2500].mean(0, dtype=np.float32)
    apart = np.linalg.norm(whole[2500:, None] - whole[None, 2500:], axis=2).ravel()
    here = np.linalg.norm(found[2500:, None] - found[None, 2500:], axis=2).ravel()
    assert np.corrcoef(apart, here)[0, 1] > 0.8


def test_loud_directions_become_quieter_and_stay_the_loudest() -> None:
    vectors = taught(400)
    spreads = strongest(vectors, 400, count=6).astype(np.float32).std(0)
    whole = vectors.astype(np.float32)
    before = np.linalg.svd(whole - whole.mean(0), compute_uv=False)[:6]
    assert (np.diff(spreads) < 0).all()
    assert spreads[0] / spreads[2] < 0.9 * before[0] / before[2]


def test_of_few_pictures_there_are_few_directions() -> None:
    assert strongest(taught(5), 4).shape == (5, 4)
