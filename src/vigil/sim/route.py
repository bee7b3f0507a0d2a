"""Where an actor is at any time: a line over the ground, a speed, and stops."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """Where an actor is and how it moves."""

    x: float
    y: float
    heading: float
    """Radians from +x, towards +y."""
    speed_m_s: float
    travelled_m: float
    """From the start of the route."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A pause at a point of a route."""

    corner: int
    """Number of the route's point."""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Route:
    """A line over the ground. Starts and ends at full speed, brakes before every stop.

    Raises:
        ValueError: fewer than two points, or a stop at a corner that does not exist.
    """

    points: tuple[tuple[float, float], ...]
    start_s: float = 0.0
    speed_m_s: float = 1.3
    stops: tuple[Stop, ...] = ()
    braking_m_s2: float = 2.0
    turn_m: float = 0.35
    """Over how many metres before and after a corner an actor turns."""

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise ValueError(f"a route needs two points: {self.points = }")
        last = len(self.points) - 1
        for stop in self.stops:
            if not 0 < stop.corner <= last:
                raise ValueError(f"stop at corner {stop.corner}; allowed: 1 to {last}")

    @property
    def end_s(self) -> float:
        """When the actor has gone."""
        return float(self._clock[0][-1])

    def stop_interval_s(self, corner: int) -> tuple[float, float]:
        """From standing still to setting off again at a corner with a stop."""
        index = 1 + 2 * sorted(stop.corner for stop in self.stops).index(corner)
        times = self._halts
        return times[index - 1], times[index]

    def at(self, time_s: float) -> Stance | None:
        """Where the actor is; None before it came and after it went."""
        if not self.start_s <= time_s <= self.end_s:
            return None
        times, places = self._clock
        travelled = float(np.interp(time_s, times, places))
        step_s = 0.02
        behind = float(np.interp(time_s - step_s, times, places))
        ahead = float(np.interp(time_s + step_s, times, places))
        x, y = self._place(travelled)
        x1, y1 = self._place(travelled - self.turn_m)
        x2, y2 = self._place(travelled + self.turn_m)
        return Stance(
            x=x,
            y=y,
            heading=float(np.arctan2(y2 - y1, x2 - x1)),
            speed_m_s=(ahead - behind) / (2 * step_s),
            travelled_m=travelled,
        )

    def _place(self, travelled_m: float) -> tuple[float, float]:
        marks, points = self._marks, self._corners
        index = int(np.clip(np.searchsorted(marks, travelled_m) - 1, 0, len(marks) - 2))
        part = (travelled_m - marks[index]) / max(marks[index + 1] - marks[index], 1e-9)
        x, y = points[index] + part * (points[index + 1] - points[index])
        return float(x), float(y)

    @cached_property
    def _corners(self) -> np.ndarray:
        return np.array(self.points, np.float64)

    @cached_property
    def _marks(self) -> np.ndarray:
        """Metres from the start to each point."""
        steps = np.linalg.norm(np.diff(self._corners, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @cached_property
    def _timetable(self) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
        times, places = [self.start_s], [0.0]
        halts: list[float] = []
        stops = sorted(self.stops, key=lambda stop: stop.corner)
        moving = True
        for stop in [*stops, None]:
            goal = float(self._marks[-1] if stop is None else self._marks[stop.corner])
            taken, covered = self._run(goal - places[-1], moving, stop is None)
            times += [times[-1] + t for t in taken]
            places += [places[-1] + s for s in covered]
            if stop is not None:
                halts += [times[-1], times[-1] + stop.seconds]
                times.append(halts[-1])
                places.append(places[-1])
                moving = False
        return np.array(times), np.array(places), tuple(halts)

    @property
    def _clock(self) -> tuple[np.ndarray, np.ndarray]:
        return self._timetable[0], self._timetable[1]

    @property
    def _halts(self) -> tuple[float, ...]:
        return self._timetable[2]

    def _run(self, metres: float, moving: bool, onwards: bool) -> tuple[list[float], list[float]]:
        """Times and distances of a run, from rest unless `moving`, to rest unless `onwards`."""
        if metres <= 1e-9:
            return [], []
        ends = (not moving) + (not onwards)
        ramp = self.speed_m_s**2 / (2 * self.braking_m_s2)
        ramp = min(ramp, metres / max(ends, 1))
        speed = min(self.speed_m_s, float(np.sqrt(2 * self.braking_m_s2 * ramp)))
        steps = np.linspace(0, 1, 9)[1:]
        taken, covered = [0.0], [0.0]
        if not moving:
            taken += list(steps * speed / self.braking_m_s2)
            covered += list(steps**2 * ramp)
        level = metres - ends * ramp
        taken.append(taken[-1] + level / speed)
        covered.append(covered[-1] + level)
        if not onwards:
            start_t, start_s = taken[-1], covered[-1]
            taken += list(start_t + steps * speed / self.braking_m_s2)
            covered += list(start_s + (1 - (1 - steps) ** 2) * ramp)
        return taken[1:], covered[1:]
