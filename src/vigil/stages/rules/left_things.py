"""Things that came to rest, and who was with them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vigil.core import Box, StaticBlob, Track
from vigil.stages.rules.geometry import covered, gap, overlap
from vigil.stages.rules.moment import Moment

SAME_IOU = 0.3
"""Two boxes that overlap more are one thing …"""
SAME_COVER = 0.6
"""… and so are two of which one lies within the other by more."""
TOGETHER_S = 5.0
"""People put down a few things within so many seconds; a cloud makes dozens."""
HIDDEN = 0.3
"""A thing covered by more than this may be there without being seen."""
REMEMBERED_S = 30.0
SAMPLED_S = 0.5
"""Who was where is remembered for so long, and noted so often."""
AT_REST_S = 2.0
"""An owner was noted within so many seconds of when the thing came to rest."""
TAKEN_S = 8.0
"""Who takes a thing was near it within so many seconds before it is missed: a background that
was hidden by the taker needs a few to be sure."""


class Resting(NamedTuple):
    """Something found at rest at this moment."""

    box: Box
    since_s: float
    """When it came to rest, in the scene's time."""
    label: str
    track_id: int | None = None
    """None when it was found in the background, not by a detector."""
    in_crowd: bool = False
    """Came to rest together with so many others that it is a change of light."""


def at_rest(blobs: Sequence[StaticBlob], *, most_at_once: int) -> list[Resting]:
    """What the background finds at rest; where something was taken away, nothing is."""
    blobs = [blob for blob in blobs if not blob.removed]
    return [
        Resting(
            blob.box,
            blob.since_s,
            "object",
            in_crowd=len(blobs) > most_at_once and _together(blob, blobs) > most_at_once,
        )
        for blob in blobs
    ]


def _together(blob: StaticBlob, blobs: Sequence[StaticBlob]) -> int:
    """How many came to rest at much the same time."""
    return sum(abs(blob.since_s - other.since_s) <= TOGETHER_S for other in blobs)


@dataclass(slots=True, kw_only=True)
class LeftThing:
    """Something that rests, as long as it can be believed to."""

    number: int
    label: str
    box: Box
    since_s: float
    since_lived_s: float
    seen_s: float
    companions: tuple[int, ...]
    """Track ids of who was with it when it came to rest, the nearest first."""
    track_ids: tuple[int, ...] = ()
    in_background: bool = True
    """Last found in the background, so that a look of the detector says nothing about it."""
    visits: dict[int, float] = field(default_factory=dict)
    """Who is near now, by track id, and since when."""
    alone_lived_s: float | None = None
    """Since when nobody is with it; who passes by does not count."""
    missing_lived_s: float | None = None
    """Since when it is looked for in vain."""
    near_lived_s: dict[int, float] = field(default_factory=dict)
    """Who was near lately, by track id, and when last."""

    def note_near(self, track_ids: Iterable[int], moment: Moment) -> None:
        """Remember who is near, for as long as they may be those who take it."""
        if self.missing_lived_s is None:
            if self.near_lived_s:
                self.near_lived_s = {
                    one: lived_s
                    for one, lived_s in self.near_lived_s.items()
                    if not moment.passed(lived_s, TAKEN_S)
                }
            self.near_lived_s |= dict.fromkeys(track_ids, moment.lived_s)

    def takers(self) -> tuple[int, ...]:
        """Track ids of those who may have taken it; who was there last comes first."""
        return tuple(sorted(self.near_lived_s, key=lambda one: (-self.near_lived_s[one], one)))

    @property
    def owner(self) -> int | None:
        """Track id of who was nearest when it came to rest; None if nobody was near."""
        return self.companions[0] if self.companions else None


def same(one: Box, other: Box) -> bool:
    """Whether two boxes are so alike that they show one thing."""
    left, top, right, low = one
    x1, y1, x2, y2 = other
    # Most are somewhere else.
    if x1 >= right or x2 <= left or y1 >= low or y2 <= top:
        return False
    return (
        overlap(one, other) >= SAME_IOU
        or covered(one, other) >= SAME_COVER
        or covered(other, one) >= SAME_COVER
    )


def is_hidden(box: Box, people: Iterable[Track]) -> bool:
    """Whether somebody stands in front of it, or is it."""
    left, top, right, low = box
    for person in people:
        x1, y1, x2, y2 = person.box
        # Most are somewhere else.
        touch = x1 < right and x2 > left and y1 < low and y2 > top
        if touch and covered(box, person.box) > HIDDEN:
            return True
    return False


def those_with(people: Iterable[Track], box: Box, owner_distance: float) -> list[Track]:
    """Who is nearer to a box than `owner_distance` of their own height."""
    x1, y1, x2, y2 = box
    found = []
    for person in people:
        left, top, right, low = person.box
        reach = owner_distance * (low - top)
        # Most are further away than that to one side: a pixel more, for rounding.
        far = reach + 1.0
        if x1 - right > far or left - x2 > far or y1 - low > far or top - y2 > far:
            continue
        if gap(person.box, box) <= reach:
            found.append(person)
    return found


class Companions:
    """Who was where in the last half minute."""

    def __init__(self) -> None:
        self._notes: deque[tuple[float, float, Sequence[Track]]] = deque()

    def note(self, moment: Moment, people: Sequence[Track]) -> None:
        """Remember who is where now, if it is time to."""
        if self._notes and not moment.passed(self._notes[-1][0], SAMPLED_S):
            return
        self._notes.append((moment.lived_s, moment.time_s, people))
        while moment.passed(self._notes[0][0], REMEMBERED_S):
            self._notes.popleft()

    def near(self, thing: Resting, owner_distance: float) -> tuple[int, ...]:
        """Track ids of who was with the thing when it came to rest, the nearest first."""
        gaps: dict[int, float] = {}
        for _, time_s, people in self._notes:
            if abs(time_s - thing.since_s) > AT_REST_S:
                continue
            for person in those_with(people, thing.box, owner_distance):
                away = gap(person.box, thing.box)
                gaps[person.id] = min(away, gaps.get(person.id, away))
        return tuple(sorted(gaps, key=lambda one: (gaps[one], one)))


class LeftThings:
    """The things at rest in one picture."""

    def __init__(self, *, gone_s: float) -> None:
        self._gone_s = gone_s
        self._things: dict[int, LeftThing] = {}
        self._count = 0

    def __iter__(self) -> Iterator[LeftThing]:
        return iter(tuple(self._things.values()))

    def find(self, box: Box) -> LeftThing | None:
        """The thing that `box` shows."""
        alike = [thing for thing in self._things.values() if same(thing.box, box)]
        if len(alike) < 2:
            return alike[0] if alike else None
        return max(alike, key=lambda thing: overlap(thing.box, box))

    def add(self, found: Resting, moment: Moment, companions: tuple[int, ...]) -> LeftThing:
        """Remember a new thing, and who was with it when it came to rest."""
        self._count += 1
        # It rested before it was told of, but a clock that jumped must not make that an hour.
        rested_s = min(max(moment.time_s - found.since_s, 0.0), REMEMBERED_S)
        thing = LeftThing(
            number=self._count,
            label=found.label,
            box=found.box,
            since_s=found.since_s,
            since_lived_s=moment.lived_s - rested_s,
            seen_s=moment.time_s,
            companions=companions,
        )
        self._things[thing.number] = thing
        return thing

    def recognise(
        self,
        found: Sequence[Resting],
        others: Sequence[Track],
        moment: Moment,
        near: Callable[[Resting], tuple[int, ...]],
    ) -> set[int]:
        """Renew known things and remember new ones; the numbers of those seen now.

        What `others` hide is nothing new. `near`: who was with a thing when it came to rest.
        """
        seen: set[int] = set()
        for one in found:
            thing = self.find(one.box)
            if thing is None:
                if is_hidden(one.box, others):
                    continue
                thing = self.add(one, moment, near(one))
            if thing.number not in seen or one.track_id is not None:
                self.renew(thing, one, moment)
            seen.add(thing.number)
        return seen

    def renew(self, thing: LeftThing, found: Resting, moment: Moment) -> None:
        """It was found again."""
        thing.box, thing.seen_s, thing.missing_lived_s = found.box, moment.time_s, None
        thing.in_background = found.track_id is None
        if found.track_id is not None:
            thing.label = found.label
            thing.track_ids = tuple(dict.fromkeys((*thing.track_ids[-7:], found.track_id)))

    def miss(self, thing: LeftThing, moment: Moment) -> bool:
        """It was looked for in vain; return whether it is gone for good."""
        if thing.missing_lived_s is None:
            thing.missing_lived_s = moment.lived_s
        if not moment.passed(thing.missing_lived_s, self._gone_s):
            return False
        self.drop(thing)
        return True

    def drop(self, thing: LeftThing) -> None:
        """Forget it."""
        self._things.pop(thing.number, None)
