"""Messages on their way: what each lane takes, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, update

from vigil.core import Alert
from vigil.store.alert_rows import stored_message
from vigil.store.database import Database
from vigil.store.rows import storable
from vigil.store.schema import alert_deliveries, alert_messages

LONGEST_REST_S = 3600.0
"""No delivery is put off for longer: one that seems to be belongs to a clock that was set back."""
MOST_NOTE = 500
WAITING, SENT, DEAD = "waiting", "sent", "dead"

_DELIVERY = [
    alert_deliveries.c[name]
    for name in ("position", "sink", "attempts", "enqueued_s", "done_s", "note")
]
_EARLIER = alert_deliveries.alias("earlier")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message for one sink."""

    position: int
    """Counts deliveries in the order in which they were made."""
    sink: str
    alert: Alert
    """With what the sink got before, and the receipt for it."""
    attempts: int
    """That failed so far."""
    enqueued_s: float
    """UTC seconds."""
    done_s: float | None
    """When it was sent or given up."""
    note: str
    """Why the last attempt failed."""


class DeliveryStore:
    """The lanes' part of the database of events; each change is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def take(self, sink: str, *, now_s: float) -> Delivery | None:
        """What is to be tried now; None when nothing is.

        What failed least often goes first, so that one message that always fails does not hold up
        the others; among those critical ones, then the oldest; of each alert in order. The same is
        given again until it was settled: a crash in between sends it twice.
        """
        rows = alert_deliveries
        query: Select[Any] = (
            select(*_DELIVERY, alert_messages)
            .join(alert_messages, _same(rows, alert_messages))
            .where(rows.c.sink == sink, rows.c.state == WAITING, _is_due(now_s), ~_has_earlier())
            .order_by(rows.c.attempts, rows.c.can_wait, rows.c.position)
            .limit(1)
        )
        with self.database.reading() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _delivery(connection, row)

    def next_due_s(self, sink: str, *, now_s: float) -> float | None:
        """UTC seconds at which something may be tried; None when nothing waits."""
        query = select(func.min(alert_deliveries.c.due_s)).where(
            alert_deliveries.c.sink == sink, alert_deliveries.c.state == WAITING, ~_has_earlier()
        )
        with self.database.reading() as connection:
            due_s: float | None = connection.execute(query).scalar_one()
        return None if due_s is None else min(due_s, now_s + LONGEST_REST_S)

    def sent(self, position: int, *, now_s: float, receipt: str) -> None:
        """The receiver has it."""
        done = {"state": SENT, "done_s": now_s, "note": "", "receipt": storable(receipt)}
        self._settle(position, done)

    def delayed(self, position: int, *, now_s: float, due_s: float, note: str) -> None:
        """It is to be tried again, `due_s` at the earliest."""
        later = {"attempts": alert_deliveries.c.attempts + 1, "due_s": max(due_s, now_s)}
        self._settle(position, later | {"note": storable(note)[:MOST_NOTE]})

    def dead(self, position: int, *, now_s: float, note: str) -> None:
        """It is given up; those after it go on."""
        gone = {"state": DEAD, "done_s": now_s, "attempts": alert_deliveries.c.attempts + 1}
        self._settle(position, gone | {"note": storable(note)[:MOST_NOTE]})

    def dead_letters(self, *, limit: int = 100, sink: str | None = None) -> list[Delivery]:
        """What was given up, newest first."""
        query: Select[Any] = (
            select(*_DELIVERY, alert_messages)
            .join(alert_messages, _same(alert_deliveries, alert_messages))
            .where(alert_deliveries.c.state == DEAD)
            .order_by(alert_deliveries.c.position.desc())
            .limit(limit)
        )
        if sink is not None:
            query = query.where(alert_deliveries.c.sink == sink)
        with self.database.reading() as connection:
            return [_delivery(connection, row) for row in connection.execute(query).all()]

    def retry(
        self, *, now_s: float, positions: Iterable[int] | None = None, sink: str | None = None
    ) -> int:
        """Give dead letters another life, `positions` None: all of them; how many."""
        conditions: list[ColumnElement[bool]] = [alert_deliveries.c.state == DEAD]
        if positions is not None:
            conditions.append(alert_deliveries.c.position.in_(list(positions)))
        if sink is not None:
            conditions.append(alert_deliveries.c.sink == sink)
        again = {"state": WAITING, "attempts": 0, "enqueued_s": now_s, "due_s": now_s}
        with self.database.writing() as connection:
            query = update(alert_deliveries).where(*conditions)
            return connection.execute(query.values(**again, done_s=None)).rowcount

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many are waiting, sent and dead, by sink."""
        query = select(alert_deliveries.c.sink, alert_deliveries.c.state, func.count()).group_by(
            alert_deliveries.c.sink, alert_deliveries.c.state
        )
        found: dict[str, dict[str, int]] = {}
        with self.database.reading() as connection:
            for sink, state, count in connection.execute(query):
                found.setdefault(sink, {WAITING: 0, SENT: 0, DEAD: 0})[state] = count
        return found

    def dead_counts(self) -> Mapping[str, int]:
        """How many were given up, by sink; those without any are missing."""
        query = (
            select(alert_deliveries.c.sink, func.count().label("letters"))
            .where(alert_deliveries.c.state == DEAD)
            .group_by(alert_deliveries.c.sink)
        )
        with self.database.reading() as connection:
            return {row.sink: row.letters for row in connection.execute(query)}

    def _settle(self, position: int, values: dict[str, Any]) -> None:
        same = alert_deliveries.c.position == position
        with self.database.writing() as connection:
            connection.execute(update(alert_deliveries).where(same).values(values))


def _same(deliveries: Any, messages: Any) -> ColumnElement[bool]:
    return and_(
        deliveries.c.alert_id == messages.c.alert_id, deliveries.c.sequence == messages.c.sequence
    )


def _is_due(now_s: float) -> ColumnElement[bool]:
    due_s = alert_deliveries.c.due_s
    return or_(due_s <= now_s, due_s > now_s + LONGEST_REST_S)


def _has_earlier() -> ColumnElement[bool]:
    """Whether a message of the same alert still waits for the same sink, made before this one."""
    return (
        select(_EARLIER.c.position)
        .where(
            _EARLIER.c.sink == alert_deliveries.c.sink,
            _EARLIER.c.alert_id == alert_deliveries.c.alert_id,
            _EARLIER.c.state == WAITING,
            _EARLIER.c.sequence < alert_deliveries.c.sequence,
        )
        .exists()
    )


def _delivery(connection: Connection, row: Row[Any]) -> Delivery:
    told: Select[Any] = (
        select(alert_messages, alert_deliveries.c.receipt)
        .join(alert_deliveries, _same(alert_deliveries, alert_messages))
        .where(
            alert_deliveries.c.sink == row.sink,
            alert_deliveries.c.alert_id == row.alert_id,
            alert_deliveries.c.state == SENT,
            alert_deliveries.c.sequence < row.sequence,
        )
        .order_by(alert_deliveries.c.sequence.desc())
        .limit(1)
    )
    before = connection.execute(told).one_or_none()
    return Delivery(
        position=row.position,
        sink=row.sink,
        alert=stored_message(
            row,
            before=None if before is None else stored_message(before),
            receipt="" if before is None else before.receipt,
        ),
        attempts=row.attempts,
        enqueued_s=row.enqueued_s,
        done_s=row.done_s,
        note=row.note,
    )
