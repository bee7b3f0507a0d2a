"""What many rules ask of one scene, worked out once."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from operator import methodcaller
from typing import Any, TypeVar

from vigil.core import Box, Scene, Track
from vigil.stages.rules.geometry import Area, standing
from vigil.stages.rules.moment import ROUNDING_S

MemoryT = TypeVar("MemoryT")
NotedT = TypeVar("NotedT")
Columns = tuple[Sequence[int], Sequence[Box], Sequence[tuple[float, float]]]


class Tracks(list[Track]):
    """Some tracks of a scene, which nobody changes, for several rules follow the same ones."""

    __slots__ = ("_gone", "columns", "feet", "id_set", "labels", "least_score")

    def __init__(self, tracks: Iterable[Track]) -> None:
        super().__init__(tracks)
        self.columns: Columns = ((), (), ())
        """Their ids, boxes and velocities."""
        self.id_set: frozenset[int] = frozenset()
        self._gone: tuple[frozenset[int], frozenset[int]] = (self.id_set, self.id_set)
        self.feet: Sequence[tuple[float, float]] | None = None
        """Where they stand, once somebody has asked (`Digest.feet_of`)."""
        self.labels: Sequence[str] = ()
        self.least_score = inf
        if self:
            ids, self.labels, boxes, scores, _, _, _, velocities, _ = zip(*self, strict=True)
            self.columns = ids, boxes, velocities
            self.id_set = frozenset(ids)
            self.least_score = min(scores)

    def gone_since(self, before: frozenset[int]) -> frozenset[int]:
        """Which of the ids of a look before are not among them; many ask about the same look."""
        if self._gone[0] is not before:
            self._gone = before, before - self.id_set
        return self._gone[1]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Which tracks a rule means: those of its labels, found at least so surely.

    As in `Area`, whoever means the same has the same one, by which the answer is found.
    """

    labels: tuple[str, ...]
    """None: any."""
    min_score: float

    def __deepcopy__(self, _memo: object) -> "Choice":
        return self


@lru_cache(maxsize=256)
def choice_of(labels: tuple[str, ...], min_score: float) -> Choice:
    """The choice of these settings."""
    return Choice(labels, min_score)


class Feet(dict[Box, tuple[float, float]]):
    """Where the boxes of one scene stand, in fractions of the picture."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._width, self._height = width, height

    def __missing__(self, box: Box) -> tuple[float, float]:
        foot = self[box] = standing(box, self._width, self._height)
        return foot


class Places(dict[Box, bool]):
    """Whether a box of one scene stands in one area."""

    def __init__(self, area: Area, feet: Feet) -> None:
        super().__init__()
        self._area, self._feet = area, feet

    def __missing__(self, box: Box) -> bool:
        foot = self._feet[box]
        if not self:
            # Who asks about one asks about most.
            self.update(zip(self._feet, self._area.each(self._feet.values()), strict=True))
            return self[box]
        inside = self[box] = self._area.holds(foot)
        return inside


class Digest:
    """Answers about one scene. They are shared: nobody changes what they are given.

    The scene keeps them; they do not keep the scene, or it would outlive its last reader until
    somebody collects garbage.
    """

    def __init__(self, scene: Scene) -> None:
        tracks, measured_s = scene.tracks, scene.time_s - ROUNDING_S
        self.believed = [one for one in tracks if one.last_seen_s < measured_s]
        """The tracks that this very moment does not show."""
        self.measured = Tracks(
            [one for one in tracks if one.last_seen_s >= measured_s] if self.believed else tracks
        )
        """The others."""
        self.believed_ids = frozenset([track.id for track in self.believed])
        self.read = [track for track in tracks if track.readings]
        """Tracks of which a reader has told anything."""
        self.feet = Feet(scene.width, scene.height)
        if scene.width > 0 and scene.height > 0:
            boxes = self.measured.columns[1]
            self.measured.feet = points = _feet(boxes, scene.width, scene.height)
            self.feet.update(zip(boxes, points, strict=True))
        self._tracks, self._time_s = tracks, scene.time_s
        self._words = frozenset(self.measured.labels)
        self._all_words = self._words.union([track.label for track in self.believed])
        self._by_words = {self._words: self.measured}
        self._chosen: dict[Choice, tuple[Tracks, bool]] = {}
        self._named: dict[tuple[str, ...], list[Track]] = {}
        self._lately: dict[tuple[tuple[str, ...], float], list[Track]] = {}
        self._places: dict[Area, Places] = {}
        self._begun: dict[Hashable, Any] = {}
        self._noted: dict[object, Any] = {}

    def chosen(self, choice: Choice) -> tuple[Tracks, bool]:
        """Measured tracks of its labels, and whether each was found at least so surely."""
        found = self._chosen.get(choice)
        if found is None:
            seen = self.seen(choice.labels)
            found = self._chosen[choice] = (seen, seen.least_score >= choice.min_score)
        return found

    def seen(self, labels: tuple[str, ...]) -> Tracks:
        """Measured tracks of these labels; of any where none is named."""
        # One list for all who mean the same things, in whatever words.
        words = self._words.intersection(labels) if labels else self._words
        found = self._by_words.get(words)
        if found is None:
            both = zip(self.measured, self.measured.labels, strict=True)
            found = Tracks([track for track, label in both if label in words])
            self._by_words[words] = found
        return found

    def named(self, labels: tuple[str, ...]) -> list[Track]:
        """Tracks of these labels, whether this moment shows them or not."""
        if not self.believed:
            return self.seen(labels)
        found = self._named.get(labels)
        if found is None:
            words = self._all_words.intersection(labels)
            whole = len(words) == len(self._all_words)
            found = [track for track in self._tracks if whole or track.label in words]
            self._named[labels] = found
        return found

    def lately(self, labels: tuple[str, ...], within_s: float) -> list[Track]:
        """Tracks of these labels that were found within the last seconds."""
        key = (labels, within_s)
        found = self._lately.get(key)
        if found is None:
            found = self.named(labels)
            if self.believed:
                found = [one for one in found if self._time_s - one.last_seen_s <= within_s]
            self._lately[key] = found
        return found

    def feet_of(self, tracks: Sequence[Track]) -> Sequence[tuple[float, float]]:
        """Where each of these tracks stands, in fractions of the picture."""
        if not isinstance(tracks, Tracks):
            return [self.feet[track.box] for track in tracks]
        if tracks.feet is None:
            tracks.feet = [self.feet[box] for box in tracks.columns[1]]
        return tracks.feet

    def begun(self, kind: Hashable, begin: Callable[[], MemoryT]) -> MemoryT:
        """A memory that begins with this scene: two rules that begin one of a kind share it."""
        if kind not in self._begun:
            self._begun[kind] = begin()
        memory: MemoryT = self._begun[kind]
        return memory

    def noted(self, memory: object, note: Callable[[], NotedT]) -> NotedT:
        """What a memory that is shared knows after this scene, of which `note` tells it once.

        One rule may see many scenes before the next rule sees the first of them.
        """
        if memory not in self._noted:
            self._noted[memory] = note()
        known: NotedT = self._noted[memory]
        return known

    def places(self, area: Area) -> Places:
        """Whether boxes stand in an area."""
        places = self._places.get(area)
        if places is None:
            places = self._places[area] = Places(area, self.feet)
        return places


def _feet(boxes: Sequence[Box], width: int, height: int) -> list[tuple[float, float]]:
    """As `standing` says, of everybody at once."""
    points = [((x1 + x2) / 2 / width, y2 / height) for x1, _, x2, y2 in boxes]
    if not points:
        return points
    least, most = [*map(min, zip(*points, strict=True))], [*map(max, zip(*points, strict=True))]
    if min(least) >= 0.0 and max(most) <= 1.0:
        return points
    return [
        (x, y)
        if 0.0 <= x <= 1.0 and 0.0 <= y <= 1.0
        else (min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
        for x, y in points
    ]


digest: Callable[[Scene], Digest] = methodcaller("once", Digest)
"""The digest of a scene, made for the first who asks."""
