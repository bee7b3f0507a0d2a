"""Alarms of residuals: who goes otherwise than was forecast from their own way."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64
from scipy.stats import chi2

from vigil.train.paths.forecasting import LEAST_POINTS, Forecast, Model, forecast
from vigil.train.paths.ways import Points, Way

Kind = Literal["runs", "stops", "turns", "strays"]
CHANCE = 1e-3
"""Of an alarm at a point where nothing is unusual."""
MEMORY_S = 12.0
"""Of its way, a forecast counts so much: who strolled a minute ago may stroll no more."""
FAR = 0.3
"""Of its height: nearer to the forecast nothing is worth telling."""
FASTER, SLOWER = 1.6, 0.4
"""Times the speed that was forecast."""
WALKS = 0.3
"""Heights a second: below, nobody walks, and a direction means nothing."""
TURNED_DEG = 45.0


@dataclass(frozen=True, kw_only=True)
class Surprise:
    """A moment at which a thing was not where it was forecast to be."""

    kind: Kind
    """`runs`, `stops`, `turns`; `strays`: none of these alone."""
    time_s: float
    """UTC seconds of the first such point."""
    point: int
    """Its number on the way."""
    at: tuple[float, float]
    """Where it was, source pixels."""
    wanted: tuple[float, float]
    """Where it should have been."""
    distance: float
    """Between both, in standard deviations of the forecast."""


def surprises(way: Way, *, ahead_s: float = 1.0, model: Model = "ar") -> Iterator[Surprise]:
    """Forecast each `ahead_s` from what came before it, and compare; one alarm a stretch at most.

    What comes before the first alarm must be `LEAST_POINTS` long.
    """
    steps, memory = max(1, round(ahead_s * way.rate_hz)), round(MEMORY_S * way.rate_hz)
    for now in range(LEAST_POINTS, len(way.feet) - steps + 1, steps):
        said = forecast(way.feet[max(0, now - memory) : now], steps, model=model)
        came = way.feet[now : now + steps]
        if (point := _first(came, said, way.height)) is None:
            continue
        yield Surprise(
            kind=_kind(way.feet[now - 1], came[-1], said, way.height, steps / way.rate_hz),
            time_s=way.time_s(now + point),
            point=now + point,
            at=(float(came[point, 0]), float(came[point, 1])),
            wanted=(float(said.mean[point, 0]), float(said.mean[point, 1])),
            distance=float(_distances(came, said)[point]),
        )


def _distances(came: Points, said: Forecast) -> Float64[np.ndarray, "steps"]:
    """Standard deviations, both axes together."""
    return np.asarray(np.linalg.norm((came - said.mean) / said.spread, axis=1), np.float64)


def _first(came: Points, said: Forecast, height: float) -> int | None:
    far = np.linalg.norm(came - said.mean, axis=1) > FAR * height
    unlikely = _distances(came, said) > np.sqrt(chi2.ppf(1 - CHANCE, df=2))
    found = np.flatnonzero(far & unlikely)
    return int(found[0]) if len(found) else None


def _kind(
    start: Float64[np.ndarray, "2"], end: Float64[np.ndarray, "2"], said: Forecast,
    height: float, seconds: float,
) -> Kind:  # fmt: skip
    went, wanted = end - start, said.mean[-1] - start
    speed, hoped = (float(np.linalg.norm(each)) / height / seconds for each in (went, wanted))
    if speed > WALKS and speed > FASTER * hoped:
        return "runs"
    if hoped > WALKS and speed < SLOWER * hoped:
        return "stops"
    if min(speed, hoped) > WALKS:
        along = float(went @ wanted) / float(np.linalg.norm(went) * np.linalg.norm(wanted))
        if along < np.cos(np.radians(TURNED_DEG)):
            return "turns"
    return "strays"
