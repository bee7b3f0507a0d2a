"""Alerts, decisions and verdicts as JSON: what receivers get, and what waits to be sent."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from vigil.core.alerts import Alert
from vigil.core.json import Json, event_json
from vigil.core.verdicts import Decision, Outcome, Ruling, Unverified, Verdict


def alert_json(alert: Alert) -> Json:
    """All but the picture. `type` is new, update or end; `id` and `sequence` tell repeats."""
    return {
        "id": alert.id,
        "sequence": alert.sequence,
        "type": alert.step.value,
        "time_s": float(alert.time_s),
        **decision_json(alert.decision),
        "event": event_json(alert.event),
        "clip_url": alert.clip_url,
    }


def decision_json(decision: Decision) -> Json:
    """Every field of a decision; that of a verdict within."""
    return {
        "incident": decision.incident,
        "outcome": decision.outcome.value,
        "reason": None if decision.reason is None else decision.reason.value,
        "verdict": None if decision.verdict is None else verdict_json(decision.verdict),
        "due_s": float(decision.due_s),
        "decided_s": None if decision.decided_s is None else float(decision.decided_s),
    }


def verdict_json(verdict: Verdict) -> Json:
    """Every field of a verdict."""
    return asdict(verdict) | {
        "ruling": verdict.ruling.value,
        "answers": dict(verdict.answers),
        "seconds": {part: float(seconds) for part, seconds in verdict.seconds.items()},
    }


def decision_from_json(found: Mapping[str, Any], *, event_id: str) -> Decision:
    """Read what `decision_json` wrote; raises ValueError, saying what is wrong."""
    try:
        reason, verdict = found["reason"], found["verdict"]
        return Decision(
            event_id=event_id,
            incident=found["incident"],
            outcome=Outcome(found["outcome"]),
            reason=None if reason is None else Unverified(reason),
            verdict=None if verdict is None else verdict_from_json(verdict),
            due_s=found["due_s"],
            decided_s=found["decided_s"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a decision: {error!r} in {str(found)[:200]}") from error


def verdict_from_json(found: Mapping[str, Any]) -> Verdict:
    """Read what `verdict_json` wrote; raises ValueError, saying what is wrong."""
    try:
        return Verdict(**{**found, "ruling": Ruling(found["ruling"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a verdict: {error!r} in {str(found)[:200]}") from error
