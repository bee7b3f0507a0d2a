"""Telling what stays where it is from what moves, in units of its own size."""

from dataclasses import dataclass
from math import hypot

from vigil.stages.rules.moment import Moment
from vigil.stages.rules.trails import Trail

MOVED = 1.0
"""Who has come so many times its own size has moved."""
LEFTOVER = 0.5
"""What is smaller than this part of what came is something that was put down."""
SETTLED_S = 1.0
"""Who has rested for so long does not leave for a single odd box."""


@dataclass(slots=True, kw_only=True)
class Rest(Trail):
    """A thing, and the spot where it stands."""

    origin: tuple[float, float] | None = None
    """Foot point, pixels, where it was first seen."""
    spot: tuple[float, float] = (0.0, 0.0)
    """Foot point, pixels, where it came to rest."""
    since_s: float = 0.0
    since_lived_s: float = 0.0
    off: int = 0
    """Looks in a row that found it off its spot."""
    moved: bool = False
    """Whether it was ever seen to come from somewhere else."""
    largest: float = 0.0
    """Square pixels of its largest box."""

    def settled(self, moment: Moment) -> bool:
        """Whether it is there and has rested long enough to be taken for a thing at rest."""
        return self.missing_lived_s is None and moment.passed(self.since_lived_s, SETTLED_S)

    @property
    def came_whole(self) -> bool:
        """Whether it came here by itself, rather than being what a larger thing left behind."""
        return self.moved and self.box.area >= LEFTOVER * self.largest

    def note(self, moment: Moment, still: float, inertia: int) -> None:
        """Take in a look that found it: at rest while within `still` of its size of its spot."""
        # Every rule about what rests asks this of everybody at each look.
        x1, y1, x2, y2 = self.box
        wide, high = x2 - x1, y2 - y1
        area = wide * high if wide > 0.0 and high > 0.0 else 0.0
        x = (x1 + x2) / 2
        foot = x, y2
        size = area**0.5 if area > 1.0 else 1.0
        self.largest = area if area > self.largest else self.largest
        if self.origin is None:
            self.origin = foot
            self._rest_at(foot, moment)
        if not self.moved:
            self.moved = hypot(x - self.origin[0], y2 - self.origin[1]) >= MOVED * size
        if hypot(x - self.spot[0], y2 - self.spot[1]) <= still * size:
            self.off = 0
            return
        self.off += 1
        if self.off >= inertia or not moment.passed(self.since_lived_s, SETTLED_S):
            self._rest_at(foot, moment)

    def _rest_at(self, foot: tuple[float, float], moment: Moment) -> None:
        self.spot, self.off = foot, 0
        self.since_s, self.since_lived_s = moment.time_s, moment.lived_s
