"""What people are told, what is remembered of it, and what they do not want to hear."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.core.events import Event, Severity, StepKind
from vigil.core.verdicts import Decision, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message about an event. Later ones with the same id amend the first in place."""

    id: str
    """The same through every retry and amendment: the incident's id, unless that goes on long."""
    step: StepKind
    """`new` comes first, once; `end` last, unless a verdict or another event comes even later."""
    event: Event
    decision: Decision
    time_s: float
    """When it was made, UTC seconds."""
    sequence: int
    """Counts the messages of one alert from 0, so that a receiver can drop repeats."""
    snapshot: bytes = b""
    """JPEG of the moment, boxes drawn, made when it is sent; empty when there is no picture."""
    clip_url: str | None = None
    """Where people can see the clip."""
    before: "Alert | None" = None
    """What the same receiver got last of this alert, without the picture; None at first."""
    receipt: str = ""
    """The receiver's own name for its first message, as `Alerter.send` returned it; or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One event of an alert."""

    over: bool
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """What is remembered of an alert between its messages."""

    id: str
    incident: str
    event: Event
    """The event that it speaks of: of several, the one that matters most."""
    decision: Decision
    """On that event."""
    step: StepKind
    """Of the last message, or of the one that was held back."""
    sequence: int
    """Of the last message; -1 when nobody was told."""
    first_s: float
    """When it was made, UTC seconds."""
    last_s: float
    """When it was last amended."""
    sinks: tuple[str, ...] = ()
    """Who was told."""
    held: str = ""
    """Why nobody was told; empty when somebody was."""
    members: Mapping[str, Member] = field(default_factory=dict)
    """Its events, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts that nobody wants to hear for a while."""

    id: str
    until_s: float
    """UTC seconds."""
    source: str | None = None
    """Only of this camera; None: of any."""
    rule: str | None = None
    up_to: Severity = Severity.HIGH
    """Those that matter more are heard."""
    critical: bool = False
    """Whether critical ones are silenced, too."""
    reason: str = ""
    created_s: float = 0.0

    def covers(self, event: Event, time_s: float) -> bool:
        """Whether an alert about `event` at `time_s` (UTC seconds) is not to be heard."""
        if time_s >= self.until_s or (event.critical and not self.critical):
            return False
        meant = self.source in (None, event.source) and self.rule in (None, event.rule)
        return meant and event.severity.rank <= self.up_to.rank
