"""Bands promise what the exact binomial bound allows, and no more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from vigil.core import Ruling
from vigil.stages.verify.bands import Band, fit_band, upper_bound


@pytest.mark.parametrize(("hits", "of"), [(0, 10), (0, 114), (1, 200), (7, 50), (49, 50)])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95])
def test_the_bound_is_clopper_and_pearsons(hits: int, of: int, confidence: float) -> None:
    exact = binomtest(hits, of, alternative="less").proportion_ci(confidence, method="exact").high
    assert upper_bound(hits, of, confidence) == pytest.approx(exact, abs=1e-6)


def test_everybody_missed_bounds_nothing() -> None:
    assert upper_bound(5, 5, 0.9) == 1.0


def test_a_band_rules_on_either_side_of_itself() -> None:
    band = Band(low=0.2, high=0.7)
    rulings = [band.ruling(likelihood) for likelihood in (0.1, 0.2, 0.5, 0.7, 0.8)]
    assert rulings == [Ruling.REJECTED, *[Ruling.UNSURE] * 3, Ruling.CONFIRMED]


@pytest.mark.parametrize(("low", "high"), [(0.6, 0.4), (-0.1, 0.5), (0.5, 1.2)])
def test_a_band_that_does_not_go_up_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="a band goes up"):
        Band(low=low, high=high)


def samples(true: int, false: int, seed: int = 0) -> tuple[list[float], list[bool]]:
    """Likelihoods of a judge that is right most of the time."""
    random = np.random.default_rng(seed)
    scores = np.concatenate([random.beta(5, 1.5, true), random.beta(1.5, 4, false)])
    return scores.tolist(), [True] * true + [False] * false


def test_the_band_keeps_the_wanted_rates_with_their_bound() -> None:
    scores, truths = samples(400, 300)
    found = fit_band(scores, truths, 0.02)
    assert 0 < found.band.low < found.band.high < 1
    assert found.miss_bound <= 0.02
    missed = [s for s, t in zip(scores, truths, strict=True) if t and s < found.band.low]
    passed = [s for s, t in zip(scores, truths, strict=True) if not t and s > found.band.high]
    assert (len(missed), len(passed)) == (found.missed, found.passed)
    assert upper_bound(found.passed, 300, 0.9) <= 0.02


def test_few_samples_reject_and_confirm_nothing() -> None:
    scores, truths = samples(20, 20)
    found = fit_band(scores, truths, 0.02)
    assert found.band == Band(low=0.0, high=1.0)
    assert found.unsure == 1.0


def test_a_higher_rate_never_widens_the_band() -> None:
    scores, truths = samples(300, 300)
    widths = []
    for rate in (0.01, 0.02, 0.05, 0.1):
        band = fit_band(scores, truths, rate).band
        widths.append(band.high - band.low)
    assert widths == sorted(widths, reverse=True)


def test_cleanly_parted_samples_leave_no_band() -> None:
    scores, truths = [0.9] * 200 + [0.1] * 200, [True] * 200 + [False] * 200
    found = fit_band(scores, truths, 0.02)
    assert found.band.low == found.band.high
    assert 0.1 < found.band.low < 0.9
    assert (found.missed, found.passed, found.unsure) == (0, 0, 0.0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=150),
    st.floats(0.005, 0.4),
)
def test_whatever_the_samples_the_promise_holds(
    found: list[tuple[float, bool]], rate: float
) -> None:
    scores, truths = [score for score, _ in found], [truth for _, truth in found]
    band = fit_band(scores, truths, rate)
    true = sum(truths)
    if band.missed:
        assert upper_bound(band.missed, true, 0.9) <= rate
    if band.passed:
        assert upper_bound(band.passed, len(truths) - true, 0.9) <= rate


@pytest.mark.parametrize(
    ("scores", "truths", "rate"),
    [([], [], 0.02), ([0.5], [True, False], 0.02), ([1.5], [True], 0.02), ([0.5], [True], 0.0)],
)
def test_what_makes_no_sense_is_refused(
    scores: list[float], truths: list[bool], rate: float
) -> None:
    with pytest.raises(ValueError, match=r"likelihood|rates"):
        fit_band(scores, truths, rate)
