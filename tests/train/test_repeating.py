"""Pictures of rare words come more often."""

from pathlib import Path

import numpy as np
import pytest

from vigil.train.repeating import factors, repeated
from vigil.train.stills import Still


def still(*words: int) -> Still:
    return Still(
        path=Path("x.png"), boxes=np.zeros((len(words), 4), np.float32),
        words=np.array(words, np.int64), weights=np.ones(len(words), np.float32), group="a",
    )  # fmt: skip


def test_a_picture_comes_as_often_as_its_rarest_word_says() -> None:
    stills = [still(0)] * 96 + [still(0, 1)] * 4
    found = factors(stills, 0.16)
    assert found[0] == 1
    assert found[-1] == pytest.approx(2.0)  # the root of 0.16 / 0.04
    rows = repeated(stills, 0.16, np.random.default_rng(0))
    assert np.bincount(rows).tolist() == [1] * 96 + [2] * 4


def test_what_is_left_of_a_factor_is_left_to_chance() -> None:
    stills = [still(0)] * 900 + [still(1)] * 100
    rows = repeated(stills, 0.225, np.random.default_rng(0))  # 1.5 times
    assert 130 < (rows >= 900).sum() < 170


def test_nothing_is_repeated_unasked() -> None:
    stills = [still(), still(0), still(1, 1)]
    assert repeated(stills, 0.0, np.random.default_rng(0)).tolist() == [0, 1, 2]
    assert factors([still()], 0.5).tolist() == [1.0]
