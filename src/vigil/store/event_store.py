"""Events and where their clips are."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypedDict, Unpack

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from vigil.core import Clip, Clock, Event, Severity, Step, StepKind, StoreError, SystemClock
from vigil.store.clip_folder import ClipFolder
from vigil.store.database import Database
from vigil.store.rows import StoredEvent, clip_row, event_row, stored_event, stored_step
from vigil.store.schema import clips, decisions, events

PAGE = 250
"""Most rows read in one transaction, so that no reader keeps a writer waiting for 100 ms."""
ORDER = {StepKind.NEW: 0, StepKind.UPDATE: 1, StepKind.END: 2}

Recorded = tuple[Step, Clip | None]
"""What is written together: a step, and the clip that goes with it."""

_EVENTS: Select[Any] = (
    select(
        *events.c,
        *(column.label(f"clip_{column.name}") for column in clips.c),
        decisions.c.outcome,
        decisions.c.reason,
        decisions.c.incident,
    )
    .join_from(events, clips, isouter=True)
    .join(decisions, decisions.c.event_id == events.c.id, isouter=True)
)


class Wanted(TypedDict, total=False):
    """Which events; what is left out allows everything."""

    since_s: float | None
    """Only events that lasted until this moment, UTC seconds, or beyond."""
    until_s: float | None
    """Only events that began at this moment, UTC seconds, or before."""
    source: str | None
    rule: str | None
    severity: Severity | None


class Follower(Protocol):
    """What follows from an event is written in the transaction that writes the event."""

    def prepare(self) -> None:
        """Called before the transaction. Raises StoreUnavailable when it cannot follow now."""
        ...

    def began(self, connection: Connection, event: Event) -> None:
        """The first row of an event was written, whichever its step."""
        ...

    def ended(self, connection: Connection, event: Event) -> None:
        """The end of an event was written; once."""
        ...

    def committed(self) -> None:
        """What was written since `prepare` is on the disk."""
        ...


class EventStore:
    """A database of events beside a folder of clips; opened on first use.

    Raises `StoreUnavailable` when the database cannot be used now, `DiskFull` when there is no room
    and `StoreError` when a single write is refused.
    """

    def __init__(
        self, place: str | Path, folder: Path, *, clock: Clock | None = None, busy_s: float = 2.0
    ) -> None:
        """`place`: a file or a database URL; `folder`: of the clips; `busy_s`: wait for a lock."""
        self.follower: Follower | None = None
        self.database = Database(place, busy_s=busy_s)
        self.folder = ClipFolder(folder)
        self._clock = clock or SystemClock()
        self.clips_missed = 0
        """Clips that were not on the disk when their step came; their events were kept."""

    def open(self) -> None:
        """Connect and migrate now. Raises StoreError for a database of a newer version."""
        self.database.open()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def record(self, step: Step, clip: Clip | None) -> None:
        """Write in one transaction, on the disk when it returns; the same step twice is once."""
        self.record_many([(step, clip)])

    def record_many(self, recorded: Sequence[Recorded]) -> None:
        """Write all or nothing. Steps may come late or out of order: an ended event stays ended."""
        placed = [(step, clip, self._kept(clip)) for step, clip in recorded]
        replaced: list[str] = []
        if self.follower is not None:
            self.follower.prepare()
        with self.database.writing() as connection:
            for step, clip, place in placed:
                self._write_step(connection, step)
                if clip is not None and place is not None:
                    replaced += self._write_clip(connection, clip, step.event.id, place)
        if self.follower is not None:
            self.follower.committed()
        for place in replaced:
            # All is written by now; a file that stays is swept away at the next start.
            with suppress(OSError):
                self.folder.remove(place)

    def events(
        self, *, limit: int = 100, after: str | None = None, **wanted: Unpack[Wanted]
    ) -> list[StoredEvent]:
        """Newest first; `after` is the id of the last one of the page before."""
        found: list[StoredEvent] = []
        while len(found) < limit:
            page = self._page(min(PAGE, limit - len(found)), after, wanted)
            if not page:
                break
            found += page
            after = page[-1].event.id
        return found

    def _page(self, limit: int, after: str | None, wanted: Wanted) -> list[StoredEvent]:
        query = _EVENTS.order_by(events.c.start_s.desc(), events.c.id.desc())
        with self.database.reading() as connection:
            conditions = _conditions(wanted)
            if after is not None:
                conditions.append(_before(connection, after))
            rows = connection.execute(query.where(*conditions).limit(limit)).all()
        return [stored_event(row) for row in rows]

    def event(self, event_id: str) -> StoredEvent | None:
        """One event; None when there is no such id."""
        query = _EVENTS.where(events.c.id == event_id)
        with self.database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else stored_event(row)

    def find(self, beginning: str) -> StoredEvent:
        """The one event whose id begins so. Raises StoreError when there is none, or several."""
        so = (events.c.id >= beginning, events.c.id < f"{beginning}~")
        with self.database.reading() as connection:
            rows = connection.execute(_EVENTS.where(*so).order_by(events.c.id).limit(9)).all()
        if not rows:
            raise StoreError(f"no event {beginning!r}; see: vigil events")
        if len(rows) > 1:
            ids = ", ".join(row.id for row in rows[:8])
            more = ", …" if len(rows) > 8 else ""
            raise StoreError(f"several events begin with {beginning!r}: {ids}{more}")
        return stored_event(rows[0])

    def count(self, **wanted: Unpack[Wanted]) -> int:
        """How many events."""
        query = select(func.count()).select_from(events).where(*_conditions(wanted))
        with self.database.reading() as connection:
            return connection.execute(query).scalar_one()

    def end_open(self) -> int:
        """End what a killed process left open, at the last moment known of it; how many.

        To be called while nobody records: a living event would be ended too.
        """
        ended = {"state": StepKind.END.value, "step_s": events.c.end_s}
        is_open = events.c.state != StepKind.END.value
        if self.follower is not None:
            self.follower.prepare()
        with self.database.writing() as connection:
            rows = connection.execute(select(events).where(is_open)).all()
            connection.execute(update(events).where(is_open).values(ended))
            if self.follower is not None:
                for row in rows:
                    self.follower.ended(connection, stored_step(row).event)
        if self.follower is not None:
            self.follower.committed()
        return len(rows)

    def clip_path(self, uri: str) -> Path:
        """The file of a clip. Raises StoreError when it is unknown or not kept any more."""
        with self.database.reading() as connection:
            query = select(clips.c.path).where(clips.c.uri == uri)
            place = connection.execute(query).scalar_one_or_none()
        if place is None:
            raise StoreError(f"no clip {uri!r}")
        return self.folder.open_place(place)

    def _kept(self, clip: Clip | None) -> str | None:
        """Where the clip stands; an event whose clip is missing is still an event."""
        if clip is None:
            return None
        if not self.folder.is_marked and not self._has_clips():
            self.folder.mark()
        place = self.folder.keep(clip)
        self.clips_missed += place is None
        return place

    def _has_clips(self) -> bool:
        with self.database.reading() as connection:
            return connection.execute(select(clips.c.uri).limit(1)).first() is not None

    def _write_step(self, connection: Connection, step: Step) -> None:
        now_s = self._clock.now_s()
        query = select(events.c.state, events.c.step_s).where(events.c.id == step.event.id)
        before = connection.execute(query.with_for_update()).one_or_none()
        row = event_row(step) | {"updated_s": now_s}
        if before is None:
            connection.execute(insert(events).values(created_s=now_s, **row))
        elif _advances(step, StepKind(before.state), before.step_s):
            connection.execute(update(events).where(events.c.id == row.pop("id")).values(row))
        else:
            return
        self._follow(connection, step, begins=before is None)

    def _follow(self, connection: Connection, step: Step, *, begins: bool) -> None:
        if self.follower is None:
            return
        if begins:
            self.follower.began(connection, step.event)
        if step.kind is StepKind.END:
            self.follower.ended(connection, step.event)

    def _write_clip(
        self, connection: Connection, clip: Clip, event_id: str, place: str
    ) -> list[str]:
        """Returns the places of files that no row needs any more."""
        query = select(clips.c.uri, clips.c.path, clips.c.end_s, clips.c.created_s)
        before = connection.execute(query.where(clips.c.event_id == event_id)).one_or_none()
        if before is not None and clip.end_s < before.end_s:
            return [place] if place != before.path else []  # came late: a longer one is there
        row = clip_row(clip, event_id, place)
        if before is None:
            connection.execute(insert(clips).values(created_s=self._clock.now_s(), **row))
            return []
        connection.execute(update(clips).where(clips.c.uri == before.uri).values(row))
        return [before.path] if before.path != place else []


def _advances(step: Step, state: StepKind, step_s: float) -> bool:
    if state is StepKind.END:
        return False
    return (ORDER[step.kind], step.time_s) > (ORDER[state], step_s)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    allowed: dict[str, Any] = {
        "since_s": lambda since_s: events.c.end_s >= since_s,
        "until_s": lambda until_s: events.c.start_s <= until_s,
        "source": lambda source: events.c.source == source,
        "rule": lambda rule: events.c.rule == rule,
        "severity": lambda severity: events.c.severity == severity,
    }
    return [allowed[name](value) for name, value in wanted.items() if value is not None]


def _before(connection: Connection, event_id: str) -> ColumnElement[bool]:
    """What stands after `event_id` when the newest comes first."""
    query = select(events.c.start_s).where(events.c.id == event_id)
    start_s = connection.execute(query).scalar_one_or_none()
    if start_s is None:
        raise StoreError(f"no event {event_id!r} to go on after")
    earlier = events.c.start_s < start_s
    return or_(earlier, and_(events.c.start_s == start_s, events.c.id < event_id))


def forget_clips(connection: Connection, uris: Sequence[str]) -> None:
    """Delete rows of clips; their events stay."""
    connection.execute(delete(clips).where(clips.c.uri.in_(uris)))
