"""`vigil events`."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vigil.cli.events import moment
from vigil.config.home import open_home
from vigil.core import ConfigError, Event, Severity, Step, StepKind
from vigil.core.ids import uuid7
from vigil.store import EventStore

CLAIM = "A person stands at the counter for a rather long time and does nothing that anybody sees."
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def happened(
    ago_s: float, *, source: str = "gate", rule: str = "loitering", end: bool = True
) -> Step:
    start_s = time.time() - ago_s
    event = Event(
        id=uuid7(start_s),
        source=source,
        rule=rule,
        claim=CLAIM,
        claim_zh="有人在柜台逗留。",
        label="person",
        start_s=start_s,
        end_s=start_s + 2.5,
        severity=Severity.HIGH if rule == "loitering" else Severity.LOW,
    )
    return Step(kind=StepKind.END if end else StepKind.NEW, event=event, time_s=start_s + 2.5)


@pytest.fixture
def recorded() -> None:
    home = open_home()
    store = EventStore(home.database, home.clips)
    store.open()
    for step in (
        happened(86400 * 3),
        happened(3000, source="大门", rule="presence"),
        happened(60, end=False),
    ):
        store.record(step, None)
    store.close()


@pytest.mark.usefixtures("recorded")
def test_events_are_listed_newest_first_one_whole_line_each(vigil: Any) -> None:
    found = vigil("events")
    assert found.code == 0
    assert found.lines[0].split() == [
        "start",
        "seconds",
        "source",
        "rule",
        "severity",
        "clip",
        "outcome",
        "id",
        "claim",
    ]
    assert [line.split()[3] for line in found.lines[1:]] == ["gate", "大门", "gate"]
    assert all(line.endswith(CLAIM) for line in found.lines[1:])
    assert "2.5…" in found.lines[1], "it still goes on"


@pytest.mark.usefixtures("recorded")
def test_columns_stand_below_each_other_in_any_script(vigil: Any) -> None:
    lines = vigil("events").lines
    gate, door = lines[1], lines[2]
    # Two characters of two columns each, against four of one.
    assert gate.index("loitering") == door.index("presence") + 2


@pytest.mark.usefixtures("recorded")
def test_claims_are_told_in_chinese_when_asked(vigil: Any) -> None:
    assert all(line.endswith("有人在柜台逗留。") for line in vigil("events", "--zh").lines[1:])


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("options", "count"),
    [
        ((), 3),
        (("--since", "2h"), 2),
        (("--since", "1.5m"), 1),
        (("--until", "2d"), 1),
        (("--since", "2020-01-01"), 3),
        (("--source", "大门"), 1),
        (("--rule", "loitering"), 2),
        (("--severity", "low"), 1),
        (("--limit", "2"), 2),
        (("--source", "nobody"), 0),
    ],
)
def test_filters(vigil: Any, options: tuple[str, ...], count: int) -> None:
    found = vigil("events", "--json", *options)
    assert [json.loads(line)["claim"] for line in found.lines] == [CLAIM] * count


def test_nothing_recorded_is_said(vigil: Any) -> None:
    found = vigil("events")
    assert (found.code, found.lines) == (0, ["No events."])


@pytest.mark.parametrize("text", ["yesterday", "", "m", "-5m", "5 m", "2026-13-01", "²h"])
def test_what_is_no_time_is_refused(vigil: Any, text: str) -> None:
    told = vigil("events", f"--since={text}").failure
    assert told.startswith(f"--since: {text!r} is no time; allowed: ")


def test_ages_count_from_now_and_iso_times_may_name_a_zone() -> None:
    assert moment("30m", NOW, "--since") == (NOW - timedelta(minutes=30)).timestamp()
    assert moment("2026-05-01T10:00+00:00", NOW, "--since") == NOW.timestamp() - 7200
    assert moment("9999999999d", NOW, "--since") < 0
    with pytest.raises(ConfigError):
        moment("9" * 400 + "d", NOW, "--since")
