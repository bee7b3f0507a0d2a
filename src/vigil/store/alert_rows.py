"""Between alerts and the columns of their tables."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from vigil.core import Alert, AlertRecord, Member, Severity, Silence, StepKind
from vigil.core.alert_json import decision_from_json, decision_json
from vigil.core.json import event_from_json, event_json
from vigil.store.rows import storable


def record_row(record: AlertRecord) -> dict[str, Any]:
    """Columns of `alerts`."""
    return {
        "id": record.id,
        "incident": record.incident,
        "source": storable(record.event.source),
        "rule": storable(record.event.rule),
        "severity": record.event.severity.value,
        "event": storable(event_json(record.event)),
        "decision": storable(decision_json(record.decision)),
        "step": record.step.value,
        "sequence": record.sequence,
        "first_s": float(record.first_s),
        "last_s": float(record.last_s),
        "sinks": list(record.sinks),
        "held": storable(record.held),
    }


def stored_record(row: Row[Any], members: Mapping[str, Member]) -> AlertRecord:
    """Read one row of `alerts`; `members` are its rows in `alert_events`."""
    event = event_from_json(row.event)
    return AlertRecord(
        id=row.id,
        incident=row.incident,
        event=event,
        decision=decision_from_json(row.decision, event_id=event.id),
        step=StepKind(row.step),
        sequence=row.sequence,
        first_s=row.first_s,
        last_s=row.last_s,
        sinks=tuple(row.sinks),
        held=row.held,
        members=members,
    )


def message_row(alert: Alert) -> dict[str, Any]:
    """Columns of `alert_messages`."""
    return {
        "alert_id": alert.id,
        "sequence": alert.sequence,
        "step": alert.step.value,
        "event": storable(event_json(alert.event)),
        "decision": storable(decision_json(alert.decision)),
        "time_s": float(alert.time_s),
        "clip_url": alert.clip_url,
    }


def stored_message(row: Row[Any], *, before: Alert | None = None, receipt: str = "") -> Alert:
    """Read one row of `alert_messages`; pictures are not kept there."""
    found = row._mapping
    event = event_from_json(found["event"])
    return Alert(
        id=found["alert_id"],
        step=StepKind(found["step"]),
        event=event,
        decision=decision_from_json(found["decision"], event_id=event.id),
        time_s=found["time_s"],
        sequence=found["sequence"],
        clip_url=found["clip_url"],
        before=before,
        receipt=receipt,
    )


def silence_row(silence: Silence) -> dict[str, Any]:
    """Columns of `alert_silences`."""
    return {
        "id": silence.id,
        "until_s": float(silence.until_s),
        "source": silence.source,
        "rule": silence.rule,
        "up_to": silence.up_to.value,
        "critical": silence.critical,
        "reason": storable(silence.reason),
        "created_s": float(silence.created_s),
    }


def stored_silence(row: Row[Any]) -> Silence:
    """Read one row of `alert_silences`."""
    found = dict(row._mapping)
    return Silence(**found | {"up_to": Severity(found["up_to"])})
