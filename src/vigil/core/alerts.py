"""What people are told."""

from dataclasses import dataclass

from vigil.core.events import Event, StepKind
from vigil.core.verdicts import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message about an event. Later ones with the same id amend the first in place."""

    id: str
    """The same through every retry and amendment: the incident's id."""
    step: StepKind
    """`new` comes first, once; `end` last, once."""
    event: Event
    decision: Decision
    time_s: float
    """When it was made, UTC seconds."""
    sequence: int
    """Counts the messages of one alert from 0, so that a receiver can drop repeats."""
    snapshot: bytes = b""
    """JPEG of the moment, boxes drawn; empty when there is no picture."""
    clip_url: str | None = None
    """Where people can see the clip."""
