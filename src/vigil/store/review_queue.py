"""Who labels which sample next: what was chosen beforehand first, and never two people the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, update

from vigil.core import Clock, SampleState, StoreError, SystemClock
from vigil.store.database import Database
from vigil.store.rows import storable
from vigil.store.sample_store import StoredSample, stored_sample
from vigil.store.schema import samples

LEASE_S = 900.0
"""How long a sample stays with whoever was given it: longer than a careful look, shorter than a
break."""
MOST_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A sample that was handed out."""

    stored: StoredSample
    why: str
    """By what it was chosen, as `Pick.why`; empty: by its score alone."""
    held_until_s: float
    """UTC seconds; until then nobody else gets it."""


class ReviewQueue:
    """The samples that wait, in the order in which people are to label them.

    Several may ask at once, from several processes. Raises as `Database` does.
    """

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def arrange(self, chosen: Sequence[tuple[str, str]]) -> None:
        """Ids and why each was chosen, the first first. What is not among them comes afterwards.

        An id that is gone is passed over.
        """
        with self._database.writing() as connection:
            waits = update(samples).where(samples.c.turn.is_not(None))
            connection.execute(waits.values(turn=None, why=""))
            for turn, (sample_id, why) in enumerate(chosen, start=1):
                one = update(samples).where(samples.c.id == sample_id)
                connection.execute(one.values(turn=turn, why=why))

    def next(
        self,
        reviewer: str,
        *,
        limit: int = 1,
        source: str | None = None,
        lease_s: float = LEASE_S,
    ) -> list[Turn]:
        """Hand out so many samples that wait, and hold them for `lease_s` seconds.

        First what the reviewer has already, then in the order of `arrange`, then the highest
        score. Raises StoreError for a limit or a lease that is none.
        """
        if not 1 <= limit <= MOST_AT_ONCE or not 0 < lease_s <= 86_400 or not reviewer:
            raise StoreError(
                f"cannot hand out {limit} samples for {lease_s:g} s to {reviewer!r}; allowed: "
                f"1 to {MOST_AT_ONCE}, for up to a day, to somebody with a name"
            )
        now_s = self._clock.now_s()
        waiting = [samples.c.state == SampleState.WAITING.value]
        if source is not None:
            waiting.append(samples.c.source == source)
        mine = samples.c.holder == storable(reviewer)
        held = samples.c.held_until_s > now_s
        by_turn = (samples.c.turn, samples.c.score.desc(), samples.c.id.desc())
        by_score = (samples.c.score.desc(), samples.c.id.desc())
        chosen = select(samples).where(*waiting, _free(now_s), samples.c.turn.is_not(None))
        others = select(samples).where(*waiting, _free(now_s), samples.c.turn.is_(None))
        queries: list[Select[tuple[object, ...]]] = [
            select(samples)
            .where(*waiting, mine, held)
            .order_by(samples.c.turn.is_(None), *by_turn),
            chosen.order_by(*by_turn),
            others.order_by(*by_score),
        ]
        until_s = now_s + lease_s
        with self._database.writing() as connection:
            rows: list[Row[Any]] = []
            for query in queries:
                # A server lets two in at once: what one has read, the other passes over.
                some = query.limit(max(0, limit - len(rows))).with_for_update(skip_locked=True)
                rows += connection.execute(some).all()
            taken = update(samples).where(samples.c.id.in_([row.id for row in rows]))
            connection.execute(taken.values(holder=storable(reviewer), held_until_s=until_s))
        return [Turn(stored=stored_sample(row), why=row.why, held_until_s=until_s) for row in rows]

    def hold(self, sample_id: str, reviewer: str, *, lease_s: float = LEASE_S) -> None:
        """Take one sample by its id, labelled or not; StoreError when somebody else has it."""
        now_s = self._clock.now_s()
        one = samples.c.id == sample_id
        mine_or_free = or_(_free(now_s), samples.c.holder == storable(reviewer))
        taken = update(samples).where(one, mine_or_free)
        held = {"holder": storable(reviewer), "held_until_s": now_s + lease_s}
        with self._database.writing() as connection:
            if connection.execute(taken.values(held)).rowcount:
                return
            query = select(samples.c.holder, samples.c.held_until_s).where(one)
            row = connection.execute(query).one_or_none()
        if row is None:
            raise StoreError(f"no sample {sample_id!r}; see: vigil sample list")
        until = datetime.fromtimestamp(row.held_until_s, UTC).astimezone()
        raise StoreError(
            f"sample {sample_id}: {row.holder} has it until {until:%H:%M:%S}; "
            "take another: vigil sample next"
        )

    def give_back(self, sample_id: str, reviewer: str) -> None:
        """Somebody has done with it; what others hold stays with them."""
        with self._database.writing() as connection:
            one = and_(samples.c.id == sample_id, samples.c.holder == storable(reviewer))
            connection.execute(update(samples).where(one).values(holder="", held_until_s=0.0))


def _free(now_s: float) -> ColumnElement[bool]:
    return or_(samples.c.holder == "", samples.c.held_until_s <= now_s)
