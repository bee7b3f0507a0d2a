"""Errors that gather are told; those of a few clips are not."""

import numpy as np
import pytest
from scipy.stats import binomtest

from vigil.core import Image
from vigil.train.subgroups import clothing_of, errors_by, light_of, size_of, wilson


@pytest.mark.parametrize(("errors", "clips"), [(0, 8), (1, 10), (7, 20), (40, 40)])
def test_intervals_are_those_of_wilson(errors: int, clips: int) -> None:
    known = binomtest(errors, clips).proportion_ci(0.95, method="wilson")
    assert wilson(errors, clips) == pytest.approx((known.low, known.high), abs=1e-4)


def test_a_group_with_more_errors_is_worse() -> None:
    light = ["dark"] * 40 + ["bright"] * 60
    right = np.array([n % 2 == 0 for n in range(40)] + [n % 10 > 0 for n in range(60)])
    dark, bright = errors_by(right, {"light": light})
    assert (dark.value, dark.errors, dark.rate, dark.said) == ("dark", 20, 0.5, "worse")
    assert (bright.value, bright.errors, bright.said) == ("bright", 6, "better")


def test_chance_is_not_called_a_bias() -> None:
    chance, called = np.random.default_rng(0), 0
    for _ in range(200):
        right, place = chance.random(80) < 0.8, chance.choice(["a", "b"], 80)
        called += any(row.said for row in errors_by(right, {"place": list(place)}))
    assert called < 10


def test_few_clips_say_nothing() -> None:
    right = np.array([False] * 9 + [True] * 50)
    few, many = errors_by(right, {"place": ["yard"] * 9 + ["gate"] * 50})
    assert (few.value, few.said) == ("yard", "too few to say")
    assert many.said == "too few to say"


def test_what_is_unknown_is_no_group_to_compare_with() -> None:
    right = np.array([False] * 30 + [True] * 30 + [True] * 30)
    values = ["unknown"] * 30 + ["small"] * 30 + ["large"] * 30
    rows = {row.value: row for row in errors_by(right, {"size": values})}
    assert rows["small"].said == rows["large"].said == rows["unknown"].said == ""


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="light: 1 values for 2 clips"):
        errors_by(np.array([True, False]), {"light": ["dark"]})


def grey(value: int) -> Image:
    return np.full((100, 80, 3), value, np.uint8)


def test_traits_are_measured() -> None:
    assert [light_of([grey(value)]) for value in (20, 90, 200)] == ["dark", "dim", "bright"]
    person = np.array([[20, 20, 40, 80]], np.float32)
    dressed = grey(120)
    dressed[30:50, 20:40] = 30
    assert clothing_of([dressed], [person]) == "dark clothes"
    assert clothing_of([dressed], None) == "unknown"
    assert size_of([dressed], [person]) == "large"
    assert size_of([dressed], [person / 4]) == "small"
    assert size_of([dressed], [np.zeros((0, 4), np.float32)]) == "unknown"
    assert size_of([grey(90), grey(90)], None) == "little moves"
    passing = grey(90)
    passing[30:40, 20:40] = 200
    assert size_of([grey(90), passing], None) == "some moves"
    assert size_of([grey(90), grey(190)], None) == "much moves"
