"""Kill the process, cut the power, fill the disk: what was accepted is there."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from store_values import a_step, an_event, cannot_mount, put_clip

from vigil.core import DiskFull, StepKind
from vigil.store import EventStore, Retention, SteadyStore
from vigil.store.database import free_bytes

Mount = Callable[..., Path]
RECORDER = Path(__file__).with_name("recorder.py")


@dataclass
class Recorder:
    """A recording process and what it has acknowledged."""

    process: subprocess.Popen[str]

    def acknowledged(self, count: int) -> list[str]:
        """The next `count` lines."""
        lines = [self.process.stdout.readline().strip() for _ in range(count)]
        assert all(lines), "the recorder died by itself"
        return lines

    def kill(self) -> list[str]:
        """Kill it; the rest of what it had acknowledged."""
        self.process.kill()
        rest = self.process.communicate()[0]
        # A line without its end was cut short by the kill.
        return [line.strip() for line in rest.splitlines(keepends=True) if line.endswith("\n")]


@contextmanager
def recording(home: Path, *flags: str) -> Iterator[Recorder]:
    command = [sys.executable, str(RECORDER), str(home), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Recorder(process)
        finally:
            process.kill()


def check(home: Path, acknowledged: list[str]) -> None:
    """All that was accepted is there, and after the start rows and files agree."""
    with closing(EventStore(home / "events.db", home / "clips")) as store:
        retention = Retention(store, reserve_mb=0)
        SteadyStore(store, retention, home / "spill").start()
        retention.reconcile(time.time() + 3600)
        for line in acknowledged:
            event_id, _, ended = line.partition(" ")
            found = store.event(event_id)
            assert found is not None, f"event {event_id} is lost"
            assert found.step.kind is StepKind.END or not ended, f"the end of {event_id} is lost"
            assert found.clip is not None, f"the clip of {event_id} is lost"
        clips = [found.clip for found in store.events(limit=1000) if found.clip is not None]
        files = [file for file in (home / "clips").rglob("*") if file.suffix == ".mp4"]
        assert len(files) == len(clips)
        assert all(store.clip_path(clip.uri).stat().st_size == clip.size_bytes for clip in clips)


def whole(path: Path) -> bool:
    database = sqlite3.connect(path)
    try:
        return database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        database.close()


def test_a_kill_at_any_moment_loses_no_accepted_event_and_no_clip(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for _ in range(3):
        with recording(tmp_path) as recorder:
            acknowledged += recorder.acknowledged(random.randint(5, 25))
            time.sleep(random.random() / 100)
            acknowledged += recorder.kill()
        assert recorder.process.returncode == -signal.SIGKILL
        check(tmp_path, acknowledged)
    assert whole(tmp_path / "events.db")


@dataclass
class Disk:
    """A small ext4 disk in a file. What was not synced is in memory only, not in the file."""

    image: Path
    home: Path
    mount: Mount

    def as_after_a_power_cut(self, number: int) -> Path:
        """Mount what the file held at this moment."""
        copy = self.image.with_name(f"cut-{number}.img")
        shutil.copyfile(self.image, copy)
        return self.mount("-o", "loop", what=str(copy), at=f"cut-{number}")


def make_ext4(image: Path) -> None:
    if shutil.which("mkfs.ext4") is None:
        cannot_mount("mkfs.ext4 is not installed")
    # No part is kept for the administrator, as whom the test may run.
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)


@pytest.fixture
def disk(tmp_path: Path, mount: Mount) -> Disk:
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(24 << 20)
    make_ext4(image)
    # Nothing reaches the file by itself while the test runs: only what is synced.
    return Disk(image, mount("-o", "loop,commit=300", what=str(image)), mount)


def cut_power(disk: Disk, recorder: Recorder, number: int, acknowledged: list[str]) -> Path:
    acknowledged += recorder.acknowledged(random.randint(5, 20))
    recorder.process.send_signal(signal.SIGSTOP)
    home = disk.as_after_a_power_cut(number)
    recorder.process.send_signal(signal.SIGCONT)
    return home


def test_a_power_cut_at_any_moment_loses_no_accepted_event_and_no_clip(disk: Disk) -> None:
    acknowledged: list[str] = []
    with recording(disk.home) as recorder:
        for number in range(3):
            home = cut_power(disk, recorder, number, acknowledged)
            check(home, acknowledged)
            assert whole(home / "events.db")


def test_a_power_cut_without_syncs_is_seen_to_lose_events(disk: Disk) -> None:
    """The check of the check: were it blind, the test above would prove nothing."""
    acknowledged: list[str] = []
    with recording(disk.home, "unsafe") as recorder:
        home = cut_power(disk, recorder, 0, acknowledged)
        with pytest.raises(AssertionError, match="is lost"):
            check(home, acknowledged)


@pytest.fixture(params=["tmpfs", "ext4"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path, mount: Mount) -> Path:
    """Eight megabytes."""
    if request.param == "tmpfs":
        return mount("-t", "tmpfs", "-o", "size=8m")
    image = tmp_path / "small.img"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    make_ext4(image)
    return mount("-o", "loop", what=str(image))


def fill_up(disk: Path) -> None:
    """Leave not one byte."""
    with (disk / "somebody-elses").open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1 << 9, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def test_on_a_full_disk_the_oldest_clips_go_and_no_event_is_lost(small_disk: Path) -> None:
    store = EventStore(small_disk / "events.db", small_disk / "clips")
    steady = SteadyStore(store, Retention(store, reserve_mb=0.5), small_disk / "spill")
    steady.start()
    events = [an_event(time.time() + index) for index in range(4)]
    for event in events:
        clip = put_clip(small_disk / "clips", event.id, start_s=event.start_s, size_bytes=400_000)
        steady.record(a_step(event), clip)
    fill_up(small_disk)
    assert free_bytes(small_disk) < 4096
    more = [an_event(time.time() + index) for index in range(300)]
    steady.record_many([(a_step(event), None) for event in more])
    assert store.count() == 304
    assert not steady.waiting
    kept = [found.event.id for found in store.events(limit=1000) if found.clip is not None]
    assert len(kept) < 4
    assert kept == [event.id for event in reversed(events)][: len(kept)]
    assert whole(small_disk / "events.db")
    steady.close()


def test_a_sweep_keeps_the_reserve_free_on_a_full_disk(small_disk: Path) -> None:
    store = EventStore(small_disk / "events.db", small_disk / "clips")
    retention = Retention(store, days=None, gb=None, reserve_mb=1)
    for index in range(12):
        event = an_event(time.time() + index)
        clip = put_clip(small_disk / "clips", event.id, start_s=event.start_s, size_bytes=300_000)
        store.record(a_step(event), clip)
    fill_up(small_disk)
    swept = retention.sweep(time.time())
    assert swept.clips in (4, 5)
    assert free_bytes(small_disk) >= 1_000_000
    assert store.count() == 12
    assert retention.reconcile(time.time() + 3600).rows_removed == 0
    store.close()


def test_a_disk_that_others_have_filled_is_told_and_keeps_what_it_has(small_disk: Path) -> None:
    store = EventStore(small_disk / "events.db", small_disk / "clips")
    steady = SteadyStore(store, Retention(store, reserve_mb=0), small_disk / "spill")
    steady.start()
    first = an_event()
    steady.record(a_step(first), None)
    fill_up(small_disk)
    refused = [an_event() for _ in range(300)]
    with pytest.raises(DiskFull):
        steady.record_many([(a_step(event), None) for event in refused])
    (small_disk / "somebody-elses").unlink()
    assert store.count() == 1
    steady.record_many([(a_step(event), None) for event in refused])
    assert store.count() == 301
    steady.close()
