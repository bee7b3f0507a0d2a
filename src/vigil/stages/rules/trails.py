"""What a rule remembers of each thing, even when its track was lost and found under a new id."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from vigil.core import Box, Track, may_be_one
from vigil.stages.rules.digest import Tracks, digest
from vigil.stages.rules.geometry import overlap
from vigil.stages.rules.moment import ROUNDING_S, Moment

SAME_PLACE_IOU = 0.3
"""A new track this much over a lost one of a like label, or over where that one would be by now,
is the same thing."""
AHEAD_S = 1.5
"""Nobody goes on as before for longer than this."""
MOST_IDS = 16


@dataclass(slots=True, kw_only=True)
class Trail:
    """One thing; rules add what they need to know of it."""

    number: int
    """Counts the things of one rule; unlike a track's id it never changes."""
    label: str
    """What it was last seen as: what comes as an `object` may be named later."""
    box: Box
    """Where it was last seen."""
    first_seen_s: float
    seen_s: float
    """When it was last seen, in the scene's time."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Pixels a second, when it was last seen."""
    ids: list[int] = field(default_factory=list)
    """Ids of its tracks: the first, and the newest others."""
    missing_lived_s: float | None = None
    """Since when it is looked for in vain; None while seen, or while nobody looks."""


TrailT = TypeVar("TrailT", bound=Trail)


class Trails(Generic[TrailT]):
    """The things of one rule. Those looked for in vain for more than `grace_s` are forgotten."""

    def __init__(self, begin: Callable[..., TrailT], *, grace_s: float) -> None:
        self._begin = begin
        self._grace_s = grace_s
        self._trails: dict[int, TrailT] = {}
        self._by_id: dict[int, TrailT] = {}
        self._missing: dict[int, TrailT] = {}
        """By the newest id of theirs, as `_by_id`; who went missing first comes first."""
        self._ids: Sequence[int] | None = None
        """Of the tracks of the last look, where all other things were missing already."""
        self._before: frozenset[int] | None = None
        """The same ids."""
        self._things: list[TrailT] = []
        """What was seen at the last look, in the order of its tracks."""
        self._count = 0

    def __iter__(self) -> Iterator[TrailT]:
        return iter(self._trails.values())

    def __len__(self) -> int:
        return len(self._trails)

    def knows(self, track_id: int) -> bool:
        """Whether a track with this id belongs to a thing already known."""
        return track_id in self._by_id

    def follow(self, moment: Moment, tracks: Sequence[Track]) -> list[tuple[TrailT, Track]]:
        """Tell which thing each of `tracks`, all seen at this moment, belongs to."""
        return list(zip(self.see(moment, tracks), tracks, strict=True))

    def see(self, moment: Moment, tracks: Sequence[Track]) -> list[TrailT]:
        """The things that `tracks`, all seen at this moment, belong to, in the same order.

        Nobody changes the list.
        """
        if not tracks and not self._trails:
            return []
        if not isinstance(tracks, Tracks):
            tracks = Tracks(tracks)
        ids, boxes, velocities = tracks.columns
        if ids != self._ids:
            self._things = self._renewed(moment, tracks)
        all_told = len(self._by_id) == len(ids) + len(self._missing)
        self._ids, self._before = (ids, tracks.id_set) if all_told else (None, None)
        things, time_s = self._things, moment.time_s
        # Every rule does this for everybody at each look.
        rows = zip(things, tracks.labels, boxes, velocities, strict=True)
        for thing, label, box, velocity in rows:
            thing.label = label
            thing.box = box
            thing.seen_s = time_s
            thing.velocity = velocity
        return things

    def _renewed(self, moment: Moment, tracks: Tracks) -> list[TrailT]:
        """The things of the tracks; who is new, found again or missing is taken in."""
        things: list[Any] = list(map(self._by_id.get, tracks.columns[0]))
        if not all(things):
            new = [track for track, thing in zip(tracks, things, strict=True) if thing is None]
            taken = {thing.number for thing in things if thing}
            found = iter(self._take_in(new, moment, taken))
            things = [thing or next(found) for thing in things]
        for track_id in tracks.id_set.intersection(self._missing):
            self._missing.pop(track_id).missing_lived_s = None
        # Whoever is missing already need not be found out again.
        if moment.scene.looked and len(self._by_id) - len(things) > len(self._missing):
            self._miss(tracks, moment)
        return things

    def lost(self, moment: Moment) -> list[TrailT]:
        """Forget what has been looked for in vain for too long, and return it."""
        # As `moment.passed` says.
        latest_s = moment.lived_s - self._grace_s + ROUNDING_S
        gone: list[TrailT] = []
        for trail in self._missing.values():
            if trail.missing_lived_s is None or trail.missing_lived_s > latest_s:
                break
            gone.append(trail)
        if gone:
            gone.sort(key=lambda trail: trail.number)
            for trail in gone:
                del self._trails[trail.number]
                del self._missing[trail.ids[-1]]
                del self._by_id[trail.ids[-1]]
        return gone

    def _take_in(self, new: Sequence[Track], moment: Moment, taken: set[int]) -> list[TrailT]:
        """Tell which things tracks with new ids belong to; `taken`: the numbers of those seen."""
        by_id = self._by_id
        things: list[TrailT] = []
        for track in new:
            trail = self._heir(track, moment, taken) or self._new(track)
            taken.add(trail.number)
            # Only the newest id leads to a thing: an older one that comes back is another.
            if trail.ids:
                by_id.pop(trail.ids[-1], None)
                self._missing.pop(trail.ids[-1], None)
                trail.missing_lived_s = None
            by_id[track.id] = trail
            trail.ids = [*trail.ids[:1], *trail.ids[1:][-MOST_IDS + 2 :], track.id]
            things.append(trail)
        return things

    def _new(self, track: Track) -> TrailT:
        self._count += 1
        trail = self._begin(
            number=self._count,
            label=track.label,
            box=track.box,
            first_seen_s=track.first_seen_s,
            seen_s=track.last_seen_s,
        )
        self._trails[trail.number] = trail
        return trail

    def _heir(self, track: Track, moment: Moment, taken: set[int]) -> TrailT | None:
        """The lost thing that a new track continues: a like label, same place or same way."""
        if not moment.scene.looked:
            return None
        lost = [
            (_likeness(trail, track.box, moment.time_s), trail)
            for trail in self._trails.values()
            if trail.number not in taken and may_be_one(trail.label, track.label)
        ]
        best, trail = max(lost, key=lambda pair: pair[0], default=(0.0, None))
        return trail if best >= SAME_PLACE_IOU else None

    def _miss(self, found: Tracks, moment: Moment) -> None:
        # A look need not show all of the picture; what it left out is believed to be there.
        believed = digest(moment.scene).believed_ids
        before = frozenset(self._by_id) if self._before is None else self._before
        for track_id in found.gone_since(before):
            trail = self._by_id.get(track_id)
            if trail and trail.missing_lived_s is None and track_id not in believed:
                trail.missing_lived_s = moment.lived_s
                self._missing[track_id] = trail


def _likeness(trail: Trail, box: Box, time_s: float) -> float:
    """How well a box fits a lost thing that stayed where it was, or went on as it went."""
    ahead_s = min(max(time_s - trail.seen_s, 0.0), AHEAD_S)
    right, down = trail.velocity[0] * ahead_s, trail.velocity[1] * ahead_s
    x1, y1, x2, y2 = trail.box
    ahead = Box(x1 + right, y1 + down, x2 + right, y2 + down)
    return max(overlap(trail.box, box), overlap(ahead, box))
