"""Judged events, and what happened, in a few words."""

from vigil.core import Decision, Event, Outcome, Review, Ruling, Unverified, Verdict
from vigil.data import Happened
from vigil.pipeline.score import JudgedEvent


def judged(
    number: int,
    outcome: Outcome,
    *,
    source: str = "gate",
    rule: str = "presence",
    calls: int = 0,
    review: Ruling | None = None,
    start_s: float | None = None,
) -> JudgedEvent:
    start_s = 100.0 * number if start_s is None else start_s
    event = Event(
        id=f"e{number}", source=source, rule=rule, claim="x", start_s=start_s, end_s=start_s + 5
    )
    verdict = Verdict(
        event_id=event.id,
        ruling=Ruling.REJECTED if outcome is Outcome.REJECTED else Ruling.CONFIRMED,
        likelihood=0.9,
        reason="It looks so.",
        judge="second_look",
        time_s=start_s + 1,
        seconds={"total": float(number), "model": 0.5},
        calls=calls,
        tokens_in=1000 * calls,
        tokens_out=100 * calls,
    )
    unverified = outcome is Outcome.UNVERIFIED
    decision = Decision(
        event_id=event.id,
        outcome=outcome,
        reason=Unverified.BRAIN_DOWN if unverified else None,
        verdict=None if unverified else verdict,
        incident=event.id,
        due_s=start_s + 10,
    )
    told = None
    if review is not None:
        told = Review(event_id=event.id, ruling=review, reviewer="li", time_s=0)
    verdicts = () if unverified else (verdict,)
    return JudgedEvent(event=event, decision=decision, verdicts=verdicts, review=told)


def happened(number: int, source: str = "gate", rule: str = "presence") -> Happened:
    start_s = 100.0 * number
    return Happened(source=source, rule=rule, start_s=start_s, end_s=start_s + 5)
