"""No accepted step is lost, whatever happens to the database."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from store_values import a_step, an_event

from vigil.core import Clip, DiskFull, StepKind, StoreError, StoreUnavailable
from vigil.store import EventStore, SteadyStore
from vigil.testing.hands import Hands

MakeClip = Callable[..., Clip]


@pytest.fixture
def lock(store: EventStore, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Another program holds the database; call it to let go."""
    store.open()
    other = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other.close
    other.close()


def spilled(tmp_path: Path) -> list[str]:
    lines = (tmp_path / "spill" / "steps.jsonl").read_text().splitlines()
    return [json.loads(line)["step"]["id"] for line in lines]


def test_what_a_locked_database_cannot_take_waits_on_the_disk(
    steady: SteadyStore, lock: Callable[[], None], clock: Hands, tmp_path: Path
) -> None:
    events = [an_event() for _ in range(3)]
    for event in events:
        steady.record(a_step(event), None)
    assert spilled(tmp_path) == [event.id for event in events]
    assert (steady.waiting, steady.spilled) == (True, 3)
    lock()
    clock.time_s += 60
    assert steady.replay()
    assert steady.store.count() == 3
    assert not steady.waiting


def test_a_database_that_is_back_gets_the_old_steps_with_the_next_new_one(
    steady: SteadyStore, lock: Callable[[], None], clock: Hands
) -> None:
    event = an_event()
    steady.record(a_step(event), None)
    lock()
    clock.time_s += 60
    steady.record(a_step(event, StepKind.END, 5), None)
    assert steady.store.event(event.id).step.kind is StepKind.END
    assert not steady.waiting


def test_a_database_that_is_down_is_not_asked_for_every_step(
    steady: SteadyStore,
    lock: Callable[[], None],
    clock: Hands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    write = steady.store.record_many
    monkeypatch.setattr(
        steady.store, "record_many", lambda recorded: asked.append(1) or write(recorded)
    )
    for _ in range(10):
        steady.record(a_step(an_event()), None)
    assert len(asked) == 1
    clock.time_s += 60
    steady.record(a_step(an_event()), None)
    assert len(asked) == 2
    assert steady.spilled == 11


def test_steps_of_before_a_crash_are_written_at_the_next_start(
    steady: SteadyStore,
    lock: Callable[[], None],
    make_clip: MakeClip,
    tmp_path: Path,
    clock: Hands,
) -> None:
    event, clip = an_event(), make_clip("one")
    steady.record(a_step(event), clip)
    lock()
    clock.time_s += 1e9  # so long ago that a clip without a row is an orphan
    again = SteadyStore(steady.store, steady.retention, tmp_path / "spill", clock=clock)
    healed = again.start()
    assert healed.files_removed == 0
    assert again.store.event(event.id).clip == clip


def test_a_start_while_the_database_is_locked_keeps_the_clips_that_wait(
    steady: SteadyStore,
    lock: Callable[[], None],
    make_clip: MakeClip,
    clips_folder: Path,
    clock: Hands,
) -> None:
    steady.record(a_step(an_event()), make_clip("one"))
    clock.time_s += 1e9
    steady.start()
    assert steady.waiting
    assert [file.stem for file in clips_folder.rglob("*.mp4")] == ["one"]


def test_a_crash_between_writing_and_clearing_writes_nothing_twice(
    steady: SteadyStore, lock: Callable[[], None], clock: Hands, tmp_path: Path
) -> None:
    events = [an_event() for _ in range(3)]
    for event in events:
        steady.record(a_step(event), None)
    file = tmp_path / "spill" / "steps.jsonl"
    before = file.read_bytes()
    lock()
    clock.time_s += 60
    steady.replay()
    found = steady.store.events()
    file.write_bytes(before)
    clock.time_s += 60
    assert steady.replay()
    assert steady.store.events() == found


def test_a_damaged_database_costs_no_step(
    store: EventStore, steady: SteadyStore, tmp_path: Path
) -> None:
    store.open()
    store.close()
    (tmp_path / "events.db").write_bytes(b"this is no database" * 1000)
    event = an_event()
    steady.record(a_step(event), None)
    assert spilled(tmp_path) == [event.id]


def test_a_database_of_a_newer_version_stops_the_start(
    store: EventStore, steady: SteadyStore
) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'r9999'")
    store.close()
    with pytest.raises(StoreError, match="newer Vigil"):
        steady.start()


def test_a_step_that_no_database_takes_does_not_hold_up_the_others(
    steady: SteadyStore,
    lock: Callable[[], None],
    clock: Hands,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good, poison, late = an_event(), an_event(), an_event()
    for event in (good, poison, late):
        steady.record(a_step(event), None)
    lock()
    clock.time_s += 60
    write = steady.store.record_many

    def refusing(recorded: list[object]) -> None:
        if any(step.event.id == poison.id for step, _ in recorded):
            raise StoreError("the database refused a row")
        write(recorded)

    monkeypatch.setattr(steady.store, "record_many", refusing)
    assert steady.replay()
    assert {found.event.id for found in steady.store.events()} == {good.id, late.id}
    (line,) = (tmp_path / "spill" / "refused.jsonl").read_text().splitlines()
    assert json.loads(line)["step"]["id"] == poison.id


def test_a_new_step_that_is_refused_is_told_to_who_sent_it(steady: SteadyStore) -> None:
    bad = replace(a_step(an_event()), time_s=float("nan"))
    with pytest.raises(StoreError, match="refused"):
        steady.record(bad, None)


def test_a_sweep_waits_for_the_database(
    steady: SteadyStore, make_clip: MakeClip, clock: Hands, tmp_path: Path
) -> None:
    steady.record(a_step(an_event()), make_clip("one"))
    clock.time_s += 1e9
    other = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert steady.sweep().clips == 0
    other.close()
    assert steady.sweep().clips == 1


def test_closing_writes_what_waits(steady: SteadyStore, lock: Callable[[], None]) -> None:
    steady.record(a_step(an_event()), None)
    lock()
    steady.close()
    assert steady.store.count() == 1


def test_when_neither_takes_it_the_step_is_not_accepted(
    steady: SteadyStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def down(_recorded: object) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(steady.store, "record_many", down)
    (tmp_path / "spill").touch()  # where the folder should be
    with pytest.raises(DiskFull, match="cannot keep steps"):
        steady.record(a_step(an_event()), None)
    assert steady.spilled == 0


def test_an_event_that_a_crash_left_open_ends_at_the_next_start(steady: SteadyStore) -> None:
    open_event, ended = an_event(), an_event()
    steady.start()
    steady.record(a_step(open_event), None)
    steady.record(a_step(ended), None)
    steady.record(a_step(ended, StepKind.END, after_s=7.0), None)
    steady.start()
    kept = {event.event.id: event for event in steady.store.events()}
    assert kept[open_event.id].step.kind is StepKind.END
    assert kept[open_event.id].event.end_s == open_event.end_s
    assert kept[ended.id].step.time_s == ended.start_s + 7.0
