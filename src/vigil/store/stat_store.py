"""Figures by the minute, and what they add up to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Table, cast, delete, func, insert, select

from vigil.core.stats import DAY_S, HOUR_S, FigureKind, Minute
from vigil.store.database import Database
from vigil.store.schema import heat, stats

READ_S = 7 * DAY_S
"""So much time is added up in one transaction, so that no reader keeps a writer waiting."""
DELETED_AT_ONCE_S = 6 * HOUR_S
PERIODS: Mapping[str, int | None] = {"hour": HOUR_S, "day": DAY_S, "all": None}


@dataclass(kw_only=True)
class Total:
    """Figures of one name added up over a period."""

    source: str
    start_s: int
    """Beginning of the hour or day, UTC seconds; of the first minute where all is one."""
    kind: FigureKind
    place: str
    label: str
    number: int = 0
    total: float = 0.0
    most: float = 0.0
    watched_s: float = 0.0
    """Seconds of the period in which the camera was watched."""

    @property
    def mean(self) -> float | None:
        """Of counts: how many were there, over the time watched; else of what was measured."""
        over = self.watched_s if self.kind == "count" else self.number
        return self.total / over if over else None


class StatStore:
    """Figures in the database of events. Raises as `Database` does."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def write(self, minutes: Sequence[Minute]) -> None:
        """Write all or nothing; what was written before is not written again."""
        with self.database.writing() as connection:
            for minute in minutes:
                if not self._is_known(connection, minute):
                    self._insert(connection, minute)

    def totals(
        self,
        *,
        since_s: float,
        until_s: float,
        per: str = "hour",
        offset_s: int = 0,
        source: str | None = None,
        kind: FigureKind | None = None,
        place: str | None = None,
        label: str | None = None,
    ) -> list[Total]:
        """Figures of the minutes that begin from `since_s` on and before `until_s`.

        `per`: `hour`, `day` or `all`; `offset_s`: by how much the day begins before that of UTC,
        as in a time zone to the east.
        """
        found: dict[tuple[Any, ...], Total] = {}
        size_s = PERIODS[per]
        for start_s, end_s in self._spans(stats, since_s, until_s):
            for row in self._rows(start_s, end_s, size_s, offset_s, source):
                key = (row.source, row.period, row.kind, row.place, row.label)
                begin_s = row.first_s if size_s is None else row.period * size_s - offset_s
                one = found.setdefault(
                    key,
                    Total(
                        source=row.source,
                        start_s=begin_s,
                        kind=row.kind,
                        place=row.place,
                        label=row.label,
                    ),
                )
                one.number += row.number
                one.total += row.total
                one.most = max(one.most, row.most)
        watched = {key[:2]: one.total for key, one in found.items() if one.kind == "watched"}
        for name, one in found.items():
            one.watched_s = watched.get(name[:2], 0.0)
        wanted = {"kind": kind, "place": place, "label": label}
        chosen = [
            one
            for one in found.values()
            if all(value is None or getattr(one, name) == value for name, value in wanted.items())
        ]
        return sorted(chosen, key=lambda one: (one.start_s, one.source, one.kind, one.place))

    def heat(
        self, source: str, *, since_s: float, until_s: float, label: str | None = None
    ) -> dict[int, float]:
        """Seconds that things stood in each cell of the grid, by its number."""
        seconds: dict[int, float] = defaultdict(float)
        for start_s, end_s in self._spans(heat, since_s, until_s):
            query = select(heat.c.cells).where(
                heat.c.source == source, heat.c.minute_s >= start_s, heat.c.minute_s < end_s
            )
            with self.database.reading() as connection:
                rows = connection.execute(query).scalars().all()
            for cells in rows:
                for word, pairs in cells.items():
                    if label is None or word == label:
                        for cell, lasted_s in pairs:
                            seconds[int(cell)] += lasted_s
        return dict(seconds)

    def forget(self, before_s: float) -> int:
        """Delete the figures of minutes that began before; how many rows went."""
        gone = 0
        while True:
            with self.database.reading() as connection:
                oldest = [
                    connection.execute(select(func.min(table.c.minute_s))).scalar_one()
                    for table in (stats, heat)
                ]
            known = [one for one in oldest if one is not None and one < before_s]
            if not known:
                return gone
            end_s = min(min(known) + DELETED_AT_ONCE_S, before_s)
            with self.database.writing() as connection:
                for table in (stats, heat):
                    gone += connection.execute(
                        delete(table).where(table.c.minute_s < end_s)
                    ).rowcount

    def _is_known(self, connection: Connection, minute: Minute) -> bool:
        query = select(stats.c.minute_s).where(
            stats.c.source == minute.source,
            stats.c.minute_s == minute.minute_s,
            stats.c.session == minute.session,
        )
        return connection.execute(query.limit(1)).first() is not None

    def _insert(self, connection: Connection, minute: Minute) -> None:
        key = {
            "source": minute.source, "minute_s": minute.minute_s, "session": minute.session
        }  # fmt: skip
        rows = [key | figure._asdict() for figure in minute.figures]
        if rows:
            connection.execute(insert(stats), rows)
        if minute.cells:
            cells = {label: list(map(list, pairs)) for label, pairs in minute.cells.items()}
            connection.execute(insert(heat), [key | {"cells": cells}])

    def _rows(
        self, start_s: float, end_s: float, size_s: int | None, offset_s: int, source: str | None
    ) -> Sequence[Row[Any]]:
        shifted = stats.c.minute_s + offset_s
        # Whole numbers: PostgreSQL would round the quotient, and SQLite cut it off.
        period = cast(0, BigInteger) if size_s is None else (shifted - shifted % size_s) / size_s
        query = (
            select(
                stats.c.source,
                cast(period, BigInteger).label("period"),
                stats.c.kind,
                stats.c.place,
                stats.c.label,
                func.min(stats.c.minute_s).label("first_s"),
                cast(func.sum(stats.c.number), BigInteger).label("number"),
                func.sum(stats.c.total).label("total"),
                func.max(stats.c.most).label("most"),
            )
            .where(stats.c.minute_s >= start_s, stats.c.minute_s < end_s)
            .group_by(
                stats.c.source, cast(period, BigInteger), stats.c.kind, stats.c.place, stats.c.label
            )
        )
        if source is not None:
            query = query.where(stats.c.source == source)
        with self.database.reading() as connection:
            return connection.execute(query).all()

    def _spans(self, table: Table, since_s: float, until_s: float) -> Iterator[tuple[float, float]]:
        """The time asked for, as far as anything is known of it, in pieces."""
        query = select(func.min(table.c.minute_s), func.max(table.c.minute_s))
        with self.database.reading() as connection:
            first_s, last_s = connection.execute(query).one()
        if first_s is None:
            return
        start_s, end_s = max(since_s, first_s), min(until_s, last_s + 1)
        while start_s < end_s:
            yield start_s, min(start_s + READ_S, end_s)
            start_s += READ_S
