"""How fast a thing goes, in units of its own size, over the last second or so."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from vigil.core import Box
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.trails import Trail

KEPT = 16
"""Of the looks in the time over which a speed is taken, about so many are kept."""


@dataclass(slots=True, kw_only=True)
class Paced(Trail):
    """A thing, and where it was lately."""

    looks: list[tuple[float, Box]] = field(default_factory=list)
    """Lived seconds and boxes: one at least `over_s` old, and some of those since."""

    @property
    def window_s(self) -> float:
        """Seconds over which the speed is told."""
        return self.looks[-1][0] - self.looks[0][0]

    def speed(self, over_s: float) -> float | None:
        """Own heights a second, by the edge of its box that moved less.

        A box that grows or shrinks, as of somebody half hidden, moves one edge only. None when it
        was not followed for most of `over_s`.
        """
        return speeds([self], over_s)[0]


def note_paces(things: Iterable[Paced], moment: Moment, over_s: float) -> None:
    """Take in a look that found these, for their speeds over `over_s`."""
    # One loop for all of them: four rules do this for everybody at each look.
    lived_s, apart_s, kept_s = moment.lived_s, over_s / KEPT, over_s - ROUNDING_S
    for thing in things:
        looks = thing.looks
        if len(looks) > 1 and looks[-1][0] - looks[-2][0] < apart_s:
            looks.pop()
        looks.append((lived_s, thing.box))
        while len(looks) > 1 and lived_s - looks[1][0] >= kept_s:
            del looks[0]  # of so few, that is quicker than a deque


def speeds(things: Iterable[Paced], over_s: float) -> list[float | None]:
    """The speed of each thing (`Paced.speed`)."""
    # Comparing is quicker than min and max, and four rules ask this of everybody.
    found: list[float | None] = []
    for thing in things:
        looks = thing.looks
        then_s, (was_x1, was_y1, was_x2, was_y2) = looks[0]
        now_s, (x1, y1, x2, y2) = looks[-1]
        took_s = now_s - then_s
        if took_s < 0.5 * over_s or took_s <= 0.0:
            found.append(None)
            continue
        was_high, high = was_y2 - was_y1, y2 - y1
        size = was_high if was_high > high else high
        left, right = abs(x1 - was_x1), abs(x2 - was_x2)
        top, low = abs(y1 - was_y1), abs(y2 - was_y2)
        x, y = left if left < right else right, top if top < low else low
        found.append((x * x + y * y) ** 0.5 / (size if size > 1.0 else 1.0) / took_s)
    return found
