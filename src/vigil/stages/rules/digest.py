"""What many rules ask of one scene, worked out once."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from vigil.core import Box, Scene, Track
from vigil.stages.rules.geometry import Area, standing
from vigil.stages.rules.moment import ROUNDING_S

Columns = tuple[Sequence[int], Sequence[Box], Sequence[tuple[float, float]]]


class Tracks(list[Track]):
    """Some tracks of a scene, which nobody changes, for several rules follow the same ones."""

    @cached_property
    def columns(self) -> Columns:
        """Their ids, boxes and velocities."""
        return columns_of(self)


def columns_of(tracks: Iterable[Track]) -> Columns:
    """Ids, boxes and velocities of tracks."""
    ids, boxes, velocities = [], [], []
    for number, _, box, _, _, _, _, velocity, _ in tracks:
        ids.append(number)
        boxes.append(box)
        velocities.append(velocity)
    return ids, boxes, velocities


class Feet(dict[Box, tuple[float, float]]):
    """Where the boxes of one scene stand, in fractions of the picture."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._width, self._height = width, height

    def __missing__(self, box: Box) -> tuple[float, float]:
        foot = self[box] = standing(box, self._width, self._height)
        return foot


class UprightFeet(dict[Box, tuple[float, float]]):
    """The same in picture heights, both ways."""

    def __init__(self, aspect: float, feet: Feet) -> None:
        super().__init__()
        self._aspect, self._feet = aspect, feet

    def __missing__(self, box: Box) -> tuple[float, float]:
        x, y = self._feet[box]
        place = self[box] = (x * self._aspect, y)
        return place


class Places(dict[Box, bool]):
    """Whether a box of one scene stands in one area."""

    def __init__(self, area: Area, feet: Feet) -> None:
        super().__init__()
        self._area, self._feet = area, feet

    def __missing__(self, box: Box) -> bool:
        inside = self[box] = self._area.holds(self._feet[box])
        return inside


class Digest:
    """Answers about one scene. They are shared: nobody changes what they are given.

    The scene keeps them; they do not keep the scene, or it would outlive its last reader until
    somebody collects garbage.
    """

    def __init__(self, scene: Scene) -> None:
        measured_s = scene.time_s - ROUNDING_S
        self.measured = Tracks([one for one in scene.tracks if one.last_seen_s >= measured_s])
        """The tracks that this very moment shows."""
        self.believed = [one for one in scene.tracks if one.last_seen_s < measured_s]
        """The others."""
        self.believed_ids = frozenset([track.id for track in self.believed])
        self.read = [track for track in scene.tracks if track.readings]
        """Tracks of which a reader has told anything."""
        self.feet = Feet(scene.width, scene.height)
        self._size = scene.width, scene.height
        self._tracks = scene.tracks
        self._all_words = frozenset([track.label for track in scene.tracks])
        self._named: dict[tuple[str, ...], list[Track]] = {}
        self._words = frozenset([track.label for track in self.measured])
        self._by_words = {self._words: self.measured}
        self._by_labels: dict[tuple[str, ...], Tracks] = {(): self.measured}
        self._all_sure: dict[tuple[tuple[str, ...], float], bool] = {}
        self._places: dict[Area, Places] = {}

    def seen(self, labels: tuple[str, ...]) -> Tracks:
        """Measured tracks of these labels; of any where none is named."""
        found = self._by_labels.get(labels)
        if found is None:
            found = self._by_labels[labels] = self._of(self._words.intersection(labels))
        return found

    def named(self, labels: tuple[str, ...]) -> list[Track]:
        """Tracks of these labels, whether this moment shows them or not."""
        found = self._named.get(labels)
        if found is None:
            words = self._all_words.intersection(labels)
            found = [track for track in self._tracks if track.label in words]
            self._named[labels] = found
        return found

    def all_sure(self, labels: tuple[str, ...], min_score: float) -> bool:
        """Whether each of those was found at least so surely."""
        key = (labels, min_score)
        known = self._all_sure.get(key)
        if known is None:
            known = all(track.score >= min_score for track in self.seen(labels))
            self._all_sure[key] = known
        return known

    @cached_property
    def upright(self) -> UprightFeet:
        """Where boxes stand, in picture heights."""
        width, height = self._size
        return UprightFeet(width / height, self.feet)

    def places(self, area: Area) -> Places:
        """Whether boxes stand in an area."""
        places = self._places.get(area)
        if places is None:
            places = self._places[area] = Places(area, self.feet)
        return places

    def _of(self, words: frozenset[str]) -> Tracks:
        """One list for all who mean the same things, in whatever words."""
        found = self._by_words.get(words)
        if found is None:
            found = Tracks([track for track in self.measured if track.label in words])
            self._by_words[words] = found
        return found


def digest(scene: Scene) -> Digest:
    """The digest of a scene, made for the first who asks."""
    return scene.once(Digest)
