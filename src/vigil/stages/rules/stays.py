"""What came to rest, and is the same thing when it is found again where it rested."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vigil.core import Box, Track, may_be_one
from vigil.stages.rules.geometry import overlap
from vigil.stages.rules.left_things import is_hidden
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.rest import Arrival, note_spots
from vigil.stages.rules.stopped_vehicle import VEHICLES
from vigil.stages.rules.trails import Trails

SAME_PLACE_IOU = 0.5
"""What is found again overlaps the place where it rested by more."""
OFF_IOU = 0.3
"""Who overlaps their place by less have left it."""
STILL = 0.15
"""How far a foot may stray, in fractions of its size, to keep its place."""
INERTIA = 3
RESTED_S = 3.0
"""Who has rested for so long has a place."""
GRACE_S = 1.0
"""A track looked for in vain for longer is over; who comes up in its place has another."""
LEFT_S = 2.0
"""So long a place must be seen empty whose thing was seen to leave: long enough to find a parked
car again whose track went along with somebody who passed before it."""
CHECKED_S = 1.0
"""So often is looked whether places are empty: where many come and go, that costs."""
LONGEST_MISS_S = 1.5
"""What one look in vain counts at most, so that a pause before it empties no place."""
MOST_UNSEEN = 32
"""Places remembered in which nothing is found; the one seen longest ago goes first."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Place:
    kind: str
    box: Box
    seen_lived_s: float
    """When something last rested in it."""
    told: bool = False
    """Whether its rule has told of what rests in it."""
    empty_s: float = 0.0
    """For how long it was seen with nothing in it or before it since then."""
    left: bool = False
    """Whether what rested in it was seen to go somewhere else."""


@dataclass(slots=True, kw_only=True)
class _Stay(Arrival):
    place: _Place | None = None
    """Where it rests; None while it does not."""
    back: bool = False
    """Whether it came up where one that was told of had rested, and has not moved since."""


class Stays:
    """The places of what rests, remembered while nobody finds it.

    A place is forgotten when it was seen empty for `back_s`, or for less if its thing was seen to
    leave: who comes next is another. What hides it says nothing: behind a lorry a car stays parked.
    """

    def __init__(self, *, back_s: float) -> None:
        self._back_s = back_s
        self._checked_lived_s = 0.0
        self._stays = Trails(_Stay, grace_s=GRACE_S)
        self._places: list[_Place] = []
        self._back: set[int] = set()
        self._resting: dict[int, _Place] = {}

    def note(self, moment: Moment, tracks: Sequence[Track]) -> None:
        """Take in a look; `tracks` were measured by it."""
        rested_s = moment.lived_s - RESTED_S + 2 * ROUNDING_S
        seen = self._stays.see(moment, tracks)
        note_spots(seen, moment, STILL, INERTIA)
        for stay in seen:
            if stay.origin is None:
                place = self._at(stay)
                stay.back = place is not None and place.told and self._back_s > 0
            if not stay.moved:
                stay.come()
                stay.back = stay.back and not stay.moved
            # Most are on their way, and have no place.
            if stay.place is not None or stay.since_lived_s <= rested_s:
                self._settle(stay, moment)
        self._stays.lost(moment)
        self._back = {stay.ids[-1] for stay in self._stays if stay.back}
        self._resting = {stay.ids[-1]: stay.place for stay in self._stays if stay.place}
        self._forget(moment)

    def is_back(self, track_id: int) -> bool:
        """Whether it is what rested there and was told of, found again, and has not moved since."""
        return track_id in self._back

    def rests(self, track_id: int) -> bool:
        """Whether it has come to rest and keeps its place."""
        return track_id in self._resting

    def tell(self, track_ids: Iterable[int]) -> None:
        """The rule tells of these now."""
        for track_id in track_ids:
            if track_id in self._resting:
                self._resting[track_id].told = True

    def untell(self) -> None:
        """Nothing that was told until now counts: it is news again."""
        for place in self._places:
            place.told = False
        for stay in self._stays:
            stay.back = False
        self._back = set()

    def _settle(self, stay: _Stay, moment: Moment) -> None:
        """Its place is where it rests now."""
        if stay.off or not moment.passed(stay.since_lived_s, RESTED_S):
            if stay.place is not None and overlap(stay.box, stay.place.box) < OFF_IOU:
                stay.place.left = True
                stay.place = None
            return
        if stay.place is None:
            stay.place = self._at(stay) or self._new(stay)
        place = stay.place
        place.box, place.seen_lived_s = stay.box, moment.lived_s
        place.empty_s, place.left = 0.0, False

    def _at(self, stay: _Stay) -> _Place | None:
        """The remembered place of its kind where it is."""
        kind, (left, top, right, low) = _kind(stay.label), stay.box
        best, found = SAME_PLACE_IOU, None
        for place in self._places:
            x1, y1, x2, y2 = place.box
            # Most are somewhere else.
            touch = x1 < right and x2 > left and y1 < low and y2 > top
            if not touch or not may_be_one(place.kind, kind):
                continue
            if (fit := overlap(stay.box, place.box)) >= best:
                best, found = fit, place
        return found

    def _new(self, stay: _Stay) -> _Place:
        place = _Place(kind=_kind(stay.label), box=stay.box, seen_lived_s=0.0)
        self._places.append(place)
        return place

    def _forget(self, moment: Moment) -> None:
        """Count how long places were seen empty."""
        waited_s = moment.lived_s - self._checked_lived_s
        if not moment.scene.looked or waited_s < CHECKED_S - ROUNDING_S:
            return
        self._checked_lived_s = moment.lived_s
        unseen = [place for place in self._places if place.seen_lived_s < moment.lived_s]
        unseen.sort(key=lambda place: place.seen_lived_s, reverse=True)
        for place in unseen[:MOST_UNSEEN]:
            if not is_hidden(place.box, moment.scene.tracks):
                place.empty_s += min(waited_s, LONGEST_MISS_S)
        kept = [p for p in unseen[:MOST_UNSEEN] if p.empty_s < self._lasts_s(p) - ROUNDING_S]
        self._places = [p for p in self._places if p.seen_lived_s >= moment.lived_s] + kept

    def _lasts_s(self, place: _Place) -> float:
        return min(LEFT_S, self._back_s) if place.left else self._back_s


def _kind(label: str) -> str:
    """Models mix up one vehicle with another."""
    return "vehicle" if label in VEHICLES else label
