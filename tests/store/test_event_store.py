"""Events are remembered once, in the order of their lives, with the clips that are there."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from store_values import a_step, an_event

from vigil.core import Clip, Event, Severity, Step, StepKind, StoreError, StoreUnavailable
from vigil.store import EventStore, event_store
from vigil.store.schema import clips
from vigil.testing.hands import NOON_S, Hands

MakeClip = Callable[..., Clip]


@pytest.fixture
def store(place: str | Path, clips_folder: Path, clock: Hands) -> Iterator[EventStore]:
    """In a file, and on a server."""
    made = EventStore(place, clips_folder, clock=clock, busy_s=0.05)
    yield made
    made.close()


@pytest.fixture
def file_store(tmp_path: Path, clips_folder: Path, clock: Hands) -> Iterator[EventStore]:
    made = EventStore(tmp_path / "events.db", clips_folder, clock=clock, busy_s=0.05)
    yield made
    made.close()


def lived(event: Event) -> list[Step]:
    """A whole life in five steps of ten seconds each."""
    kinds = [StepKind.NEW, StepKind.UPDATE, StepKind.UPDATE, StepKind.UPDATE, StepKind.END]
    return [
        a_step(replace(event, end_s=event.start_s + 10 * index), kind, after_s=10.0 * index)
        for index, kind in enumerate(kinds)
    ]


def test_an_event_comes_back_as_it_was(store: EventStore) -> None:
    event = an_event()
    store.record(a_step(event), None)
    found = store.event(event.id)
    assert found.step == a_step(event)
    assert (found.clip, found.created_s, found.updated_s) == (None, NOON_S, NOON_S)


def test_an_event_of_the_camera_itself_has_no_box(store: EventStore) -> None:
    event = replace(an_event(), box=None, algorithm=None, direction=None, path=(), counts={})
    store.record(a_step(event), None)
    assert store.event(event.id).event == event


def test_text_that_databases_refuse_is_kept_as_well_as_can_be(store: EventStore) -> None:
    event = replace(an_event(), source="a\0b", claim="\ud800", counts={"\0": 1}, cards=("\udfff",))
    store.record(a_step(event), None)
    found = store.event(event.id).event
    assert (found.source, found.claim, found.counts) == ("a\ufffdb", "?", {"\ufffd": 1})


def test_the_same_step_twice_is_once(store: EventStore, clock: Hands) -> None:
    event = an_event()
    store.record(a_step(event), None)
    clock.time_s += 5
    store.record(a_step(event), None)
    assert store.count() == 1
    assert store.event(event.id).updated_s == NOON_S


def test_a_late_step_does_not_wake_an_ended_event(store: EventStore) -> None:
    steps = lived(an_event())
    store.record_many([(step, None) for step in (steps[0], steps[4], steps[2], steps[0])])
    found = store.event(steps[0].event.id)
    assert found.step == steps[4]


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(5)), again=st.lists(st.integers(0, 4), max_size=4))
def test_in_whatever_order_steps_come_the_last_word_counts(
    order: list[int], again: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-order"
    folder.mkdir(exist_ok=True)
    store = EventStore(folder / "events.db", folder / "clips")
    steps = lived(an_event())
    for index in [*order, *again]:
        store.record(steps[index], None)
    assert store.event(steps[0].event.id).step == steps[4]
    store.close()


def test_updates_go_forward_only(store: EventStore) -> None:
    for first, second in permutations(lived(an_event())[:4], 2):
        event = replace(first.event, id=f"{first.time_s}-{second.time_s}")
        store.record(replace(first, event=event), None)
        store.record(replace(second, event=replace(event, end_s=second.event.end_s)), None)
        assert store.event(event.id).step.time_s == max(first.time_s, second.time_s)


def test_all_steps_of_a_batch_are_written_or_none(store: EventStore) -> None:
    good, bad = an_event(), replace(an_event(), start_s=float("nan"))
    with pytest.raises(StoreError, match="refused a row"):
        store.record_many(
            [(a_step(good), None), (Step(kind=StepKind.NEW, event=bad, time_s=0), None)]
        )
    assert store.count() == 0


def test_a_clip_is_found_by_its_handle(
    store: EventStore, make_clip: MakeClip, clips_folder: Path
) -> None:
    clip = make_clip("one")
    event = an_event()
    store.record(a_step(event), clip)
    assert store.event(event.id).clip == clip
    assert store.clip_path(clip.uri) == clips_folder / "2023-11-15" / "one.mp4"
    assert store.events()[0].as_json()["clip"] == "clip:home/one"


def test_an_event_whose_clip_is_not_there_is_still_an_event(
    store: EventStore, make_clip: MakeClip, clips_folder: Path
) -> None:
    missing, short, link = make_clip("missing"), make_clip("short"), make_clip("link")
    day = clips_folder / "2023-11-15"
    (day / "missing.mp4").unlink()
    (day / "short.mp4").write_bytes(b"half")
    (day / "link.mp4").rename(day / "elsewhere")
    (day / "link.mp4").symlink_to(day / "elsewhere")
    foreign = replace(missing, uri="clip:home/../../etc/passwd")
    for clip in (missing, short, link, foreign):
        store.record(a_step(an_event()), clip)
    assert [found.clip for found in store.events()] == [None] * 4
    assert store.clips_missed == 4


def test_a_longer_clip_takes_the_place_of_the_first(
    store: EventStore, make_clip: MakeClip, clips_folder: Path
) -> None:
    steps = lived(an_event())
    store.record(steps[0], make_clip("first"))
    final = make_clip("final", seconds=60)
    store.record(steps[4], final)
    assert store.event(steps[0].event.id).clip == final
    assert [file.name for file in clips_folder.rglob("*.mp4")] == ["final.mp4"]


def test_a_final_clip_may_come_after_the_end_was_recorded(
    store: EventStore, make_clip: MakeClip
) -> None:
    end = lived(an_event())[4]
    store.record(end, None)
    clip = make_clip("final")
    store.record(end, clip)
    assert store.event(end.event.id).clip == clip


def test_a_clip_may_be_replaced_under_its_own_name(store: EventStore, make_clip: MakeClip) -> None:
    steps = lived(an_event())
    store.record(steps[0], make_clip("one"))
    longer = make_clip("one", seconds=60, size_bytes=5000)
    store.record(steps[4], longer)
    assert store.event(steps[0].event.id).clip == longer
    assert store.clip_path(longer.uri).stat().st_size == 5000


def test_a_first_clip_that_comes_late_does_not_replace_the_final_one(
    store: EventStore, make_clip: MakeClip, clips_folder: Path
) -> None:
    steps = lived(an_event())
    final = make_clip("final", seconds=60)
    store.record(steps[4], final)
    store.record(steps[0], make_clip("first"))
    assert store.event(steps[0].event.id).clip == final
    assert [file.name for file in clips_folder.rglob("*.mp4")] == ["final.mp4"]


def test_events_come_newest_first_page_by_page(store: EventStore) -> None:
    # Many begin at the same moment, so that the id must decide.
    store.record_many([(a_step(an_event(NOON_S + index // 4)), None) for index in range(20)])
    pages = []
    after = None
    while page := store.events(limit=3, after=after):
        pages += page
        after = page[-1].event.id
    assert [found.event.id for found in pages] == [e.event.id for e in store.events()]
    keys = [(found.event.start_s, found.event.id) for found in pages]
    assert len(keys) == 20
    assert all(one > other for one, other in pairwise(keys))


def test_a_long_list_is_read_in_short_transactions(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.record_many([(a_step(an_event(NOON_S + index)), None) for index in range(8)])
    whole = store.events()
    monkeypatch.setattr(event_store, "PAGE", 3)
    assert store.events() == whole
    assert store.events(limit=7) == whole[:7]
    assert store.events(limit=0) == []


def test_events_are_chosen_by_time_source_rule_and_severity(store: EventStore) -> None:
    early = an_event(NOON_S, end_s=NOON_S + 10)
    late = an_event(NOON_S + 100, source="door", rule="line", severity=Severity.HIGH)
    store.record_many([(a_step(early), None), (a_step(late), None)])

    def ids(**wanted: object) -> list[str]:
        found = [each.event.id for each in store.events(**wanted)]
        assert len(found) == store.count(**wanted)
        return found

    assert ids() == [late.id, early.id]
    assert ids(since_s=NOON_S + 5) == [late.id, early.id]
    assert ids(since_s=NOON_S + 11) == [late.id]
    assert ids(until_s=NOON_S + 99) == [early.id]
    assert ids(source="door") == ids(rule="line") == ids(severity=Severity.HIGH) == [late.id]
    assert ids(source="door", rule="yard") == []
    assert ids(source=None, since_s=None) == [late.id, early.id]


def test_a_page_after_nothing_is_refused(store: EventStore) -> None:
    with pytest.raises(StoreError, match="no event 'x' to go on after"):
        store.events(after="x")


def test_sql_in_a_name_is_only_a_name(store: EventStore) -> None:
    event = an_event(source="'; DROP TABLE events; --")
    store.record(a_step(event), None)
    assert store.count(source="'; DROP TABLE events; --") == 1


@pytest.mark.parametrize("where", ["../../secret", "/etc/passwd", "2023-11-15/../../secret"])
def test_a_row_that_points_outside_the_folder_opens_nothing(
    where: str, store: EventStore, make_clip: MakeClip, tmp_path: Path
) -> None:
    (tmp_path.parent / "secret").touch()
    clip = make_clip("one")
    store.record(a_step(an_event()), clip)
    with store.database.writing() as connection:
        connection.execute(update(clips).values(path=where))
    with pytest.raises(StoreError, match="lies outside"):
        store.clip_path(clip.uri)


def test_a_link_that_leads_outside_the_folder_opens_nothing(
    store: EventStore, make_clip: MakeClip, clips_folder: Path, tmp_path: Path
) -> None:
    clip = make_clip("one")
    store.record(a_step(an_event()), clip)
    file = clips_folder / "2023-11-15" / "one.mp4"
    file.unlink()
    (tmp_path / "elsewhere").touch()
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="lies outside"):
        store.clip_path(clip.uri)


def test_a_clip_that_is_gone_or_unknown_is_told_in_one_line(
    store: EventStore, make_clip: MakeClip
) -> None:
    clip = make_clip("one")
    store.record(a_step(an_event()), clip)
    store.clip_path(clip.uri).unlink()
    with pytest.raises(StoreError, match="not kept any more"):
        store.clip_path(clip.uri)
    with pytest.raises(StoreError, match="no clip 'clip:home/two'"):
        store.clip_path("clip:home/two")


def test_the_database_is_kept_the_safe_way(file_store: EventStore) -> None:
    with file_store.database.reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    # 3 is EXTRA: FULL, and the folder is synced after the journal went.
    assert found == {"journal_mode": "delete", "synchronous": 3, "foreign_keys": 1}


def test_a_locked_database_is_told_as_such(file_store: EventStore, tmp_path: Path) -> None:
    store = file_store
    store.open()
    other = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.record(a_step(an_event()), None)
    other.execute("COMMIT")
    other.close()
    store.record(a_step(an_event()), None)
    assert store.count() == 1


def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(os.urandom(5000))
    store = EventStore(tmp_path / "events.db", tmp_path / "clips")
    with pytest.raises(StoreUnavailable, match="not a database"):
        store.open()


def test_a_folder_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    store = EventStore(tmp_path / "none" / "events.db", tmp_path / "clips")
    with pytest.raises(StoreUnavailable, match="unable to open"):
        store.open()


def test_a_server_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    store = EventStore("postgresql://127.0.0.1:1/nothing?connect_timeout=2", tmp_path / "clips")
    with pytest.raises(StoreUnavailable, match="cannot use postgresql"):
        store.open()


def test_a_password_is_not_told(tmp_path: Path) -> None:
    store = EventStore("postgresql://me:secret@127.0.0.1:1/nothing", tmp_path / "clips")
    with pytest.raises(StoreUnavailable) as error:
        store.open()
    assert "secret" not in str(error.value)
    with pytest.raises(StoreError, match="not the URL of a database"):
        EventStore("://", tmp_path / "clips")


def test_an_event_is_found_by_the_beginning_of_its_id(store: EventStore) -> None:
    for name in ("ab-1", "ab-2", "b"):
        store.record(a_step(an_event(id=name)), None)
    assert store.find("b").event.id == "b"
    assert store.find("ab-2").event.id == "ab-2"
    with pytest.raises(StoreError, match="several events begin with 'ab': ab-1, ab-2"):
        store.find("ab")
    with pytest.raises(StoreError, match="no event '%'"):
        store.find("%")


class Followed:
    """Writes down what follows, or refuses to."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.error: Exception | None = None

    def prepare(self) -> None:
        self.said.append("prepare")

    def began(self, _connection: object, event: Event) -> None:
        self.said.append(f"began {event.id}")
        if self.error is not None:
            raise self.error

    def ended(self, _connection: object, event: Event) -> None:
        self.said.append(f"ended {event.id}")

    def committed(self) -> None:
        self.said.append("committed")


def test_what_follows_an_event_follows_once(store: EventStore) -> None:
    store.follower = followed = Followed()
    first, second = lived(an_event(id="a")), lived(an_event(id="b"))
    for step in (*first, *first):
        store.record(step, None)
    store.record_many([(second[4], None), (second[0], None)])
    news = [word for word in followed.said if word not in ("prepare", "committed")]
    assert news == ["began a", "ended a", "began b", "ended b"]
    assert followed.said.count("prepare") == followed.said.count("committed") == 11


def test_an_event_that_cannot_be_followed_is_not_written(store: EventStore) -> None:
    store.follower = followed = Followed()
    followed.error = StoreUnavailable("not yet")
    with pytest.raises(StoreUnavailable, match="not yet"):
        store.record(a_step(an_event(id="a")), None)
    assert store.count() == 0
    assert "committed" not in followed.said


def test_what_a_crash_left_open_ends_for_those_who_follow(store: EventStore) -> None:
    store.record(a_step(an_event(id="open")), None)
    store.record(lived(an_event(id="over"))[4], None)
    store.follower = followed = Followed()
    assert store.end_open() == 1
    assert followed.said == ["prepare", "ended open", "committed"]
