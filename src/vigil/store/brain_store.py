"""What waits for a large model."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from vigil.core import Event, Unverified, Verdict
from vigil.store.budget_store import Account, Limits, algorithm_of, charge, check
from vigil.store.database import Database
from vigil.store.decision_rows import SAID, SAID_PREFIX, Said, put_verdict, stored_verdict
from vigil.store.rows import stored_step
from vigil.store.schema import brain_request, decisions, events, verdicts

RequestKey = tuple[str, str]
"""The incident when the question arose, and the judge's place in the configuration."""
MOST_ANSWERS = 50
"""The newest ones of a camera that are looked through for one about the same thing."""


class RequestState(StrEnum):
    """Where a question for a large model is."""

    WAITING = "waiting"
    ASKING = "asking"
    ANSWERED = "answered"
    FAILED = "failed"
    SHED = "shed"


@dataclass(frozen=True, kw_only=True)
class BrainRequest:
    """A question for a large model: one an incident and judge."""

    key: RequestKey
    event_id: str
    """The event whose footage is shown."""
    state: RequestState
    reason: Unverified | None
    created_s: float
    tries: int
    verdict: Verdict | None
    """The answer."""


class BrainStore:
    """Requests and what they cost, in the database of events. Raises as `Database` does."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def request(self, incident: str, judge: str) -> BrainRequest | None:
        """The question about an incident, also if it arose before two incidents became one.

        Of several an answered one, else the oldest; None when nobody has asked yet.
        """
        query = _REQUESTS.where(decisions.c.incident == incident, brain_request.c.judge == judge)
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(brain_request.c.created_s)).all()
        found = [_request(row) for row in rows]
        answered = [each for each in found if each.state is RequestState.ANSWERED]
        return next(iter(answered or found), None)

    def answers(
        self, event: Event, judge: str, *, within_s: float, recorded_since_s: float
    ) -> Sequence[tuple[Event, Verdict]]:
        """What this judge answered of other events of the same camera and label, newest first.

        Of those, as they are known now, that began within so many seconds of this one and were
        first written since `recorded_since_s`, UTC seconds.
        """
        query = (
            select(*events.c, *SAID)
            .join_from(brain_request, events, brain_request.c.event_id == events.c.id)
            .join(verdicts, brain_request.c.verdict_id == verdicts.c.id)
            .where(
                brain_request.c.judge == judge,
                brain_request.c.state == RequestState.ANSWERED.value,
                events.c.source == event.source,
                events.c.label == event.label,
                events.c.id != event.id,
                events.c.start_s.between(event.start_s - within_s, event.start_s + within_s),
                events.c.created_s >= recorded_since_s,
            )
            .order_by(brain_request.c.ended_s.desc())
            .limit(MOST_ANSWERS)
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [(stored_step(row).event, stored_verdict(row, SAID_PREFIX)) for row in rows]

    def wait(self, key: RequestKey, event: Event, now_s: float) -> float:
        """A question begins to wait, or goes on after a crash; since when, UTC seconds."""
        same = _same(key)
        with self.database.writing() as connection:
            query = select(brain_request.c.created_s, brain_request.c.event_id).where(*same)
            before = connection.execute(query).one_or_none()
            if before is None:
                incident, judge = key
                row = {"incident": incident, "judge": judge, **_fresh(event, now_s)}
                connection.execute(insert(brain_request).values(row))
                return now_s
            goes_on = before.event_id == event.id
            row = {"state": RequestState.WAITING.value} if goes_on else _fresh(event, now_s)
            connection.execute(update(brain_request).where(*same).values(row))
            return float(before.created_s) if goes_on else now_s

    def reserve(
        self, key: RequestKey, account: Account, limits: Limits, tokens: int, now_s: float
    ) -> None:
        """Charge a call and so many tokens before they are spent, and mark it as being asked.

        What a crash keeps from being settled stays charged. Raises BudgetSpent.
        """
        asking = {
            "state": RequestState.ASKING.value,
            "asked_s": now_s,
            "tries": brain_request.c.tries + 1,
        }
        with self.database.writing() as connection:
            check(connection, account, limits, tokens=tokens)
            charge(connection, account, calls=1, tokens=tokens)
            connection.execute(update(brain_request).where(*_same(key)).values(asking))

    def answered(
        self, key: RequestKey, verdict: Verdict, account: Account, reserved: int, now_s: float
    ) -> None:
        """Keep the answer, and charge what it cost in place of the `reserved` tokens."""
        said = Said(verdict=verdict, judge=key[1])
        tokens = verdict.tokens_in + verdict.tokens_out
        with self.database.writing() as connection:
            put_verdict(connection, said)
            charge(connection, account, calls=verdict.calls - 1, tokens=tokens - reserved)
            _end(connection, key, RequestState.ANSWERED, None, now_s, said.id)

    def unanswered(self, key: RequestKey, account: Account, calls: int, tokens: int) -> None:
        """There was no answer: correct what was charged by so much; the question waits again."""
        waits = {"state": RequestState.WAITING.value}
        with self.database.writing() as connection:
            charge(connection, account, calls=calls, tokens=tokens)
            connection.execute(update(brain_request).where(*_same(key)).values(waits))

    def end(self, key: RequestKey, state: RequestState, reason: Unverified, now_s: float) -> None:
        """It will not be answered any more."""
        with self.database.writing() as connection:
            _end(connection, key, state, reason, now_s, None)

    def shed_before(self, before_s: float, now_s: float) -> int:
        """Give up what has waited since before then, although nobody waits for it any more."""
        waiting = (RequestState.WAITING.value, RequestState.ASKING.value)
        old = (brain_request.c.state.in_(waiting), brain_request.c.created_s < before_s)
        shed = {"state": "shed", "reason": Unverified.SHED.value, "ended_s": now_s}
        with self.database.writing() as connection:
            return connection.execute(update(brain_request).where(*old).values(shed)).rowcount


_REQUESTS = (
    select(
        brain_request.c.incident,
        brain_request.c.judge.label("judge_at"),
        brain_request.c.event_id.label("shown"),
        brain_request.c.state,
        brain_request.c.reason.label("why"),
        brain_request.c.created_s,
        brain_request.c.tries,
        *verdicts.c,
    )
    .join_from(brain_request, decisions, brain_request.c.incident == decisions.c.event_id)
    .join(verdicts, brain_request.c.verdict_id == verdicts.c.id, isouter=True)
)


def _request(row: Row[Any]) -> BrainRequest:
    return BrainRequest(
        key=(row.incident, row.judge_at),
        event_id=row.shown,
        state=RequestState(row.state),
        reason=None if row.why is None else Unverified(row.why),
        created_s=row.created_s,
        tries=row.tries,
        verdict=None if row.ruling is None else stored_verdict(row),
    )


def _same(key: RequestKey) -> Sequence[ColumnElement[bool]]:
    return brain_request.c.incident == key[0], brain_request.c.judge == key[1]


def _fresh(event: Event, now_s: float) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "source": event.source,
        "algorithm": algorithm_of(event),
        "state": RequestState.WAITING.value,
        "reason": None,
        "created_s": now_s,
        "asked_s": None,
        "ended_s": None,
        "tries": 0,
        "verdict_id": None,
    }


def _end(
    connection: Connection,
    key: RequestKey,
    state: RequestState,
    reason: Unverified | None,
    now_s: float,
    verdict_id: str | None,
) -> None:
    ended = {
        "state": state.value,
        "reason": None if reason is None else reason.value,
        "ended_s": now_s,
        "verdict_id": verdict_id,
    }
    connection.execute(update(brain_request).where(*_same(key)).values(ended))
