"""Forecasts of a way by AR or ARMA of its speed (Box and Jenkins 1970), fitted by statsmodels.

Places add up speeds, so a place's error does, too: with ψ the answer of the speed to one surprise,
the variance h steps ahead is σ² Σ (ψ₀ + … + ψⱼ)² over j < h; to it comes what n speeds leave open
of their mean, σ² (h Σψ)² / n. Both axes are fitted by themselves.
"""

import warnings
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from jaxtyping import Float64
from statsmodels.tools.sm_exceptions import ConvergenceWarning, SingularMatrixWarning
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.arima_process import arma2ma

from vigil.train.paths.ways import Points

Model = Literal["ar", "arma"]
Series = Float64[np.ndarray, "n"]
MOST_AR, MOST_MA = 4, 2
LEAST_POINTS = 20
"""Fewer tell nothing about an order."""
STEADY = 1.02
"""Roots of a process must lie so far out: nearer to the circle a forecast runs away."""
STILL = 0.25
"""Of its height: what stays within it stands."""
LEAST_SPREAD = 1e-3
"""Pixels a step: of what is drawn by a ruler."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Process:
    """What was fitted to the speed along one axis."""

    order: tuple[int, int]
    """How many speeds (AR) and how many surprises (MA) before count."""
    ar: Series
    ma: Series
    sigma: float
    """Standard deviation of a surprise, pixels a step."""
    aic: float
    next: Series
    """The forecast speeds, pixels a step."""

    learnt: int
    """From so many speeds."""

    def spread(self) -> Series:
        """Standard deviation of the place after each step of the forecast, pixels.

        Of what is to come, and of the mean speed, which a short way tells badly.
        """
        steps = len(self.next)
        answer = arma2ma(np.r_[1, -self.ar], np.r_[1, self.ma], lags=steps)
        to_come = np.cumsum(np.cumsum(answer) ** 2)
        in_all = (1 + self.ma.sum()) / (1 - self.ar.sum())
        of_mean = (np.arange(1, steps + 1) * in_all) ** 2 / self.learnt
        return np.asarray(self.sigma * np.sqrt(to_come + of_mean), np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast:
    """Where a thing will be, step by step."""

    mean: Points
    spread: Points
    """Standard deviation, pixels."""
    orders: tuple[tuple[int, int], tuple[int, int]]
    """Of the processes of x and y."""


def forecast(feet: Points, steps: int, *, model: Model = "ar") -> Forecast:
    """Of the next `steps` after the last point.

    Raises `ValueError` for fewer points than `LEAST_POINTS`.
    """
    if len(feet) < LEAST_POINTS:
        raise ValueError(f"{len(feet)} points; at least {LEAST_POINTS} are needed")
    x, y = (fit(np.diff(axis), steps, model=model) for axis in feet.T)
    speeds = np.stack([x.next, y.next], 1)
    return Forecast(
        mean=feet[-1] + np.cumsum(speeds, 0),
        spread=np.stack([x.spread(), y.spread()], 1),
        orders=(x.order, y.order),
    )


def stands(feet: Points, height: float) -> bool:
    """Whether it stayed where it was."""
    away = np.linalg.norm(feet - np.median(feet, 0), axis=1)
    return bool(np.percentile(away, 95) < STILL * height)


def fit(speeds: Series, steps: int, *, model: Model = "ar") -> Process:
    """The process with the least AIC (Akaike 1974) among those that are stable.

    All orders are judged by the same speeds: those after the longest memory.
    """
    most = min(MOST_AR, len(speeds) // 8)
    if float(speeds.std()) < LEAST_SPREAD:
        return _even(speeds, steps)
    if model == "ar":
        found = [_ar(speeds, order, most, steps) for order in range(most + 1)]
    else:
        orders = product(range(most + 1), range(min(MOST_MA, most) + 1))
        found = [_arma(speeds, order, steps) for order in orders]
    return min((each for each in found if each is not None), key=lambda each: each.aic)


def _even(speeds: Series, steps: int) -> Process:
    return Process(
        order=(0, 0), ar=np.zeros(0), ma=np.zeros(0), sigma=LEAST_SPREAD, aic=-np.inf,
        next=np.full(steps, speeds.mean()), learnt=len(speeds),
    )  # fmt: skip


def _ar(speeds: Series, order: int, most: int, steps: int) -> Process | None:
    with warnings.catch_warnings():
        # Of a speed without surprises several coefficients are as good: any will do.
        warnings.simplefilter("ignore", SingularMatrixWarning)
        found = AutoReg(speeds, lags=order, trend="c", hold_back=most).fit()
    ar = np.asarray(found.params[1:], np.float64)
    if not _stable(ar):
        return None
    # What is left over counts what it cost to learn; the likelihood's own estimate does not.
    freedom = max(1, len(speeds) - most - order - 1)
    sigma = float(np.sqrt(np.sum(found.resid**2) / freedom))
    return Process(
        order=(order, 0), ar=ar, ma=np.zeros(0), sigma=max(sigma, LEAST_SPREAD),
        aic=float(found.aic), next=np.asarray(found.forecast(steps), np.float64),
        learnt=len(speeds),
    )  # fmt: skip


def _arma(speeds: Series, order: tuple[int, int], steps: int) -> Process | None:
    with warnings.catch_warnings():
        # Of some orders no best point is found; theirs is then not the least AIC either.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)
        try:
            found = ARIMA(speeds, order=(order[0], 0, order[1]), trend="c").fit()
        except np.linalg.LinAlgError:
            return None
    ar, ma = (np.asarray(each, np.float64) for each in (found.arparams, found.maparams))
    if not _stable(ar):
        return None
    freedom = max(1, len(speeds) - sum(order) - 1)
    sigma = float(np.sqrt(np.sum(found.resid**2) / freedom))
    return Process(
        order=order, ar=ar, ma=ma, sigma=max(sigma, LEAST_SPREAD), aic=float(found.aic),
        next=np.asarray(found.forecast(steps), np.float64), learnt=len(speeds),
    )  # fmt: skip


def _stable(ar: Series) -> bool:
    if not len(ar):
        return True
    # 1 - a1 z - a2 z² …, as numpy wants it: the highest power first.
    roots = np.roots(np.r_[-ar[::-1], 1])
    return bool(np.abs(roots).min() >= STEADY) if len(roots) else True
