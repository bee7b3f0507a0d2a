"""What waits for a large model."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, insert, select, update

from vigil.core import Event, Unverified, Verdict
from vigil.store.budget_store import Account, Limits, algorithm_of, charge, check
from vigil.store.database import Database
from vigil.store.decision_rows import Said, put_verdict, stored_verdict
from vigil.store.schema import brain_request, verdicts


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

    incident: str
    judge: str
    """Place of the judge in the configuration."""
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
        """The question about an incident; None when there is none yet."""
        query = _REQUESTS.where(
            brain_request.c.incident == incident, brain_request.c.judge == judge
        )
        with self.database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return BrainRequest(
            incident=row.incident,
            judge=row.judge_at,
            event_id=row.asked_of,
            state=RequestState(row.state),
            reason=None if row.why is None else Unverified(row.why),
            created_s=row.created_s,
            tries=row.tries,
            verdict=None if row.ruling is None else stored_verdict(row),
        )

    def wait(self, incident: str, judge: str, event: Event, *, now_s: float) -> float:
        """A question begins to wait, or goes on after a crash; since when, UTC seconds."""
        key = _key(incident, judge)
        with self.database.writing() as connection:
            query = select(brain_request.c.created_s, brain_request.c.event_id).where(*key)
            before = connection.execute(query).one_or_none()
            if before is not None and before.event_id == event.id:
                waits = {"state": RequestState.WAITING.value}
                connection.execute(update(brain_request).where(*key).values(waits))
                return float(before.created_s)
            row = {
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
            if before is not None:
                connection.execute(update(brain_request).where(*key).values(row))
            else:
                row |= {"incident": incident, "judge": judge}
                connection.execute(insert(brain_request).values(row))
            return now_s

    def reserve(
        self,
        incident: str,
        judge: str,
        account: Account,
        limits: Limits,
        *,
        tokens: int,
        now_s: float,
    ) -> None:
        """Charge a call and so many tokens before they are spent, and mark the request as asked.

        What a crash keeps from being settled stays charged. Raises BudgetSpent.
        """
        with self.database.writing() as connection:
            check(connection, account, limits, tokens=tokens)
            charge(connection, account, calls=1, tokens=tokens)
            connection.execute(
                update(brain_request)
                .where(*_key(incident, judge))
                .values(
                    state=RequestState.ASKING.value,
                    asked_s=now_s,
                    tries=brain_request.c.tries + 1,
                )
            )

    def answered(
        self, incident: str, said: Said, account: Account, *, reserved: int, now_s: float
    ) -> None:
        """Keep the answer, and charge what it cost in place of what was reserved."""
        tokens = said.verdict.tokens_in + said.verdict.tokens_out
        with self.database.writing() as connection:
            put_verdict(connection, said)
            charge(connection, account, calls=said.verdict.calls - 1, tokens=tokens - reserved)
            _end(connection, incident, said.judge, RequestState.ANSWERED, None, now_s, said.id)

    def refund(self, incident: str, judge: str, account: Account, *, reserved: int) -> None:
        """Nothing was spent after all; the question waits again."""
        with self.database.writing() as connection:
            charge(connection, account, calls=-1, tokens=-reserved)
            waits = {"state": RequestState.WAITING.value}
            connection.execute(update(brain_request).where(*_key(incident, judge)).values(waits))

    def end(
        self, incident: str, judge: str, state: RequestState, reason: Unverified, *, now_s: float
    ) -> None:
        """It will not be answered any more."""
        with self.database.writing() as connection:
            _end(connection, incident, judge, state, reason, now_s, None)

    def shed_before(self, before_s: float, *, now_s: float) -> int:
        """Give up what has waited since before then and whom nobody waits for any more."""
        waiting = (RequestState.WAITING.value, RequestState.ASKING.value)
        with self.database.writing() as connection:
            query = update(brain_request).where(
                brain_request.c.state.in_(waiting), brain_request.c.created_s < before_s
            )
            shed = {"state": "shed", "reason": Unverified.SHED.value, "ended_s": now_s}
            return connection.execute(query.values(shed)).rowcount


_REQUESTS = select(
    brain_request.c.incident,
    brain_request.c.judge.label("judge_at"),
    brain_request.c.event_id.label("asked_of"),
    brain_request.c.state,
    brain_request.c.reason.label("why"),
    brain_request.c.created_s,
    brain_request.c.tries,
    *verdicts.c,
).join_from(brain_request, verdicts, brain_request.c.verdict_id == verdicts.c.id, isouter=True)


def _key(incident: str, judge: str) -> Sequence[ColumnElement[bool]]:
    return brain_request.c.incident == incident, brain_request.c.judge == judge


def _end(
    connection: Connection,
    incident: str,
    judge: str,
    state: RequestState,
    reason: Unverified | None,
    now_s: float,
    verdict_id: str | None,
) -> None:
    connection.execute(
        update(brain_request)
        .where(*_key(incident, judge))
        .values(
            state=state.value,
            reason=None if reason is None else reason.value,
            ended_s=now_s,
            verdict_id=verdict_id,
        )
    )
