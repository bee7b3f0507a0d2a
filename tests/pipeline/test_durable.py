"""What is accepted is done, on each kind of database, whatever happens to the process."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from vigil.core import StoreUnavailable
from vigil.pipeline.durable import Durable
from vigil.store.database import Database

SCRIPT = Path(__file__).parent / "job_runner.py"


class Diary:
    """Writes down which jobs were begun and done."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.begun: list[str] = []
        self.done: list[str] = []
        self.most_at_once = 0
        self.seconds = seconds

    async def work(self, key: str) -> None:
        self.begun.append(key)
        self.most_at_once = max(self.most_at_once, len(self.begun) - len(self.done))
        await asyncio.sleep(self.seconds)
        self.done.append(key)


@pytest.fixture
def database(place: str | Path) -> Iterator[Database]:
    made = Database(place)
    yield made
    made.close()


def durable(database: Database, work: Callable, **more: int) -> Durable:
    made = Durable(database, poll_s=0.05)
    made.serve("jobs", work, **more)
    return made


def accept(jobs: Durable, database: Database, *keys: str) -> None:
    jobs.prepare()
    with database.writing() as connection:
        for key in keys:
            jobs.enqueue(connection, "jobs", key)


def wait_for(what: Callable[[], bool], within_s: float = 20.0) -> None:
    until_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_what_was_accepted_before_the_launch_is_done_after_it(database: Database) -> None:
    diary = Diary()
    jobs = durable(database, diary.work)
    accept(jobs, database, "a", "b")
    assert diary.begun == []
    jobs.launch()
    wait_for(lambda: sorted(diary.done) == ["a", "b"])
    jobs.close()


def test_a_job_is_accepted_with_its_transaction_or_not_at_all(database: Database) -> None:
    diary = Diary()
    jobs = durable(database, diary.work)
    jobs.launch()
    with suppress(ZeroDivisionError), database.writing() as connection:
        jobs.enqueue(connection, "jobs", "given up")
        1 / 0  # noqa: B018
    accept(jobs, database, "kept")
    wait_for(lambda: diary.done == ["kept"])
    jobs.close()
    assert diary.begun == ["kept"]


def test_the_same_job_twice_is_once(database: Database) -> None:
    diary = Diary()
    jobs = durable(database, diary.work)
    accept(jobs, database, "a", "a")
    accept(jobs, database, "a")
    jobs.launch()
    wait_for(lambda: diary.done == ["a"])
    accept(jobs, database, "a", "b")
    wait_for(lambda: "b" in diary.done)
    jobs.close()
    assert diary.begun == ["a", "b"]


def test_a_job_that_was_put_down_is_begun_anew(database: Database) -> None:
    slow = Diary(seconds=60)
    jobs = durable(database, slow.work)
    accept(jobs, database, "a")
    jobs.launch()
    wait_for(lambda: slow.begun == ["a"])
    jobs.close()
    quick = Diary()
    again = durable(database, quick.work)
    again.launch()
    wait_for(lambda: quick.done == ["a"])
    again.close()
    assert slow.done == []


def test_a_job_of_a_killed_process_is_begun_anew(
    place: str | Path, database: Database, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(place), str(log)])
    try:
        wait_for(lambda: log.exists() and "begun" in log.read_text(), within_s=60)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert "done" not in log.read_text()
    diary = Diary()
    jobs = durable(database, diary.work)
    jobs.launch()
    wait_for(lambda: diary.done == ["a"])
    jobs.close()


def test_no_more_are_done_at_once_than_is_allowed(database: Database) -> None:
    diary = Diary(seconds=0.05)
    jobs = durable(database, diary.work, at_once=3)
    accept(jobs, database, *(f"job {number}" for number in range(9)))
    jobs.launch()
    wait_for(lambda: len(diary.done) == 9)
    jobs.close()
    assert diary.most_at_once == 3


def test_what_matters_more_is_done_first(database: Database) -> None:
    diary = Diary(seconds=0.05)
    jobs = durable(database, diary.work, at_once=1)
    jobs.prepare()
    with database.writing() as connection:
        for priority in (3, 1, 2):
            jobs.enqueue(connection, "jobs", f"{priority}", priority=priority)
    jobs.launch()
    wait_for(lambda: len(diary.done) == 3)
    jobs.close()
    assert diary.done == ["1", "2", "3"]


def test_a_mistake_in_one_job_does_not_hold_up_the_next(database: Database) -> None:
    done: list[str] = []

    async def work(key: str) -> None:
        if key == "bad":
            raise ValueError("a mistake of ours")
        done.append(key)

    jobs = durable(database, work)
    accept(jobs, database, "bad", "good")
    jobs.launch()
    wait_for(lambda: done == ["good"])
    jobs.close()


def test_a_job_outlives_a_database_that_is_down(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigil.pipeline.durable.RETRY_S", 0.05)
    tries: list[str] = []

    async def work(key: str) -> None:
        tries.append(key)
        if len(tries) < 3:
            raise StoreUnavailable("down")

    jobs = durable(database, work)
    accept(jobs, database, "a")
    jobs.launch()
    wait_for(lambda: len(tries) == 3)
    jobs.close()


def test_old_jobs_are_forgotten_and_open_ones_are_not(database: Database) -> None:
    diary = Diary()
    jobs = durable(database, diary.work)
    accept(jobs, database, "a", "b")
    jobs.launch()
    wait_for(lambda: len(diary.done) == 2)
    forgotten: list[int] = []
    wait_for(
        lambda: forgotten.append(jobs.forget(before_s=time.time() + 60)) or sum(forgotten) == 2
    )
    assert jobs.forget(before_s=0) == 0
    jobs.close()
    accept(jobs, database, "c")
    assert jobs.forget(before_s=time.time() + 60) == 0
    jobs.launch()
    wait_for(lambda: "c" in diary.done)
    jobs.close()


def test_a_locked_database_is_said_at_once(tmp_path: Path) -> None:
    place = tmp_path / "events.db"
    database = Database(place, busy_s=0.05)
    database.open()
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    jobs = Durable(database)
    with pytest.raises(StoreUnavailable, match="locked"):
        jobs.launch()
    with pytest.raises(StoreUnavailable, match="yet"):
        jobs.enqueue(None, "jobs", "a")
    other.close()
    jobs.launch()
    assert jobs.launched
    jobs.close()
    database.close()


def test_its_own_bookkeeping_is_as_safe_as_ours(tmp_path: Path) -> None:
    engine = Database(tmp_path / "events.db").engine_for_jobs()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
    engine.dispose()


def test_nothing_is_kept_as_pickle(database: Database) -> None:
    diary = Diary()
    jobs = durable(database, diary.work)
    accept(jobs, database, "a")
    jobs.launch()
    wait_for(lambda: diary.done == ["a"])
    jobs.close()
    schema = "" if database.folder else "dbos."
    with database.reading() as connection:
        query = f"SELECT DISTINCT serialization FROM {schema}workflow_status"  # noqa: S608
        assert connection.exec_driver_sql(query).scalars().all() == ["portable_json"]


def test_threads_end_with_it(database: Database) -> None:
    before = threading.active_count()
    jobs = durable(database, Diary().work)
    jobs.launch()
    jobs.close()
    wait_for(lambda: threading.active_count() <= before)
