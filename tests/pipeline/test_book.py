"""Figures reach the store, each once, and wait while it is down."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import DiskFull, StoreError, StoreUnavailable
from vigil.core.stats import Figure, Minute
from vigil.pipeline.book import BATCH, Book
from vigil.pipeline.supervisor import Supervisor
from vigil.store import EventStore
from vigil.store.stat_store import StatStore


def minute(number: int, source: str = "gate") -> Minute:
    figures = (Figure("watched", "", "", 1, 60.0, 60.0),)
    return Minute(source=source, minute_s=60 * number, session="s", figures=figures)


class Shelf:
    """A store in memory that refuses on request."""

    def __init__(self) -> None:
        self.minutes: list[Minute] = []
        self.error: StoreError | None = None
        self.bad: Minute | None = None
        self.calls = 0

    def write(self, minutes: Sequence[Minute]) -> None:
        self.calls += 1
        if self.error is not None:
            raise self.error
        if self.bad in minutes:
            raise StoreError("the database refused a row")
        self.minutes += minutes


@pytest.mark.parametrize("error", [DiskFull("full"), StoreUnavailable("locked")])
def test_what_cannot_be_written_waits_unacknowledged_and_in_order(error: StoreError) -> None:
    shelf, safe = Shelf(), []
    book = Book(shelf, what="figures")
    shelf.error = error
    for number in range(3):
        book.take(minute(number), lambda number=number: safe.append(number))
    book.write()
    assert (book.waiting, safe) == (3, [])
    shelf.error = None
    book.write()
    assert (book.waiting, safe) == (0, [0, 1, 2])
    assert shelf.minutes == [minute(number) for number in range(3)]


def test_many_minutes_are_few_transactions() -> None:
    shelf = Shelf()
    book = Book(shelf, what="figures")
    for number in range(BATCH + 1):
        book.take(minute(number))
    book.write()
    assert shelf.calls == 2


def test_a_minute_that_is_never_taken_does_not_hold_up_the_others() -> None:
    shelf, safe = Shelf(), []
    book = Book(shelf, what="figures")
    shelf.bad = minute(1)
    for number in range(4):
        book.take(minute(number), lambda number=number: safe.append(number))
    book.write()
    assert [each.minute_s for each in shelf.minutes] == [0, 120, 180]
    assert (safe, book.refused, book.waiting) == ([0, 1, 2, 3], 1, 0)


def test_what_a_shard_saw_is_in_the_database(
    notebook: Any, film: Path, until: Callable[..., Any]
) -> None:
    home = open_home()
    events = EventStore(home.database, home.clips)
    supervisor = Supervisor(home=home, store=notebook, stats=StatStore(events.database))
    zones = {"all": {"coordinates": "0,0,1,0,1,1,0,1"}}
    source = {"kind": "file", "path": film}
    supervisor.apply(parse({"cameras": {"gate": {"source": source, "zones": zones}}}))

    def found() -> list[Any]:
        supervisor.tend()
        return StatStore(events.database).totals(since_s=0, until_s=60, per="all")

    totals = {(one.kind, one.place): one for one in until(found)}
    supervisor.close()
    events.close()
    assert 10 < totals["watched", ""].total < 12.1
    assert totals["count", "all"].mean == pytest.approx(0.5, abs=0.2)
    assert totals["dwell", "all"].number >= 2
