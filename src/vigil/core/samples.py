"""What is learnt from: pictures and clips, what is on them, and who says so."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar, NamedTuple

from vigil.core.boxes import Box


class Labeler(StrEnum):
    """Who gave a label. What ranks higher is believed."""

    HUMAN = "human"
    IMPORT = "import"
    """Came with a data set: people's work as a rule, but nobody knows whose."""
    BRAIN = "brain"
    MODEL = "model"

    @property
    def rank(self) -> int:
        """The higher, the more it is believed."""
        return {"human": 4, "import": 3, "brain": 2, "model": 1}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who gave a label, how and when."""

    labeler: Labeler = Labeler.IMPORT
    by: str = ""
    """Model and prompt version, or the person."""
    score: float | None = None
    """How sure, 0 to 1; None: nobody said."""
    reviewer: str = ""
    """Who looked at it afterwards."""
    time_s: float = 0.0
    """When, UTC seconds since the epoch; 0: not known."""


class Place(NamedTuple):
    """A key of a path: where a thing is at one frame, and so until the next key."""

    frame: int
    """Counts from 0."""
    box: Box
    seen: bool = True
    """False: from this frame on it is not in the picture."""
    hidden: bool = False
    """Something stands before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPath:
    """One thing through a video: keys in order, straight lines between them.

    After the last key it stays where it is until the video ends, unless that key says it is gone.
    Raises `ValueError` unless frames rise and the first key is seen.
    """

    track: int
    """The thing's number within its video."""
    places: tuple[Place, ...]

    def __post_init__(self) -> None:
        frames = [place.frame for place in self.places]
        if not frames or frames != sorted(set(frames)) or frames[0] < 0:
            raise ValueError(f"keys must be at rising frames from 0 on: {frames}")
        if not self.places[0].seen:
            raise ValueError(f"a path begins where a thing is seen: {self.places[0]}")

    def at(self, frame: int) -> Place | None:
        """Where it is at a frame; None while it is not in the picture."""
        before = after = None
        for place in self.places:
            if place.frame > frame:
                after = place
                break
            before = place
        if before is None or not before.seen:
            return None
        if after is None or not after.seen or before.frame == frame:
            return before._replace(frame=frame)
        return _between(before, after, frame)

    def all(self, frames: int) -> list[Place]:
        """Its place at each frame of a video of so many at which it is seen."""
        found: list[Place] = []
        for key, following in pairwise([*self.places, None]):
            assert key is not None
            end = frames if following is None else min(following.frame, frames)
            if not key.seen:
                continue
            for frame in range(key.frame, end):
                steady = following is None or not following.seen or frame == key.frame
                found.append(
                    key._replace(frame=frame)
                    if steady or following is None
                    else _between(key, following, frame)
                )
        return found


def _between(before: Place, after: Place, frame: int) -> Place:
    share = (frame - before.frame) / (after.frame - before.frame)
    box = Box(*(a + share * (b - a) for a, b in zip(before.box, after.box, strict=True)))
    return Place(frame, box, hidden=before.hidden)


def path_of(track: int, places: list[Place], frames: int, *, near_px: float = 0.01) -> TrackPath:
    """The path with the fewest keys that shows a thing in just these places, frames rising.

    `frames`: length of the video. A key is left out where the straight line between its
    neighbours is nearer than `near_px` to it. Raises `ValueError` without any place.
    """
    keys: list[Place] = []
    for run in _runs(places):
        keys += _corners(run, near_px)
        if run[-1].frame + 1 < frames:
            keys.append(Place(run[-1].frame + 1, run[-1].box, seen=False))
    return TrackPath(track=track, places=tuple(keys))


def _runs(places: list[Place]) -> list[list[Place]]:
    """Stretches of places at one frame after the other."""
    runs: list[list[Place]] = []
    for place in places:
        if runs and runs[-1][-1].frame + 1 == place.frame:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _corners(run: list[Place], near_px: float) -> list[Place]:
    """The places of a run that are no point of the line between the corners around them.

    One pass: each place narrows the slopes that a line from the last corner may have, until
    one lies outside of them.
    """
    keys = [run[0]]
    slopes = _Slopes(run[0], near_px)
    for before, place in pairwise(run):
        if place.hidden != before.hidden:
            keys += [place] if before is keys[-1] else [before, place]
            slopes = _Slopes(place, near_px)
            continue
        if not slopes.allow(place):
            keys.append(before)
            slopes = _Slopes(before, near_px)
        slopes.narrow(place)
    end = run[-1]
    if end is not keys[-1] and not slopes.flat:
        keys.append(end)
    return keys


class _Slopes:
    """Which lines from a place pass near all the places after it, edge by edge of the box."""

    def __init__(self, start: Place, near_px: float) -> None:
        self._start, self._near_px = start, near_px
        self._low, self._high = [-math.inf] * 4, [math.inf] * 4

    @property
    def flat(self) -> bool:
        """Whether standing still is one of them."""
        return all(low <= 0 <= high for low, high in zip(self._low, self._high, strict=True))

    def allow(self, place: Place) -> bool:
        """Whether the line to that place is one of them."""
        edges = zip(self._low, self._to(place), self._high, strict=True)
        return all(low <= slope <= high for low, slope, high in edges)

    def narrow(self, place: Place) -> None:
        """Keep those that pass near that place too."""
        play = self._near_px / (place.frame - self._start.frame)
        for edge, slope in enumerate(self._to(place)):
            self._low[edge] = max(self._low[edge], slope - play)
            self._high[edge] = min(self._high[edge], slope + play)

    def _to(self, place: Place) -> list[float]:
        frames = place.frame - self._start.frame
        return [(b - a) / frames for a, b in zip(self._start.box, place.box, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A region of a picture: the corners of a polygon, source pixels."""

    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a video, from one frame to another, both included; they count from 0."""

    first: int
    last: int


NOTHING = ""
"""The word of a label by which somebody says: there is no such thing."""
Shape = None | Box | Outline | Stretch | TrackPath
"""What a label is about; None: the picture or video as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One word about one thing. Never edited: a correction is a newer label of the same id."""

    word: str
    shape: Shape = None
    origin: Origin = field(default_factory=Origin)
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A picture or a video file."""

    path: str
    """Relative to its data set, with `/`."""
    width: int
    """Pixels, upright."""
    height: int
    frames: int = 1
    """1: a picture."""
    rate: float = 0.0
    """Frames a second of a video."""
    group: str = ""
    """The camera or the video that it comes from; splits never cross one. Empty: its own."""
    sha256: str = ""
    """Of the file; empty: not known."""
    condition: str = ""
    """In one word what it was like: `usual`, `dark` …; empty: nobody knows."""

    @property
    def is_video(self) -> bool:
        return self.frames > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A picture or video with all that is said about it."""

    medium: Medium
    labels: tuple[Label, ...] = ()
    split: str = ""
    """`train`, `val`, `test` or a data set's own word; empty: not split."""


class SampleState(StrEnum):
    """What became of a sample."""

    WAITING = "waiting"
    LABELLED = "labelled"
    SKIPPED = "skipped"
    """Somebody looked, and it is of no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A picture that is worth a person's look, and why. Never edited: what is said comes beside it.

    The camera's masks are burnt into the picture.
    """

    id: str
    """UUIDv7 of the moment at which it was taken."""
    source: str
    """The camera."""
    time_s: float
    """Of the picture, UTC seconds."""
    path: str
    """Of the JPEG, relative to the folder of samples: `<UTC day>/<id>.jpg`."""
    width: int
    """Of the picture as it is kept, pixels."""
    height: int
    size_bytes: int
    score: float
    """How much is to be learnt from it, 0 to 1: all reasons together, as `joint` says."""
    reasons: Mapping[str, float]
    """Who wanted it kept (`close_to_threshold`, `event`, `rejected` …), each with its own score."""
    condition: str = ""
    """In one word what the picture was like: `usual`, `dark` …; empty: nobody knows."""
    proposals: tuple[Label, ...] = ()
    """What models saw in it: boxes in pixels of the picture, each with its score and model card."""
    event_id: str | None = None
    """The event that it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many may be kept in any stretch of so long; None: any number."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    minutely: int | None = None
    hourly: int | None = None
    daily: int | None = None

    def __post_init__(self) -> None:
        for name, most in (
            ("minutely", self.minutely), ("hourly", self.hourly), ("daily", self.daily)
        ):  # fmt: skip
            if most is not None and most < 0:
                raise ValueError(f"{name} is {most}; allowed: 0 or more, or null for any number")


def joint(scores: Iterable[float]) -> float:
    """Several reasons, each a score of 0 to 1, as one: two say more than either (noisy or)."""
    return 1.0 - math.prod(1.0 - score for score in scores)
