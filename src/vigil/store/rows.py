"""Between our values and the columns of the tables."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from sqlalchemy import Row

from vigil.core import Clip, Event, Outcome, Step, StoreError, Unverified
from vigil.core.json import Json, clip_from_json, clip_json, event_json, step_from_json

EVENT_COLUMNS = tuple(Event.__dataclass_fields__)
WHEN_UNKNOWN: dict[str, Any] = {
    "algorithm": None,
    "critical": False,
    "suspected": False,
    "claim_zh": "",
    "track_ids": [],
    "path": [],
    "direction": None,
    "counts": {},
    "by": None,
    "ending": "",
    "readings": [],
    "cards": [],
}


@dataclass(frozen=True, kw_only=True)
class StoredEvent:
    """An event as the store knows it."""

    step: Step
    """The last step that counted."""
    clip: Clip | None
    """Its evidence; None when there is none yet, or none any more."""
    created_s: float
    """When its first step was written: UTC seconds of this machine."""
    updated_s: float
    outcome: Outcome | None = None
    """Where it stands; None for events of before there were decisions."""
    reason: Unverified | None = None
    """Why nobody decided."""
    incident: str | None = None
    """Events that are one thing seen twice share it."""

    @property
    def event(self) -> Event:
        return self.step.event

    def as_json(self) -> Json:
        """The last step as JSON, the handle of its clip when there is one, and where it stands."""
        found = event_json(self.step) | ({} if self.clip is None else {"clip": self.clip.uri})
        if self.outcome is None:
            return found
        reason = None if self.reason is None else self.reason.value
        return found | {"outcome": self.outcome.value, "reason": reason, "incident": self.incident}


def event_row(step: Step) -> dict[str, Any]:
    """Columns that a step fills. Raises StoreError for a moment that is none."""
    found = WHEN_UNKNOWN | event_json(step)
    for name in ("start_s", "end_s", "time_s"):
        # Some databases take such numbers, and then nobody can write them as JSON.
        if not isfinite(found[name]):
            raise StoreError(f"the database refused a row: {name} is {found[name]}")
    row = {name: storable(found[name]) for name in EVENT_COLUMNS}
    return row | {"state": found["type"], "step_s": found["time_s"]}


def clip_row(clip: Clip, event_id: str, place: str) -> dict[str, Any]:
    """Columns that a clip fills; `place` is relative to the clips folder."""
    source = storable(clip.source)
    return clip_json(clip) | {"source": source, "event_id": event_id, "path": place}


def stored_step(row: Row[Any]) -> Step:
    """Read the columns of `events` in a row: the last step that counted."""
    found = row._mapping
    return step_from_json({**found, "type": found["state"], "time_s": found["step_s"]})


def stored_event(row: Row[Any]) -> StoredEvent:
    """Read one row of events joined with their decision and clip (columns `clip_…`)."""
    found = row._mapping
    clip = {name: found[f"clip_{name}"] for name in Clip.__dataclass_fields__}
    return StoredEvent(
        step=stored_step(row),
        clip=None if clip["uri"] is None else clip_from_json(clip),
        created_s=found["created_s"],
        updated_s=found["updated_s"],
        outcome=None if found["outcome"] is None else Outcome(found["outcome"]),
        reason=None if found["reason"] is None else Unverified(found["reason"]),
        incident=found["incident"],
    )


def storable(value: Any) -> Any:
    """Text without what databases refuse: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value
