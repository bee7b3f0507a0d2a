"""Where events stand, what judges said of them, and what people said afterwards."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from vigil.core import (
    Decision,
    Event,
    Outcome,
    Review,
    StepKind,
    StoreError,
    Unverified,
    Verdict,
)
from vigil.store.database import Database
from vigil.store.decision_rows import (
    DECIDED_EVENTS,
    DECISIONS,
    Said,
    decision_row,
    put_verdict,
    review_row,
    stored_decision,
    stored_review,
    stored_verdict,
)
from vigil.store.rows import stored_step
from vigil.store.schema import decisions, events, reviews, verdicts

AT_ONCE = 250
"""Rows of one transaction, so that no reader keeps a writer waiting for 100 ms."""


class Announce(Protocol):
    """Told of all that happens to an event, inside the transaction in which it happens."""

    def __call__(
        self, connection: Connection, event: Event, decision: Decision, /, *, over: bool
    ) -> None:
        """It began (nothing said before), was decided, joined an incident, or is over."""
        ...


class DecisionStore:
    """Decisions and verdicts, in the database of events.

    Methods that take a connection work within the caller's transaction (`Database.writing`).
    Raises as `Database` does.
    """

    def __init__(self, database: Database, *, announce: Announce | None = None) -> None:
        """`announce`: None, for who keeps no alerts."""
        self.database = database
        self._announce = _to_nobody if announce is None else announce

    # An event's life

    def begin(self, connection: Connection, event: Event, decision: Decision) -> None:
        """The first row of an event was written; this is the decision's."""
        connection.execute(insert(decisions).values(decision_row(decision)))
        self._announce(connection, event, decision, over=False)

    def end(self, connection: Connection, event: Event) -> None:
        """The event is over. Events of before there were decisions have none."""
        row = connection.execute(DECISIONS.where(decisions.c.event_id == event.id)).first()
        if row is not None:
            self._announce(connection, event, stored_decision(row), over=True)

    def decide(
        self,
        event_id: str,
        outcome: Outcome,
        *,
        reason: Unverified | None = None,
        said: Said | None = None,
        also: Sequence[Said] = (),
        now_s: float,
        only_pending: bool = False,
    ) -> Decision | None:
        """Decide, unless it is decided for good; None when everything stays as it was.

        `said` is the verdict that counts, `also` what is to be kept besides. What is confirmed or
        rejected stays so; `only_pending`: what is unverified, too.
        """
        with self.database.writing() as connection:
            query = DECISIONS.where(decisions.c.event_id == event_id)
            found = connection.execute(query.with_for_update(of=decisions)).one_or_none()
            if found is None:
                return None
            for each in also:
                put_verdict(connection, each)
            before = stored_decision(found)
            if not _may_follow(before, outcome, reason, only_pending=only_pending):
                return None
            if said is not None and said.verdict.event_id == event_id:
                put_verdict(connection, said)  # another event of its incident keeps its own
            connection.execute(
                update(decisions)
                .where(decisions.c.event_id == event_id)
                .values(
                    outcome=outcome.value,
                    reason=None if reason is None else reason.value,
                    verdict_id=None if said is None else said.id,
                    decided_s=now_s if before.decided_s is None else before.decided_s,
                )
            )
            return self._announced(connection, event_id)

    def join(self, event_id: str, other_id: str) -> str:
        """Make two events one incident, that of the older one; its id."""
        with self.database.writing() as connection:
            query = select(decisions.c.event_id, decisions.c.incident).where(
                decisions.c.event_id.in_((event_id, other_id))
            )
            # Both rows at once and in one order, so that two who join each other do not cross.
            rows = connection.execute(query.order_by(decisions.c.event_id).with_for_update()).all()
            incidents = {row.event_id: row.incident for row in rows}
            if len(incidents) < 2:
                raise StoreError(f"no event {other_id!r} to join")
            older, newer = sorted(str(incident) for incident in incidents.values())
            if older == newer:
                return older
            moved = select(decisions.c.event_id).where(decisions.c.incident == newer)
            ids = list(connection.execute(moved).scalars())
            of_newer = decisions.c.incident == newer
            connection.execute(update(decisions).where(of_newer).values(incident=older))
            for moved_id in ids:
                self._announced(connection, moved_id)
            return older

    def _announced(self, connection: Connection, event_id: str) -> Decision:
        row = connection.execute(DECIDED_EVENTS.where(events.c.id == event_id)).one()
        step, decision = stored_step(row), stored_decision(row)
        self._announce(connection, step.event, decision, over=step.kind is StepKind.END)
        return decision

    # Reading

    def decision(self, event_id: str) -> Decision | None:
        """How an event stands; None for one that is unknown or older than decisions."""
        return self.decisions([event_id]).get(event_id)

    def decisions(self, event_ids: Collection[str]) -> Mapping[str, Decision]:
        """How events stand, by id; events without a decision are missing."""
        found: dict[str, Decision] = {}
        for ids in _pages(event_ids):
            with self.database.reading() as connection:
                rows = connection.execute(DECISIONS.where(decisions.c.event_id.in_(ids)))
                found |= {row.event_id: stored_decision(row) for row in rows}
        return found

    def pending(self) -> Mapping[str, float]:
        """When each event that is not decided has to be, UTC seconds, by id."""
        query = select(decisions.c.event_id, decisions.c.due_s).where(
            decisions.c.outcome == Outcome.PENDING.value
        )
        with self.database.reading() as connection:
            return {row.event_id: row.due_s for row in connection.execute(query)}

    def outcomes(self, *, since_s: float = 0.0) -> Mapping[tuple[str, str], int]:
        """How many events were decided since then, by outcome and reason (empty for none)."""
        columns = (decisions.c.outcome, decisions.c.reason)
        query = select(*columns, func.count().label("events")).group_by(*columns)
        with self.database.reading() as connection:
            rows = connection.execute(query.where(decisions.c.decided_s >= since_s))
            return {(row.outcome, row.reason or ""): row.events for row in rows}

    def companions(
        self,
        event: Event,
        cameras: Collection[str],
        *,
        within_s: float,
        memory_s: float,
        recorded_since_s: float,
    ) -> Sequence[Event]:
        """Other events of the same rule and thing, oldest first, that may be the same incident.

        Those of its own camera were still going on `memory_s` before it began; those of `cameras`
        overlap with it, give or take `within_s`. A file that is watched twice tells of the same
        moments twice, so that older records do not count.
        """
        begins_s, ends_s = event.start_s, max(event.start_s, event.end_s)
        here = and_(events.c.source == event.source, events.c.end_s >= begins_s - memory_s)
        beside = and_(
            events.c.source.in_(cameras),
            events.c.start_s <= ends_s + within_s,
            events.c.end_s >= begins_s - within_s,
        )
        alike = (events.c.rule == event.rule, events.c.label == event.label)
        query = select(events).where(
            events.c.id != event.id,
            *alike,
            events.c.created_s >= recorded_since_s,
            events.c.start_s <= ends_s + within_s,
            or_(here, beside),
        )
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(events.c.id).limit(AT_ONCE)).all()
        return [stored_step(row).event for row in rows]

    # Verdicts and reviews

    def note(self, *said: Said) -> None:
        """Keep what judges said, before anything follows from it."""
        with self.database.writing() as connection:
            for each in said:
                put_verdict(connection, each)

    def noted(self, event_id: str, judge: str) -> Verdict | None:
        """What this judge said of this event before."""
        query = select(verdicts).where(verdicts.c.id == f"{event_id}/{judge}")
        with self.database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else stored_verdict(row)

    def verdicts(self, event_ids: Collection[str]) -> Mapping[str, Sequence[Verdict]]:
        """All that was said of events, by id, oldest first; unjudged events are missing."""
        found: dict[str, list[Verdict]] = {}
        for ids in _pages(event_ids):
            query = select(verdicts).where(verdicts.c.event_id.in_(ids)).order_by(verdicts.c.time_s)
            with self.database.reading() as connection:
                for row in connection.execute(query):
                    found.setdefault(row.event_id, []).append(stored_verdict(row))
        return found

    def review(self, review: Review) -> None:
        """Keep a person's word. Raises StoreError for an event that is unknown."""
        with self.database.writing() as connection:
            known = select(events.c.id).where(events.c.id == review.event_id)
            if connection.execute(known).first() is None:
                raise StoreError(f"no event {review.event_id!r}; see: vigil events")
            connection.execute(insert(reviews).values(review_row(review)))

    def reviews(self, event_ids: Collection[str]) -> Mapping[str, Sequence[Review]]:
        """What people said of events, by id, oldest first; the last one counts."""
        found: dict[str, list[Review]] = {}
        for ids in _pages(event_ids):
            query = select(reviews).where(reviews.c.event_id.in_(ids))
            with self.database.reading() as connection:
                ordered = query.order_by(reviews.c.time_s, reviews.c.id)
                for row in connection.execute(ordered):
                    found.setdefault(row.event_id, []).append(stored_review(row))
        return found


def _may_follow(
    before: Decision, outcome: Outcome, reason: Unverified | None, *, only_pending: bool
) -> bool:
    if before.outcome is Outcome.PENDING:
        return True
    if only_pending or before.outcome is not Outcome.UNVERIFIED:
        return False
    return (before.outcome, before.reason) != (outcome, reason)


def _pages(event_ids: Collection[str]) -> Sequence[Sequence[str]]:
    ids = list(event_ids)
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]


def _to_nobody(_connection: Connection, _event: Event, _decision: Decision, *, over: bool) -> None:
    pass
