"""What people were told, and what they do not want to hear."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from vigil.core import Alert, AlertRecord, Member, Outcome, Severity, Silence, StoreError
from vigil.store.alert_rows import (
    message_row,
    record_row,
    silence_row,
    stored_record,
    stored_silence,
)
from vigil.store.database import Database
from vigil.store.exclusive import hold
from vigil.store.schema import (
    alert_deliveries,
    alert_events,
    alert_messages,
    alert_silences,
    alerts,
)

ONE_AT_A_TIME = 0x5649_4749_4C41
"""Names the lock under which servers let one transaction at a time decide who is told."""
PAGE = 100
"""Most alerts read in one transaction, so that no reader keeps a writer waiting for 100 ms."""
LONG_UNENDED = 10
"""An alert that never ended is remembered so many times longer than one that did."""


class AlertStore:
    """Alerts, their messages and silences, in the database of events.

    Methods that take a connection work within the caller's transaction (`Database.writing`); call
    them last in it. Raises as `Database` does.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def take_turns(self, connection: Connection) -> None:
        """Wait until no other transaction decides who is told; SQLite's writers do so anyway."""
        hold(connection, ONE_AT_A_TIME)

    def find(self, connection: Connection, *, event_id: str, incident: str) -> AlertRecord | None:
        """The alert of an event, else the newest of its incident; None when there is neither."""
        own = select(alert_events.c.alert_id).where(alert_events.c.event_id == event_id)
        alert_id = connection.execute(own).scalar_one_or_none()
        query = select(alerts).order_by(alerts.c.first_s.desc(), alerts.c.id.desc()).limit(1)
        of_it = alerts.c.incident == incident if alert_id is None else alerts.c.id == alert_id
        row = connection.execute(query.where(of_it)).one_or_none()
        if row is None:
            return None
        return stored_record(row, self._members(connection, [row.id])[row.id])

    def last_told(self, connection: Connection, *, rule: str, source: str) -> AlertRecord | None:
        """The newest alert of a rule and camera that anybody was told of."""
        query = select(alerts).order_by(alerts.c.first_s.desc()).limit(1)
        same = (alerts.c.rule == rule, alerts.c.source == source, alerts.c.sequence >= 0)
        row = connection.execute(query.where(*same)).one_or_none()
        return None if row is None else stored_record(row, {})

    def opened_since(
        self, connection: Connection, since_s: float, sinks: Collection[str]
    ) -> Mapping[str, int]:
        """How many alerts began since then for each of `sinks`, critical ones not counted."""
        query = (
            select(alert_deliveries.c.sink, func.count().label("begun"))
            .where(
                alert_deliveries.c.sink.in_(sinks),
                alert_deliveries.c.enqueued_s > since_s,
                alert_deliveries.c.opens,
                alert_deliveries.c.can_wait,
            )
            .group_by(alert_deliveries.c.sink)
        )
        return {row.sink: row.begun for row in connection.execute(query)} if sinks else {}

    def save(self, connection: Connection, record: AlertRecord) -> None:
        """Write an alert as it is now, and which events are part of it."""
        _write(connection, alerts, alerts.c.id == record.id, record_row(record))
        for event_id, member in record.members.items():
            row = {"alert_id": record.id, "over": member.over, "outcome": member.outcome.value}
            same = alert_events.c.event_id == event_id
            _write(connection, alert_events, same, {"event_id": event_id, **row})

    def enqueue(
        self, connection: Connection, alert: Alert, sinks: Mapping[str, bool], *, now_s: float
    ) -> None:
        """Have a message delivered to each sink, by name; true where it is the alert's first."""
        connection.execute(insert(alert_messages).values(message_row(alert)))
        rows = [
            {
                "alert_id": alert.id,
                "sequence": alert.sequence,
                "sink": sink,
                "state": "waiting",
                "can_wait": not alert.event.critical,
                "opens": opens,
                "attempts": 0,
                "enqueued_s": now_s,
                "due_s": now_s,
                "note": "",
                "receipt": "",
            }
            for sink, opens in sinks.items()
        ]
        connection.execute(insert(alert_deliveries), rows)

    def silences(self, connection: Connection, *, now_s: float) -> list[Silence]:
        """Those that hold now, the one that ends first before the others."""
        query = select(alert_silences).where(alert_silences.c.until_s > now_s)
        rows = connection.execute(query.order_by(alert_silences.c.until_s, alert_silences.c.id))
        return [stored_silence(row) for row in rows]

    def silence(self, silence: Silence) -> None:
        """Let it hold from now on."""
        with self.database.writing() as connection:
            connection.execute(insert(alert_silences).values(silence_row(silence)))

    def end_silence(self, silence_id: str) -> None:
        """Hear again. Raises StoreError for an id that is unknown."""
        with self.database.writing() as connection:
            gone = delete(alert_silences).where(alert_silences.c.id == silence_id)
            if not connection.execute(gone).rowcount:
                raise StoreError(f"no silence {silence_id!r}; see `vigil alerts silences`")

    def alerts(
        self, *, limit: int = 100, source: str | None = None, least: Severity = Severity.INFO
    ) -> list[AlertRecord]:
        """Newest first, those of which nobody was told included; `least` severity and above."""
        wanted = [one.value for one in Severity if one.rank >= least.rank]
        query = select(alerts).where(alerts.c.severity.in_(wanted))
        if source is not None:
            query = query.where(alerts.c.source == source)
        query = query.order_by(alerts.c.first_s.desc(), alerts.c.id.desc())
        found: list[AlertRecord] = []
        while len(found) < limit:
            page = query.offset(len(found)).limit(min(PAGE, limit - len(found)))
            with self.database.reading() as connection:
                rows = connection.execute(page).all()
                members = self._members(connection, [row.id for row in rows])
            found += [stored_record(row, members[row.id]) for row in rows]
            if len(rows) < PAGE:
                break
        return found

    def forget(self, *, now_s: float, keep_s: float, most: int = 200) -> int:
        """Forget alerts that ended more than `keep_s` ago, and all about them; how many.

        `most` keeps the transaction short: call it again while it says so many.
        """
        ended = (alerts.c.step == "end") | (alerts.c.sequence < 0)
        old = (alerts.c.last_s < now_s - keep_s) & ended
        very_old = alerts.c.last_s < now_s - LONG_UNENDED * keep_s
        with self.database.writing() as connection:
            query = select(alerts.c.id).where(old | very_old).limit(most)
            gone = list(connection.execute(query).scalars())
            for table in (alert_deliveries, alert_messages, alert_events):
                connection.execute(delete(table).where(table.c.alert_id.in_(gone)))
            connection.execute(delete(alerts).where(alerts.c.id.in_(gone)))
            connection.execute(delete(alert_silences).where(alert_silences.c.until_s <= now_s))
        return len(gone)

    def _members(
        self, connection: Connection, alert_ids: Collection[str]
    ) -> Mapping[str, dict[str, Member]]:
        """Events of alerts, by the ids of both."""
        found: dict[str, dict[str, Member]] = {alert_id: {} for alert_id in alert_ids}
        query = select(alert_events).where(alert_events.c.alert_id.in_(alert_ids))
        for row in connection.execute(query):
            member = Member(over=row.over, outcome=Outcome(row.outcome))
            found[row.alert_id][row.event_id] = member
        return found


def _write(
    connection: Connection, table: Any, same: ColumnElement[bool], row: dict[str, Any]
) -> None:
    """Update the row, or insert it where there is none."""
    if not connection.execute(update(table).where(same).values(row)).rowcount:
        connection.execute(insert(table).values(row))
