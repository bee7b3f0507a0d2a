"""Who drives past whom."""

from collections.abc import Callable, Sequence

from vigil.stages.rules.geometry import distance
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.rest import Arrival

BESIDE = 2.5
"""Who goes past is no further aside than so many times the size of what stands."""
PAST = 0.5
"""From so many sizes behind it to as many ahead of it."""

OnTheRoad = Callable[[Arrival, Moment], bool]


class Traffic:
    """Counts for each vehicle that stands how many have gone past it the way it was going."""

    def __init__(self) -> None:
        self._behind: dict[tuple[int, int], float] = {}  # since when it stands, by pair
        self._passed: dict[int, tuple[float, set[int]]] = {}

    def note(self, moment: Moment, vehicles: Sequence[Arrival], on_the_road: OnTheRoad) -> None:
        """Take in where everybody is; only who is on the road can go past."""
        numbers = {one.number for one in vehicles}
        self._passed = {k: v for k, v in self._passed.items() if k in numbers}
        self._behind = {k: v for k, v in self._behind.items() if numbers.issuperset(k)}
        moving = [
            one for one in vehicles if one.seen_s == moment.time_s and on_the_road(one, moment)
        ]
        for standing in vehicles:
            if not standing.settled(moment) or not standing.moved:
                continue
            since_s, passed = self._passed.get(standing.number, (standing.since_lived_s, set()))
            if since_s != standing.since_lived_s:
                passed = set()  # it has gone on meanwhile, and stopped anew
            self._passed[standing.number] = (standing.since_lived_s, passed)
            for other in moving:
                if other.number != standing.number and self._goes_past(other, standing):
                    passed.add(other.number)

    def passed(self, standing: Arrival) -> int:
        """How many have gone past since it stopped."""
        return len(self._passed.get(standing.number, (0.0, set()))[1])

    def _goes_past(self, other: Arrival, standing: Arrival) -> bool:
        along, aside = _place(other, standing)
        size = max(standing.box.area**0.5, 1.0)
        pair = (other.number, standing.number)
        if aside > BESIDE * size:
            return False
        if along < -PAST * size:
            self._behind[pair] = standing.since_lived_s
        return along > PAST * size and self._behind.get(pair) == standing.since_lived_s


def _place(other: Arrival, standing: Arrival) -> tuple[float, float]:
    """How far ahead and how far aside another is, pixels, along the way it came by."""
    x0, y0 = standing.origin or standing.spot
    x1, y1 = standing.spot
    length = max(distance((x0, y0), (x1, y1)), 1e-6)
    right, down = (x1 - x0) / length, (y1 - y0) / length
    x, y = other.box.foot[0] - x1, other.box.foot[1] - y1
    return right * x + down * y, abs(right * y - down * x)
