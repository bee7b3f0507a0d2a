"""The path of something that is thrown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GRAVITY_OVER_SIZE = (5.0, 600.0)
"""Fall in sizes a second squared: 9.8 m/s² over things of 2 m down to 1.6 cm."""
BEND = 1.5
"""Pixels by which the path must leave the straight line, and ..."""
BEND_SHARE = 0.045
"""... of its length: as what goes at 10 m/s for 0.4 s. The feet of who walks by bend less."""
ROUGH = 0.03
"""Of its length a path may stray from the parabola, and by ..."""
ROUGH_PIXELS = 0.8
"""... so many pixels."""
SHORTEST_S = 0.4
"""A path must be followed for so long."""
SIZES = 4.0
"""And lead so many times its size away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parabola:
    """x changes evenly with time, y with its square; pixels and seconds, y down."""

    start_s: float
    x: tuple[float, float]
    """Speed and start."""
    y: tuple[float, float, float]
    """Half the acceleration, speed and start."""
    error: float
    """Root mean square distance of the points from it."""
    lasts_s: float
    length: float
    """From the first to the furthest point."""

    def at(self, time_s: float) -> tuple[float, float]:
        """Where it is at a moment."""
        t = time_s - self.start_s
        return self.x[0] * t + self.x[1], (self.y[0] * t + self.y[1]) * t + self.y[2]

    def flies(self, size: float) -> bool:
        """Whether a thing so many pixels large is in free fall along it."""
        fall = 2 * self.y[0] / max(size, 1.0)
        bend = self.y[0] * self.lasts_s**2 / 4
        return bool(
            self.lasts_s >= SHORTEST_S
            and self.length >= SIZES * size
            and GRAVITY_OVER_SIZE[0] <= fall <= GRAVITY_OVER_SIZE[1]
            and bend >= max(BEND, BEND_SHARE * self.length)
            and self.error <= max(ROUGH_PIXELS, ROUGH * self.length)
        )


def fitted(points: Sequence[tuple[float, float, float]]) -> Parabola:
    """The parabola with the least squared error through at least three points of time, x and y."""
    rows = np.array(points, np.float64)
    t = rows[:, 0] - rows[0, 0]
    x = np.polyfit(t, rows[:, 1], 1)
    y = np.polyfit(t, rows[:, 2], 2)
    apart = np.hypot(np.polyval(x, t) - rows[:, 1], np.polyval(y, t) - rows[:, 2])
    away = np.hypot(rows[:, 1] - rows[0, 1], rows[:, 2] - rows[0, 2])
    return Parabola(
        start_s=float(rows[0, 0]),
        x=(float(x[0]), float(x[1])),
        y=(float(y[0]), float(y[1]), float(y[2])),
        error=float(np.sqrt(np.mean(apart**2))),
        lasts_s=float(t[-1]),
        length=float(away.max()),
    )
