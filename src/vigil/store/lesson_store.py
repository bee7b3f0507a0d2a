"""Events of which more is known afterwards than the watch knew, and that no sample tells of yet."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, literal, select

from vigil.core import Outcome, Ruling, StepKind
from vigil.store.database import Database
from vigil.store.schema import clips, decisions, events, reviews, samples, verdicts

CONTRADICTED = 1.0
"""Score where a person says the opposite of what was decided."""
REJECTED, CONFIRMED, DISMISSED = 0.9, 0.4, 0.6
"""Score where a person says no to what the watch claimed, or yes, or does not care."""
OPPOSED, UNSURE = 0.9, 0.7
"""Score where one judge confirmed what another rejected, or where one of them was unsure."""
DECIDED = (Ruling.CONFIRMED.value, Ruling.REJECTED.value)


class Lesson(NamedTuple):
    """What an event has to teach."""

    event_id: str
    reason: str
    """`confirmed` or `rejected` by a person, `dismissed`, or `disagreement` of judges."""
    score: float


class LessonStore:
    """Reads them from the database of events; raises as `Database` does."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def due(self, *, since_s: float, limit: int = 50) -> list[Lesson]:
        """Of what was said since then: events that are over, have a clip, and taught nothing yet.

        Once there is a sample of an event with such a reason, that lesson is not due any more.
        """
        found: list[Lesson] = []
        for lessons in (self._reviewed, self._dismissed, self._disputed):
            if len(found) < limit:
                found += lessons(since_s, limit - len(found))
        return found

    def _reviewed(self, since_s: float, limit: int) -> list[Lesson]:
        """By the last word of a person."""
        later = reviews.alias()
        is_last = ~exists().where(
            later.c.event_id == reviews.c.event_id,
            (later.c.time_s > reviews.c.time_s)
            | and_(later.c.time_s == reviews.c.time_s, later.c.id > reviews.c.id),
        )
        query = (
            select(events.c.id, reviews.c.ruling, decisions.c.outcome)
            .join_from(events, clips, clips.c.event_id == events.c.id)
            .join(reviews, reviews.c.event_id == events.c.id)
            .join(decisions, decisions.c.event_id == events.c.id, isouter=True)
            .where(reviews.c.time_s >= since_s, reviews.c.ruling.in_(DECIDED), is_last)
            .where(_is_over(), ~_is_told(reviews.c.ruling))
        )
        return [
            Lesson(row.id, row.ruling, _worth(row.ruling, row.outcome))
            for row in self._rows(query, limit)
        ]

    def _dismissed(self, since_s: float, limit: int) -> list[Lesson]:
        query = (
            select(events.c.id)
            .join_from(events, clips, clips.c.event_id == events.c.id)
            .where(events.c.ending == "dismissed", events.c.updated_s >= since_s)
            .where(_is_over(), ~_is_told("dismissed"))
        )
        return [Lesson(row.id, "dismissed", DISMISSED) for row in self._rows(query, limit)]

    def _disputed(self, since_s: float, limit: int) -> list[Lesson]:
        """Where the judges of one event, a small and a large one, say different things."""
        other = verdicts.alias()
        query = (
            select(events.c.id, verdicts.c.ruling, other.c.ruling.label("other"))
            .join_from(events, clips, clips.c.event_id == events.c.id)
            .join(verdicts, verdicts.c.event_id == events.c.id)
            .join(other, and_(other.c.event_id == verdicts.c.event_id, other.c.id > verdicts.c.id))
            .where(verdicts.c.ruling != other.c.ruling)
            .where((verdicts.c.time_s >= since_s) | (other.c.time_s >= since_s))
            .where(_is_over(), ~_is_told("disagreement"))
        )
        worth: dict[str, float] = {}
        for row in self._rows(query, limit):
            opposed = {row.ruling, row.other} == set(DECIDED)
            worth[row.id] = max(worth.get(row.id, 0.0), OPPOSED if opposed else UNSURE)
        return [Lesson(event_id, "disagreement", score) for event_id, score in worth.items()]

    def _rows(self, query: Select[Any], limit: int) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(query.order_by(events.c.id).limit(limit)))


def _is_over() -> ColumnElement[bool]:
    """Then its clip is whole."""
    return events.c.state == StepKind.END.value


def _is_told(reason: ColumnElement[str] | str) -> ColumnElement[bool]:
    """Whether a sample of the event has this reason already."""
    word = literal(" ") + reason + literal(" ")
    return exists().where(samples.c.event_id == events.c.id, samples.c.reasons.contains(word))


def _worth(ruling: str, outcome: str | None) -> float:
    decided = outcome in (Outcome.CONFIRMED.value, Outcome.REJECTED.value)
    if decided and outcome != ruling:
        return CONTRADICTED
    return REJECTED if ruling == Ruling.REJECTED.value else CONFIRMED
