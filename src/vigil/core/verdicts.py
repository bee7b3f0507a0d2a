"""What judges say of an event, what becomes of it, and what people say afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Ruling(StrEnum):
    """One judge's word on a claim."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judge's ruling on one event, with what it rests on and what it cost."""

    event_id: str
    ruling: Ruling
    likelihood: float
    """Probability that the claim is true, 0 to 1, as well calibrated as the judge can."""
    reason: str
    """One English sentence, or the judge's own words."""
    reason_zh: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What it answered to each question of the set, by the question's key."""
    judge: str
    """Which judge: its kind, and its model with version or hash."""
    prompt: str = ""
    """Hash of the prompt that was used; empty for judges without one."""
    time_s: float
    """When it was said, UTC seconds."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Where the time went: `queue`, `clip`, `frames`, `model`, `total`."""
    calls: int = 0
    """Calls to a large model."""
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def confidence(self) -> float:
        """How sure the judge is of its own ruling, 0 to 1; low for unsure."""
        if self.ruling is Ruling.CONFIRMED:
            return self.likelihood
        if self.ruling is Ruling.REJECTED:
            return 1.0 - self.likelihood
        return abs(2.0 * self.likelihood - 1.0)


class Outcome(StrEnum):
    """Where an event stands."""

    PENDING = "pending"
    """Its deadline is not over and nobody has decided."""
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNVERIFIED = "unverified"
    """Nobody could decide in time; the reason says why."""


class Unverified(StrEnum):
    """Why nobody decided."""

    UNSURE = "unsure"
    """All judges were asked, and the last word was unsure."""
    DEADLINE = "deadline"
    """No verdict came in time; one may still come."""
    BUDGET = "budget"
    """The budget of its camera, algorithm or site is spent."""
    BRAIN_DOWN = "brain_down"
    """The large model does not answer, or answers nonsense."""
    NO_CLIP = "no_clip"
    """There is no footage to judge by."""
    SHED = "shed"
    """More important events took all the room."""
    NO_JUDGE = "no_judge"
    """Nobody is configured to judge it."""
    ERROR = "error"
    """A judge failed; the log says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How an event stands now; a later verdict may replace it."""

    event_id: str
    outcome: Outcome
    reason: Unverified | None = None
    """Only for `unverified`."""
    verdict: Verdict | None = None
    """The last word; of an incident, perhaps that on another of its events."""
    incident: str
    """Events that are one thing seen twice share it: the id of the first of them."""
    due_s: float
    """UTC seconds by which it must not be pending any more."""
    decided_s: float | None = None
    """When it stopped being pending, UTC seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's word on an event. Never edited: a correction is a newer review."""

    event_id: str
    ruling: Ruling
    reviewer: str
    time_s: float
    note: str = ""
