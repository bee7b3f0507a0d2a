"""What may have happened, and the steps of its life."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vigil.core.boxes import Box
from vigil.core.scenes import Reading


class Severity(StrEnum):
    """How much it matters."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for the least: words compare by their letters."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A rule's suspicion. `id` is made once at birth and kept through every retry."""

    id: str
    """UUIDv7, so that ids sort by time of birth."""
    source: str
    rule: str
    claim: str
    """One English sentence that a judge can find confirmed, rejected or unsure."""
    claim_zh: str = ""
    """The same in Chinese."""
    algorithm: str | None = None
    """The user's own noun, when one stands behind the rule."""
    label: str = ""
    start_s: float
    """UTC seconds since the epoch (files: start + seconds)."""
    end_s: float
    """Last moment known to belong to it; final once the `end` step was sent."""
    severity: Severity = Severity.MEDIUM
    critical: bool = False
    """Alert at once, before any verdict."""
    suspected: bool = False
    """Too little to be told by itself: nobody hears of it unless a judge confirms it."""
    track_ids: tuple[int, ...] = ()
    box: Box | None = None
    """Where it is now, source pixels; None for events of the camera itself."""
    path: tuple[tuple[float, Box], ...] = ()
    """Boxes over time, thinned; seconds as `start_s`."""
    direction: str | None = None
    """Name of the direction of a crossing."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Running totals of a counting rule, by direction."""
    by: int | None = None
    """Track id of who did it, where somebody was seen to: who left, took, picked or threw it."""
    ending: str = ""
    """How it ended, where that is known: `reclaimed` by who did it, `taken` by another,
    `returned`, `dismissed` by somebody who watches."""
    readings: tuple[Reading, ...] = ()
    """What readers found out about its tracks."""
    cards: tuple[str, ...] = ()
    """Models that saw it."""


class StepKind(StrEnum):
    """Where in its life an event is."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an event's life; `new` comes first, once, and `end` last, once."""

    kind: StepKind
    event: Event
    time_s: float
    """When the rule said so, in the scene's time."""
