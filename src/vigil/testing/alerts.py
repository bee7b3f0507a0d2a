"""Alerts as they come, for tests of whatever receives them."""

from dataclasses import replace

from vigil.core import (
    Alert,
    Box,
    Decision,
    Event,
    Outcome,
    Ruling,
    Severity,
    StepKind,
    Unverified,
    Verdict,
    uuid7,
)

NOON_S = 1_700_049_600.0
"""2023-11-15 12:00 UTC."""
PICTURE = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
"""As much of a JPEG as nobody looks at."""


def an_event(
    start_s: float = NOON_S,
    *,
    id: str | None = None,
    source: str = "gate",
    rule: str = "yard",
    label: str = "person",
    severity: Severity = Severity.MEDIUM,
    critical: bool = False,
    suspected: bool = False,
) -> Event:
    """Somebody in the yard."""
    return Event(
        id=id or uuid7(start_s),
        source=source,
        rule=rule,
        claim="A person is in the yard.",
        claim_zh="院子里有人。",
        label=label,
        start_s=start_s,
        end_s=start_s + 5,
        severity=severity,
        critical=critical,
        suspected=suspected,
        box=Box(100, 200, 180, 400),
        path=((start_s, Box(90, 200, 170, 400)), (start_s + 5, Box(100, 200, 180, 400))),
    )


def a_verdict(event: Event, ruling: Ruling = Ruling.CONFIRMED, *, said: str = "") -> Verdict:
    """The word of a judge who is rather sure."""
    return Verdict(
        event_id=event.id,
        ruling=ruling,
        likelihood={Ruling.CONFIRMED: 0.93, Ruling.REJECTED: 0.04, Ruling.UNSURE: 0.5}[ruling],
        reason=said or "Somebody walks across the yard.",
        reason_zh="有人穿过院子。",
        judge="second_look",
        time_s=event.start_s + 2,
    )


def a_decision(
    event: Event, outcome: Outcome = Outcome.CONFIRMED, *, incident: str = "", said: str = ""
) -> Decision:
    """Taken three seconds after the event began; unverified for want of time."""
    ruling = {Outcome.CONFIRMED: Ruling.CONFIRMED, Outcome.REJECTED: Ruling.REJECTED}.get(outcome)
    return Decision(
        event_id=event.id,
        outcome=outcome,
        reason=Unverified.DEADLINE if outcome is Outcome.UNVERIFIED else None,
        verdict=None if ruling is None else a_verdict(event, ruling, said=said),
        incident=incident or event.id,
        due_s=event.start_s + 10,
        decided_s=None if outcome is Outcome.PENDING else event.start_s + 3,
    )


def an_alert(
    event: Event | None = None,
    outcome: Outcome = Outcome.CONFIRMED,
    *,
    step: StepKind = StepKind.NEW,
    sequence: int = 0,
    snapshot: bytes = b"",
    clip_url: str | None = "https://vigil.example/events/1",
    said: str = "",
) -> Alert:
    """One message."""
    event = event or an_event()
    return Alert(
        id=event.id,
        step=step,
        event=event,
        decision=a_decision(event, outcome, said=said),
        time_s=event.start_s + 3,
        sequence=sequence,
        snapshot=snapshot,
        clip_url=clip_url,
    )


def amended(
    before: Alert, outcome: Outcome, *, step: StepKind = StepKind.UPDATE, receipt: str = ""
) -> Alert:
    """The next message of the same alert."""
    return replace(
        before,
        step=step,
        decision=a_decision(before.event, outcome),
        time_s=before.time_s + 10,
        sequence=before.sequence + 1,
        before=replace(before, snapshot=b"", before=None),
        receipt=receipt,
    )
