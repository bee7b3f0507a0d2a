"""Figures in the database, and what they add up to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from vigil.core.stats import Figure, Minute
from vigil.store.database import Database
from vigil.store.stat_store import StatStore

DAY_S = 86_400
NOON_S = 20_000 * DAY_S + 12 * 3600


@pytest.fixture
def stats(place: str | Path) -> Iterator[StatStore]:
    """In a file, and on a server."""
    made = StatStore(Database(place))
    yield made
    made.database.close()


def minute(at_s: int, people_s: float, *, session: str = "one", source: str = "gate") -> Minute:
    return Minute(
        source=source,
        minute_s=at_s,
        session=session,
        figures=(
            Figure("watched", "", "", 1, 60.0, 60.0),
            Figure("count", "door", "person", 0, people_s, people_s / 30),
            Figure("dwell", "door", "person", 2, 20.0, 15.0),
            Figure("crossing", "gate in", "person", 3),
        ),
        cells={"person": ((5, 30.0), (6, 1.5)), "car": ((5, 2.0),)},
    )


def test_the_same_minute_twice_is_once_and_a_new_watch_adds_to_it(stats: StatStore) -> None:
    stats.write([minute(NOON_S, 60.0)])
    stats.write([minute(NOON_S, 60.0), minute(NOON_S + 60, 30.0)])
    stats.write([minute(NOON_S, 6.0, session="two")])
    (crossings,) = stats.totals(since_s=0, until_s=1e10, per="all", kind="crossing")
    assert (crossings.number, crossings.place) == (9, "gate in")


def test_counts_are_means_over_the_time_watched_and_stays_over_their_number(
    stats: StatStore,
) -> None:
    stats.write([minute(NOON_S, 60.0), minute(NOON_S + 60, 30.0)])
    found = {one.kind: one for one in stats.totals(since_s=0, until_s=1e10, per="all")}
    assert found["count"].mean == 90.0 / 120.0
    assert found["count"].most == 2.0
    assert (found["dwell"].mean, found["dwell"].most) == (10.0, 15.0)
    assert found["watched"].total == found["dwell"].watched_s == 120.0


def test_hours_and_days_begin_where_the_clock_on_the_wall_says(stats: StatStore) -> None:
    stats.write([minute(NOON_S + 3600 * hours, 1.0) for hours in (0, 1, 11, 12)])
    hours = stats.totals(since_s=0, until_s=1e10, per="hour", kind="crossing")
    assert [one.start_s - NOON_S for one in hours] == [0, 3600, 11 * 3600, 12 * 3600]
    days = stats.totals(since_s=0, until_s=1e10, per="day", kind="crossing")
    assert [one.number for one in days] == [9, 3]
    # Eight hours to the east the day begins at 16:00 of UTC.
    east = stats.totals(since_s=0, until_s=1e10, per="day", offset_s=8 * 3600, kind="crossing")
    assert [one.number for one in east] == [6, 6]
    assert east[1].start_s == NOON_S + 4 * 3600
    assert stats.totals(since_s=NOON_S + 60, until_s=NOON_S + 3600) == []


def test_cameras_places_and_labels_are_told_apart(stats: StatStore) -> None:
    stats.write([minute(NOON_S, 60.0), minute(NOON_S, 30.0, source="yard")])
    assert {one.source for one in stats.totals(since_s=0, until_s=1e10)} == {"gate", "yard"}
    found = stats.totals(since_s=0, until_s=1e10, source="yard", kind="count", label="person")
    assert [(one.place, one.total) for one in found] == [("door", 30.0)]
    assert stats.totals(since_s=0, until_s=1e10, place="nowhere") == []


def test_heat_is_added_up_by_cell(stats: StatStore) -> None:
    stats.write([minute(NOON_S, 1.0), minute(NOON_S + 60, 1.0)])
    assert stats.heat("gate", since_s=0, until_s=1e10) == {5: 64.0, 6: 3.0}
    assert stats.heat("gate", since_s=0, until_s=1e10, label="car") == {5: 4.0}
    assert stats.heat("yard", since_s=0, until_s=1e10) == {}


def test_old_figures_go_and_young_ones_stay(stats: StatStore) -> None:
    stats.write([minute(NOON_S + DAY_S * days, 1.0) for days in range(4)])
    assert stats.forget(NOON_S + 2 * DAY_S) == 10
    left = stats.totals(since_s=0, until_s=1e10, per="day", kind="crossing")
    assert [one.start_s for one in left] == [
        (NOON_S + DAY_S * days) // DAY_S * DAY_S for days in (2, 3)
    ]
    assert stats.heat("gate", since_s=0, until_s=NOON_S + 2 * DAY_S) == {}
    assert stats.forget(NOON_S) == 0
