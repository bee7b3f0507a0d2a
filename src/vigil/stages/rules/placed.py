"""Things that have a place of their own, and who stood still where."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

from vigil.core import Box, Track
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import covered, overlap
from vigil.stages.rules.left_things import SAME_IOU
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.rest import SETTLED_S, Rest, note_spots
from vigil.stages.rules.settings import Labels
from vigil.stages.rules.trails import Trails

LEAVERS = (
    "bicycle", "bus", "car", "cat", "dog", "motorcycle", "person", "train", "truck", "van",
    "vehicle",
)  # fmt: skip
"""Words of what goes by itself."""
MOST = 64
REMEMBERED_S = 120.0
"""Where somebody stood is remembered for so long."""
AS_LARGE = 0.35
"""A hole within the outline of who stood there is theirs when it is at least so much of it."""
WITHIN = 0.7


@dataclass(slots=True, kw_only=True)
class Placed(Rest):
    """A thing that the detector finds, and the place that it has kept for long."""

    place: Box | None = None
    placed_s: float = 0.0
    """When it was last found in its place."""
    away_lived_s: float | None = None
    """Since when it is missing there, with nobody in front of it."""
    takers: tuple[int, ...] = ()
    """Track ids of who was near when it was last there, the nearest first."""

    def settle(self, moment: Moment, stood_s: float) -> None:
        """It was found: its place is where it has stood for `stood_s`."""
        if self.off == 0 and moment.passed(self.since_lived_s, stood_s) and self.is_home:
            self.place = self.box
        if self.is_there(moment):
            self.placed_s, self.away_lived_s = moment.time_s, None

    @property
    def is_home(self) -> bool:
        """Whether its place is where it is, or may come to be there."""
        return self.place is None or overlap(self.box, self.place) >= SAME_IOU

    def is_there(self, moment: Moment) -> bool:
        """Whether it is found in its place now."""
        return self.place is not None and self.seen_s == moment.time_s and self.is_home


@dataclass(slots=True, kw_only=True)
class _Leaver(Rest):
    stood: Box | None = None
    """Where it last stood still."""


class Stood(tuple[Box, ...]):
    """Where those who can go by themselves stood still."""

    __slots__ = ()

    def fits(self, hole: Box) -> bool:
        """Whether a hole is what somebody left who had stood there."""
        left, top, right, low = hole
        for stood in self:
            x1, y1, x2, y2 = stood
            # Most were somewhere else.
            if x1 < right and x2 > left and y1 < low and y2 > top and _leaves(stood, hole):
                return True
        return False


class Leavers:
    """Who of those that can go by themselves stood where: their going leaves a hole.

    Rules that begin with the same scene and mean the same share one memory of it.
    """

    def __init__(self, labels: Labels, *, still: float, inertia: int) -> None:
        self._labels = labels
        self._begin = partial(_Memory, still=still, inertia=inertia)
        self._kind = (Leavers, frozenset(labels), still, inertia)
        self._memory: _Memory | None = None

    def note(self, moment: Moment) -> Stood:
        """Take in a scene; return where they stood until now."""
        if not self._labels:
            return Stood()  # nobody is meant
        found = digest(moment.scene)
        if self._memory is None:
            self._memory = found.begun(self._kind, self._begin)
        seen = found.seen(self._labels)
        return found.noted(self._memory, partial(self._memory.note, moment, seen))


class _Memory:
    def __init__(self, *, still: float, inertia: int) -> None:
        self._still, self._inertia = still, inertia
        self._rests = Trails(_Leaver, grace_s=1.0)
        self._stood: dict[int, tuple[Box, float]] = {}  # by thing, and until when, lived seconds
        self._oldest_lived_s = inf
        """None of those is older."""

    def note(self, moment: Moment, tracks: Sequence[Track]) -> Stood:
        lived_s = moment.lived_s
        note_spots(self._rests.see(moment, tracks), moment, self._still, self._inertia)
        self._rests.lost(moment)
        settled_s = lived_s - SETTLED_S + 2 * ROUNDING_S
        for rest in self._rests:
            # Most are on their way.
            if rest.since_lived_s <= settled_s and rest.off == 0 and rest.settled(moment):
                rest.stood = rest.box
            if rest.stood is not None:
                self._stood[rest.number] = (rest.stood, lived_s)
        if self._oldest_lived_s == inf and self._stood:
            self._oldest_lived_s = lived_s
        if len(self._stood) > MOST or moment.passed(self._oldest_lived_s, REMEMBERED_S):
            self._forget(moment)
        return Stood([box for box, _ in self._stood.values()])

    def _forget(self, moment: Moment) -> None:
        fresh = [
            (number, stood)
            for number, stood in self._stood.items()
            if not moment.passed(stood[1], REMEMBERED_S)
        ]
        self._stood = dict(fresh[-MOST:])
        self._oldest_lived_s = min((lived_s for _, lived_s in self._stood.values()), default=inf)


def _leaves(stood: Box, hole: Box) -> bool:
    """Whether a hole fits who stood there."""
    within = covered(hole, stood) >= WITHIN and hole.area >= AS_LARGE * stood.area
    return within or overlap(hole, stood) >= SAME_IOU
