"""What is believed about one moment of one source, without a single pixel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self, TypeVar

from vigil.core.actions import Action
from vigil.core.boxes import Box


class Reading(NamedTuple):
    """What a second look at a track's best crops says it is like, voted over them."""

    kind: str
    """What was asked: `face`, `vehicle_type`, `colour`, `plate`, `posture` …"""
    word: str
    """The answer: `present`, `van`, `red`, `A12345`, `lying` …"""
    score: float
    """How sure it is, 0 to 1."""


class Track(NamedTuple):
    """One object, as last believed."""

    # A frozen dataclass takes four times as long to make, and every look makes one per thing.

    id: int
    """Unique within its source while the process runs."""
    label: str
    box: Box
    """Where it is now: between measured and predicted when just seen, else predicted."""
    score: float
    first_seen_s: float
    last_seen_s: float
    hits: int = 1
    """How many looks matched it."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Of the foot point, pixels a second, x right and y down."""
    readings: tuple[Reading, ...] = ()
    """What readers found out about it until now, one for each kind at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticBlob:
    """Something that was not in the background, arrived, and has not moved since."""

    id: int
    box: Box
    since_s: float
    """When it came to rest."""
    removed: bool = False
    """The background shows where something used to stand: it was taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How the picture as a whole compares with what this camera usually shows."""

    contrast: float
    """Standard deviation of luma, 0 to 127.5."""
    sharpness: float = 1.0
    """Amount of fine detail over that of this view when it was last well; 1 as sharp as ever."""
    likeness: float = 1.0
    """Correlation of its lasting edges with those of the usual view, -1 to 1, over parts of it."""
    shift: tuple[float, float] = (0.0, 0.0)
    """By how much the usual view seems to have moved, fractions of the picture, right and down."""
    flat: float = 0.0
    """Share of the picture without any detail, 0 to 1."""
    lost: float = 0.0
    """Share of the usual view whose detail is gone, with nothing in its place, 0 to 1."""
    strange: float = 0.0
    """Share of the picture with detail that the usual view does not have there, 0 to 1."""
    new_s: float = 0.0
    """Seconds for which it has shown one and the same unusual view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plume:
    """A region that looks and behaves like fire or like smoke."""

    id: int
    kind: Literal["fire", "smoke"]
    box: Box
    since_s: float
    """Since when it has been there."""
    area: float
    """Share of the picture that it covers, 0 to 1."""
    growth: float
    """Its area over that when it was first seen."""
    flicker: float
    """How restlessly it changes, 0 to 1: flames dance, lamps and clothes do not."""
    score: float
    """How much it is like fire or smoke altogether, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceChange:
    """A part of the place whose texture has changed and stayed so: a slide, a spill."""

    id: int
    box: Box
    since_s: float
    """When it came to rest as it is now."""
    area: float
    """Share of the picture, 0 to 1."""
    strength: float
    """How different it is, 0 (the same) to 1 (nothing in common)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """Something small and fast that follows the path of a thrown thing."""

    id: int
    path: tuple[tuple[float, float, float], ...]
    """Its places until now: time in seconds, x and y in source pixels."""
    size: float
    """Mean side of it, source pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much one still is like what a user's algorithm looks for."""

    algorithm: str
    version: int
    word: str
    likelihood: float
    """Probability of the word, 0 to 1, of the view or region that is most like it."""
    least: float
    """From which likelihood on its head tells it."""
    unsure_from: float | None = None
    """From which on it is unsure, so that somebody else may be asked; None: nobody knows."""
    box: Box | None = None
    """That region, source pixels; None: the whole view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Something that was heard."""

    word: str
    """`scream`, `glass`, `gunshot`, `alarm`, `loud` …"""
    start_s: float
    end_s: float
    """Until when it was heard; later if it goes on."""
    score: float
    """How sure it is, 0 to 1: of the surest piece."""
    hits: int = 1
    """In how many pieces of sound it was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What cheap pixel arithmetic says about the picture as a whole."""

    motion: float = 0.0
    """Fraction of the picture that differs from its background, 0 to 1."""
    brightness: float = 0.0
    """Mean luma, 0 to 255."""
    static_blobs: tuple[StaticBlob, ...] = ()
    rain: bool = False
    """Whether it rained of late; told only where samples are kept."""
    # What follows is computed only for rules that name it among their `signals`.
    view: View | None = None
    plumes: tuple[Plume, ...] = ()
    surface: tuple[SurfaceChange, ...] = ()
    flights: tuple[Flight, ...] = ()
    likenesses: tuple[Likeness, ...] = ()
    """What the heads of algorithms say of a still; empty while none was looked at."""
    actions: tuple[Action, ...] = ()
    """What networks of clips say now of the view and of tracks; empty while none was asked."""
    energy: Mapping[int, float] = field(default_factory=dict)
    """How much moves inside the box of each person, by the track's id: mean change of luma a
    second, after the box's own motion is taken out, over how much luma varies within the box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the camera itself is doing."""

    offline_s: float = 0.0
    """Seconds since the last packet; 0 while packets flow."""
    frozen_s: float = 0.0
    """Seconds for which the decoded picture has not changed, not even by noise; 0 while live."""
    clock_off_s: float | None = None
    """Seconds by which the camera's own clock is ahead of ours; None while it does not say."""


WorkT = TypeVar("WorkT")


class WorkedOut:
    """What one reader worked out from a value that the next would work out again.

    It is no part of the value: it is neither compared nor kept, copied or sent.
    """

    __slots__ = ("_known",)
    _known: dict[Any, Any]

    def once(self, work: Callable[[Self], WorkT]) -> WorkT:
        """What `work` makes of this value; it is asked only the first time."""
        try:
            return self._known[work]  # type: ignore[no-any-return]
        except AttributeError:
            object.__setattr__(self, "_known", {})
        except KeyError:
            pass
        made = self._known[work] = work(self)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene(WorkedOut):
    """One moment of one source. Holds no pixels, so rules are pure and a day replays in seconds."""

    source: str
    time_s: float
    width: int
    height: int
    tracks: tuple[Track, ...] = ()
    signals: Signals | None = None
    """None when nobody computed them at this moment."""
    health: Health | None = None
    """Comes every second, even when no frame does."""
    looked: bool = False
    """True when a detector looked at this very moment, so that an absent track is news."""
    cards: tuple[str, ...] = ()
    """Models that looked at this moment."""
    sounds: tuple[Sound, ...] = ()
    """What was heard in the last seconds, where a rule reads sounds and somebody listens."""
