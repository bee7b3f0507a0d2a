"""Forecasts of ways: coefficients that were put in come out, and intervals hold what they say."""

import numpy as np
import pytest
from numpy.random import default_rng
from statsmodels.tsa.arima_process import arma_generate_sample

from vigil.train.paths.forecasting import fit, forecast, stands
from vigil.train.paths.ways import Points


def walked(speeds: np.ndarray, *, start: float = 100.0) -> Points:
    """Both axes at the same speeds."""
    x = start + np.r_[0, np.cumsum(speeds)]
    return np.stack([x, x], 1)


def process(ar: tuple[float, ...], ma: tuple[float, ...], count: int, seed: int) -> np.ndarray:
    rng = default_rng(seed)
    return np.asarray(
        2.0
        + arma_generate_sample(
            np.r_[1, -np.array(ar)], np.r_[1, np.array(ma)], count, distrvs=rng.standard_normal
        )
    )


def test_coefficients_of_a_known_process_are_found() -> None:
    found = fit(process((0.6, 0.3), (), 3000, seed=1), 5)
    assert found.order[0] in {2, 3}
    assert found.ar[:2] == pytest.approx([0.6, 0.3], abs=0.06)
    assert found.sigma == pytest.approx(1, abs=0.05)


def test_an_arma_process_is_found_by_what_it_forecasts() -> None:
    """Orders that are equal in effect are equal in likelihood; their forecasts say the same."""
    found = fit(process((0.7,), (0.5,), 600, seed=2), 5, model="arma")
    assert found.order[1] >= 1
    answer = [1, 1.2, 0.84, 0.588, 0.4116]
    assert found.spread() == pytest.approx(np.sqrt(np.cumsum(np.cumsum(answer) ** 2)), rel=0.1)


def test_noise_alone_needs_no_memory() -> None:
    orders = [fit(process((), (), 120, seed=seed), 3).order[0] for seed in range(20)]
    assert orders.count(0) > 12


@pytest.mark.parametrize("ar", [(), (0.7,), (0.5, -0.4)])
def test_intervals_hold_as_much_as_they_say(ar: tuple[float, ...]) -> None:
    inside, steps = [], 8
    for seed in range(80):
        speeds = process(ar, (), 80, seed)
        said = fit(speeds[:-steps], steps)
        away = np.abs(np.cumsum(speeds[-steps:]) - np.cumsum(said.next))
        inside.append(away[[0, 3, 7]] <= 1.96 * said.spread()[[0, 3, 7]])
    for held in np.mean(inside, 0):
        assert 0.85 < held <= 1


def test_who_walks_evenly_goes_on() -> None:
    said = forecast(walked(np.full(40, 3.0)), 10)
    assert said.mean[:, 0] == pytest.approx(220 + 3.0 * np.arange(1, 11))
    assert (np.diff(said.spread[:, 0]) > 0).all()


def test_a_forecast_never_runs_away() -> None:
    """A speed that doubles each step is no reason to believe that it will for ever."""
    said = forecast(walked(1.2 ** np.arange(30)), 50)
    assert np.abs(said.mean).max() < 1e5


def test_too_few_points_are_told_of() -> None:
    with pytest.raises(ValueError, match="12 points; at least 20 are needed"):
        forecast(walked(np.ones(11)), 3)


def test_who_trembles_stands() -> None:
    tremble = 300 + default_rng(0).normal(0, 2, (50, 2))
    assert stands(tremble, height=100)
    assert not stands(walked(np.ones(50)), height=100)
