"""Telling what stays where it is from what moves, in units of its own size."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import dist, inf, nan

from vigil.stages.rules.moment import ROUNDING_S, Moment
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

    spot: tuple[float, float] = (nan, nan)
    """Foot point, pixels, where it came to rest; near nothing before the first look."""
    since_s: float = 0.0
    since_lived_s: float = inf
    off: int = 0
    """Looks in a row that found it off its spot."""

    def settled(self, moment: Moment) -> bool:
        """Whether it is there and has rested long enough to be taken for a thing at rest."""
        return self.missing_lived_s is None and moment.passed(self.since_lived_s, SETTLED_S)


@dataclass(slots=True, kw_only=True)
class Arrival(Rest):
    """A thing of which it matters whether it came by itself."""

    origin: tuple[float, float] | None = None
    """Foot point, pixels, where it was first seen."""
    moved: bool = False
    """Whether it was ever seen to come from somewhere else."""
    before: tuple[float, float] | None = None
    """Foot point, pixels, one look before; until it has moved."""
    jumped: bool = False
    """Whether it then came its own size or more at once."""
    largest: float = 0.0
    """Square pixels of its largest box in the looks that were taken in."""

    @property
    def came_whole(self) -> bool:
        """Whether it came here by itself, rather than being what a larger thing left behind."""
        return self.moved and self.box.area >= LEFTOVER * self.largest

    def come(self) -> None:
        """Take in a look that found it; only `came_whole` asks for more once it has moved."""
        area, foot = self.box.area, self.box.foot
        self.largest = max(self.largest, area)
        if self.origin is None:
            self.origin = foot
        if not self.moved:
            enough = MOVED * max(area**0.5, 1.0)
            jumped = self.before is not None and dist(self.before, foot) >= enough
            if jumped and not self.jumped:
                # Who drives goes on. A single jump is a track handed on, as from one parked car
                # to the next while somebody passes before them.
                self.origin = foot
            self.moved = dist(self.origin, foot) >= enough
            self.before, self.jumped = foot, jumped


def note_spots(rests: Iterable[Rest], moment: Moment, still: float, inertia: int) -> None:
    """Take in a look that found these: at rest while within `still` of their size of their spot."""
    # Every rule about what rests asks this of everybody at each look.
    _, lived_s, time_s = moment
    settled_s, near = SETTLED_S - ROUNDING_S, still * still
    for rest in rests:
        x1, y1, x2, y2 = rest.box
        wide, high = x2 - x1, y2 - y1
        area = wide * high if wide > 0.0 and high > 0.0 else 0.0
        x = (x1 + x2) / 2
        spot_x, spot_y = rest.spot
        right, down = x - spot_x, y2 - spot_y
        if right * right + down * down <= near * (area if area > 1.0 else 1.0):
            rest.off = 0
        # As `moment.passed` says.
        elif rest.off + 1 < inertia and lived_s - rest.since_lived_s >= settled_s:
            rest.off += 1
        else:
            rest.spot, rest.off = (x, y2), 0
            rest.since_s, rest.since_lived_s = time_s, lived_s
