"""Drift is told where cameras show something else, and nowhere else."""

import numpy as np
import pytest

from vigil.flywheel.drift import FAR, LEAST, drifts_of, kolmogorov_smirnov

scipy_stats = pytest.importorskip("scipy.stats", reason="the reference needs scipy")


def looks(count: int, seed: int, *, score: float = 0.6, luma: float = 0.5) -> np.ndarray:
    chance = np.random.default_rng(seed)
    columns = [chance.normal(score, 0.1, count), chance.normal(0.2, 0.05, count)]
    return np.stack([*columns, chance.normal(luma, 0.05, count)], 1)


@pytest.mark.parametrize(("first", "second", "shift"), [(30, 40, 0.0), (80, 50, 0.4), (200, 90, 1)])
def test_the_statistic_is_that_of_scipy(first: int, second: int, shift: float) -> None:
    chance = np.random.default_rng(first)
    a, b = chance.normal(0, 1, first), chance.normal(shift, 1, second)
    distance, probability = kolmogorov_smirnov(a, b)
    reference = scipy_stats.ks_2samp(a, b, method="asymp")
    assert distance == pytest.approx(reference.statistic)
    assert probability == pytest.approx(reference.pvalue, abs=0.05)


def test_the_same_values_are_no_drift() -> None:
    same = [0.0] * 40
    assert kolmogorov_smirnov(same, same) == (0.0, 1.0)


def test_what_stays_the_same_seldom_drifts() -> None:
    told = [drifts_of("gate", looks(50, n), {"gate": looks(60, 1000 + n)}) for n in range(300)]
    assert sum(map(bool, told)) <= 6


def test_a_darker_camera_with_lower_scores_drifts() -> None:
    known = {"gate": looks(60, 1)}
    found = drifts_of("gate", looks(50, 2, score=0.35, luma=0.2), known)
    assert [drift.figure for drift in found] == ["luma", "score"]
    assert all(drift.distance >= FAR and drift.looks == 50 for drift in found)
    assert str(found[0]).startswith("gate: luma is off by 1.00 in 50 looks")


def test_a_new_camera_drifts_only_where_it_is_like_no_other() -> None:
    known = {"day": looks(60, 1, luma=0.5), "night": looks(60, 2, luma=0.1)}
    assert drifts_of("second night", looks(50, 3, luma=0.1), known) == []
    assert [each.figure for each in drifts_of("dusk", looks(50, 4, luma=0.3), known)] == ["luma"]


def test_few_looks_say_nothing() -> None:
    few = looks(LEAST - 1, 5, luma=0.0)
    assert drifts_of("gate", few, {"gate": looks(60, 1)}) == []
    assert drifts_of("gate", looks(60, 5, luma=0.0), {"gate": looks(LEAST - 1, 1)}) == []
    assert drifts_of("gate", looks(60, 5, luma=0.0), {}) == []
