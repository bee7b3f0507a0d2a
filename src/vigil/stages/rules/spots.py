"""Places where something burns or smokes: what is seen near one of them is the same fire."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vigil.core import Box
from vigil.stages.rules.moment import Moment

REACH = 0.5
"""Two sightings nearer than this share of the larger one's size are of one fire."""


BRIDGED_S = 0.6
"""Between two sightings no further apart it was there: nobody looks much less often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One sighting: a region that behaves like it, or a thing that a detector calls so."""

    box: Box
    label: str
    track_id: int | None = None
    """None: a region, which is no track."""


@dataclass(slots=True, kw_only=True)
class Spot:
    """A place, and what was seen there."""

    number: int
    box: Box
    label: str
    since_s: float
    since_lived_s: float
    seen_s: float
    seen_lived_s: float
    hits: int = 0
    """Scenes in which it was seen."""
    shown_s: float = 0.0
    """For how long it was seen; of a time without it `BRIDGED_S` at most count."""
    track_ids: tuple[int, ...] = ()

    def begin_anew(self, moment: Moment) -> None:
        """What was seen until now were glimpses."""
        self.since_s, self.since_lived_s = moment.time_s, moment.lived_s
        self.hits, self.shown_s = 1, 0.0


class Spots:
    """The places of one rule. One not seen for `close_s` is given up."""

    def __init__(self, *, close_s: float) -> None:
        self._close_s = close_s
        self._spots: list[Spot] = []
        self._count = 0

    def __iter__(self) -> Iterator[Spot]:
        return iter(tuple(self._spots))

    def see(self, moment: Moment, signs: Sequence[Sign]) -> list[Spot]:
        """Take in what is seen now; return the spots where it is."""
        seen: dict[int, list[Sign]] = {}
        for sign in signs:
            spot = next((one for one in self._spots if near(one.box, sign.box)), None)
            spot = spot or self._begin(moment, sign)
            seen.setdefault(spot.number, []).append(sign)
        renewed = [spot for spot in self._spots if spot.number in seen]
        for spot in renewed:
            _renew(spot, seen[spot.number], moment)
        return renewed

    def keep(self, moment: Moment, spot: Spot) -> None:
        """Nobody looked for it, and it is believed to be there still."""
        spot.seen_lived_s = moment.lived_s

    def drop(self, spot: Spot) -> None:
        """Forget it."""
        self._spots.remove(spot)

    def gone(self, moment: Moment) -> list[Spot]:
        """Those that have not been seen for long enough, no longer known."""
        late = [one for one in self._spots if moment.passed(one.seen_lived_s, self._close_s)]
        self._spots = [one for one in self._spots if one not in late]
        return late

    def _begin(self, moment: Moment, sign: Sign) -> Spot:
        self._count += 1
        spot = Spot(
            number=self._count,
            box=sign.box,
            label=sign.label,
            since_s=moment.time_s,
            since_lived_s=moment.lived_s,
            seen_s=moment.time_s,
            seen_lived_s=moment.lived_s,
        )
        self._spots.append(spot)
        return spot


def _renew(spot: Spot, signs: Sequence[Sign], moment: Moment) -> None:
    spot.box = _around([sign.box for sign in signs])
    spot.shown_s += min(moment.lived_s - spot.seen_lived_s, BRIDGED_S)
    spot.seen_s, spot.seen_lived_s = moment.time_s, moment.lived_s
    spot.hits += 1
    named = [sign.track_id for sign in signs if sign.track_id is not None]
    spot.track_ids = tuple(dict.fromkeys((*spot.track_ids[-7:], *named)))
    spot.label = signs[0].label


def near(one: Box, other: Box) -> bool:
    """Whether two boxes are nearer than a share of the larger one's size."""
    size = max(one.width, one.height, other.width, other.height) * REACH
    apart_x = max(one.x1, other.x1) - min(one.x2, other.x2)
    apart_y = max(one.y1, other.y1) - min(one.y2, other.y2)
    return apart_x <= size and apart_y <= size


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.x1 for box in boxes),
        min(box.y1 for box in boxes),
        max(box.x2 for box in boxes),
        max(box.y2 for box in boxes),
    )
