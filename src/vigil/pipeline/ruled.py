"""What comes of judging: an outcome, its reason, and the words that count."""

from dataclasses import dataclass

from vigil.core import Outcome, Ruling, Unverified, Verdict
from vigil.pipeline.judges import Hearing
from vigil.store import Said

OUTCOMES = {
    Ruling.CONFIRMED: Outcome.CONFIRMED,
    Ruling.REJECTED: Outcome.REJECTED,
    Ruling.UNSURE: Outcome.UNVERIFIED,
}


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """What is to become of an event."""

    outcome: Outcome
    reason: Unverified | None = None
    said: Said | None = None


def by_verdict(said: Said) -> Ruled:
    """The last word of the judges; an event of which that is unsure is unverified."""
    outcome = OUTCOMES[said.verdict.ruling]
    reason = Unverified.UNSURE if outcome is Outcome.UNVERIFIED else None
    return Ruled(outcome=outcome, reason=reason, said=said)


def by_nobody(reason: Unverified, verdict: Verdict | None, hearing: Hearing) -> Ruled:
    """Nobody ruled; `verdict` is what a cheaper judge had said, if one was asked."""
    said = None if verdict is None else hearing.words(verdict)
    return Ruled(outcome=Outcome.UNVERIFIED, reason=reason, said=said)


def without_a_brain(setting: str, verdict: Verdict | None, hearing: Hearing) -> Ruled:
    """No large model any more today: the second look decides, or nobody."""
    if setting != "second_look" or verdict is None:
        return by_nobody(Unverified.BUDGET, verdict, hearing)
    likely = verdict.likelihood >= 0.5
    return Ruled(
        outcome=Outcome.CONFIRMED if likely else Outcome.REJECTED, said=hearing.words(verdict)
    )
