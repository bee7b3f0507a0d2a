"""Between decisions, verdicts, reviews and the columns of their tables."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from vigil.core import Decision, Outcome, Review, Ruling, Unverified, Verdict, uuid7
from vigil.store.rows import storable
from vigil.store.schema import decisions, events, verdicts


@dataclass(frozen=True, kw_only=True)
class Said:
    """A verdict, and whose it is among the judges of an event."""

    verdict: Verdict
    judge: str
    """Place of the judge in the configuration, such as `cheap`; empty for the only one."""

    @property
    def id(self) -> str:
        """A judge has one word on an event: when it is asked once more, the newer stands."""
        return f"{self.verdict.event_id}/{self.judge}"


SAID_PREFIX = "said_"
SAID = tuple(column.label(f"{SAID_PREFIX}{column.name}") for column in verdicts.c)
"""The columns of a verdict beside others of the same name."""
DECISIONS = select(*decisions.c, *SAID).join_from(
    decisions, verdicts, decisions.c.verdict_id == verdicts.c.id, isouter=True
)
"""Decisions with the verdict that counts."""
DECIDED_EVENTS = (
    select(*events.c, *decisions.c, *SAID)
    .join_from(events, decisions, decisions.c.event_id == events.c.id)
    .join(verdicts, decisions.c.verdict_id == verdicts.c.id, isouter=True)
)
"""The same with their events."""


def put_verdict(connection: Connection, said: Said) -> None:
    """Write a verdict; what the same judge said of the same event before is replaced."""
    row = _verdict_row(said)
    same = update(verdicts).where(verdicts.c.id == said.id)
    if not connection.execute(same.values(row)).rowcount:
        connection.execute(insert(verdicts).values(row))


def decision_row(decision: Decision) -> dict[str, Any]:
    """Columns of `decisions`; the verdict's own row is another matter."""
    return {
        "event_id": decision.event_id,
        "outcome": decision.outcome.value,
        "reason": None if decision.reason is None else decision.reason.value,
        "incident": decision.incident,
        "due_s": decision.due_s,
        "decided_s": decision.decided_s,
    }


def stored_decision(row: Row[Any]) -> Decision:
    """Read a row of `DECISIONS` or `DECIDED_EVENTS`."""
    return Decision(
        event_id=row.event_id,
        outcome=Outcome(row.outcome),
        reason=None if row.reason is None else Unverified(row.reason),
        verdict=None if row.said_ruling is None else stored_verdict(row, SAID_PREFIX),
        incident=row.incident,
        due_s=row.due_s,
        decided_s=row.decided_s,
    )


def stored_verdict(row: Row[Any], prefix: str = "") -> Verdict:
    """Read a row of `verdicts`; `prefix` of the names of its columns."""
    found = {name: row._mapping[prefix + name] for name in Verdict.__dataclass_fields__}
    return Verdict(**{**found, "ruling": Ruling(found["ruling"])})


def review_row(review: Review) -> dict[str, Any]:
    """Columns of `reviews`."""
    return {
        "id": uuid7(review.time_s),
        "event_id": review.event_id,
        "ruling": review.ruling.value,
        "reviewer": storable(review.reviewer),
        "note": storable(review.note),
        "time_s": review.time_s,
    }


def stored_review(row: Row[Any]) -> Review:
    """Read a row of `reviews`."""
    found = {name: row._mapping[name] for name in Review.__dataclass_fields__}
    return Review(**{**found, "ruling": Ruling(found["ruling"])})


def _verdict_row(said: Said) -> dict[str, Any]:
    plain = ("event_id", "likelihood", "reason", "reason_zh", "judge", "prompt", "time_s")
    counts = ("calls", "tokens_in", "tokens_out")
    return {
        **{name: storable(getattr(said.verdict, name)) for name in (*plain, *counts)},
        "id": said.id,
        "ruling": said.verdict.ruling.value,
        "answers": storable(dict(said.verdict.answers)),
        "seconds": {part: float(seconds) for part, seconds in said.verdict.seconds.items()},
    }
