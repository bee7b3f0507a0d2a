"""What is believed about one moment of one source, without a single pixel."""

from dataclasses import dataclass
from typing import NamedTuple

from vigil.core.boxes import Box


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticBlob:
    """Something that was not in the background, arrived, and has not moved since."""

    id: int
    box: Box
    since_s: float
    """When it came to rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What cheap pixel arithmetic says about the picture as a whole."""

    motion: float = 0.0
    """Fraction of the picture that differs from its background, 0 to 1."""
    brightness: float = 0.0
    """Mean luma, 0 to 255."""
    static_blobs: tuple[StaticBlob, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the camera itself is doing."""

    offline_s: float = 0.0
    """Seconds since the last packet; 0 while packets flow."""
    frozen_s: float = 0.0
    """Seconds for which the decoded picture has not changed by one bit of noise; 0 while live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
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
