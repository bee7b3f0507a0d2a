"""Scenes with a time that only moves on."""

from typing import NamedTuple

from vigil.core import Scene

LONGEST_STEP_S = 10.0
"""A longer step between two scenes is a jump of the clock or a silence: nobody saw it pass."""
ROUNDING_S = 1e-3
"""UTC seconds in a float are good to less than a microsecond; sums of them to less than this."""


class Moment(NamedTuple):
    """A scene, and how long its rule has watched by then."""

    # A frozen dataclass takes four times as long to make, and each rule makes one a scene.

    scene: Scene
    lived_s: float
    """Seconds of scenes since the rule began. Durations are told from it, never from the scene's
    own time, so that a clock set forward or back neither makes nor breaks an event.
    """
    time_s: float
    """The scene's time, for what people read."""

    def passed(self, since_lived_s: float, duration_s: float) -> bool:
        """Whether `duration_s` have gone by since `since_lived_s`."""
        return self.lived_s - since_lived_s >= duration_s - ROUNDING_S


class Lifetime:
    """Counts the seconds that scenes tell of."""

    def __init__(self) -> None:
        self._lived_s = 0.0
        self._last_s: float | None = None

    def at(self, scene: Scene) -> Moment:
        """Move on to `scene`."""
        time_s = scene.time_s
        if self._last_s is not None:
            step_s = time_s - self._last_s
            if step_s > 0.0:
                self._lived_s += step_s if step_s < LONGEST_STEP_S else LONGEST_STEP_S
        self._last_s = time_s
        # As `Moment(...)`, without the function that a named tuple puts before it.
        return tuple.__new__(Moment, (scene, self._lived_s, time_s))
