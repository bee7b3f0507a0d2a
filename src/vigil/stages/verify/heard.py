"""Events that were heard: pictures may confirm them, and can refute none."""

from dataclasses import replace

from vigil.core import Case, Clock, Ruling, Verdict

UNSEEN = "What was heard need not be in the picture"


def unseen_verdict(case: Case, clock: Clock) -> Verdict:
    """A judge that only measures pictures has nothing to say."""
    return Verdict(
        event_id=case.event.id,
        ruling=Ruling.UNSURE,
        likelihood=0.5,
        reason=f"{UNSEEN}; nothing in it was measured.",
        reason_zh="听到的声音未必出现在画面中，未对画面做测量。",
        judge="second_look:heard",
        time_s=clock.now_s(),
        seconds={"total": 0.0},
    )


def not_refuted(verdict: Verdict) -> Verdict:
    """A judge of pictures that finds nothing leaves an event that was heard undecided."""
    if verdict.ruling is not Ruling.REJECTED:
        return verdict
    reason = f"{UNSEEN}: {verdict.reason}"
    return replace(verdict, ruling=Ruling.UNSURE, likelihood=0.5, reason=reason)
