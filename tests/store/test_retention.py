"""Old clips go, events stay, and what a crash left is healed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from store_values import a_step, an_event, put_clip

from vigil.core import Clip
from vigil.store import EventStore, Healed, Retention, Swept
from vigil.store import retention as retention_module
from vigil.testing.hands import NOON_S, Hands

DAY_S = 86_400.0
MakeClip = Callable[..., Clip]


def record(store: EventStore, clip: Clip) -> None:
    store.record(a_step(an_event(clip.start_s)), clip)


def kept(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.rglob("*.mp4"))


def rows(store: EventStore) -> list[str]:
    clips = [found.clip for found in store.events() if found.clip is not None]
    return sorted(clip.uri.removeprefix("clip:home/") for clip in clips)


@pytest.fixture
def four_days(store: EventStore, make_clip: MakeClip, clock: Hands) -> EventStore:
    """A clip of a million bytes on each of four days, `a` the oldest; it is now the fourth."""
    for index, name in enumerate("abcd"):
        clock.time_s = NOON_S + index * DAY_S
        record(store, make_clip(name, start_s=clock.time_s, size_bytes=1_000_000))
    return store


def test_clips_go_by_age_and_their_events_stay(
    four_days: EventStore, clips_folder: Path, clock: Hands
) -> None:
    swept = Retention(four_days, days=1.5, gb=None, reserve_mb=0).sweep(clock.time_s)
    assert swept == Swept(clips=2, size_bytes=2_000_000)
    assert kept(clips_folder) == rows(four_days) == ["c", "d"]
    assert four_days.count() == 4
    assert [found.name for found in clips_folder.iterdir()].count("2023-11-15") == 0


def test_the_oldest_go_until_the_size_fits(
    four_days: EventStore, clips_folder: Path, clock: Hands
) -> None:
    retention = Retention(four_days, days=None, gb=0.0025, reserve_mb=0)
    assert retention.sweep(clock.time_s).clips == 2
    assert kept(clips_folder) == rows(four_days) == ["c", "d"]
    assert retention.sweep(clock.time_s) == Swept()


def test_a_size_that_just_fits_costs_nothing(four_days: EventStore, clock: Hands) -> None:
    assert Retention(four_days, gb=0.004, reserve_mb=0).sweep(clock.time_s) == Swept()


def test_the_oldest_go_until_the_disk_has_its_reserve(
    four_days: EventStore,
    clips_folder: Path,
    clock: Hands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = 5_000_000

    def free(folder: Path) -> int:
        return size - sum(file.stat().st_size for file in folder.rglob("*.mp4"))

    monkeypatch.setattr(retention_module, "free_bytes", free)
    retention = Retention(four_days, days=None, gb=None, reserve_mb=2.5)
    assert retention.sweep(clock.time_s).clips == 2
    assert kept(clips_folder) == ["c", "d"]
    assert retention.make_room(1_000_000).clips == 1
    assert kept(clips_folder) == rows(four_days) == ["d"]


def test_a_camera_whose_clock_is_years_off_does_not_go_first(
    store: EventStore, make_clip: MakeClip, clips_folder: Path, clock: Hands
) -> None:
    record(store, make_clip("today"))
    clock.time_s += 10
    record(store, make_clip("in-1970", start_s=0.0))
    assert Retention(store, days=1, gb=0.0000015, reserve_mb=0).sweep(clock.time_s).clips == 1
    assert kept(clips_folder) == ["in-1970"]


def test_hundreds_of_clips_go_in_one_sweep(
    store: EventStore, make_clip: MakeClip, clips_folder: Path, clock: Hands
) -> None:
    clips = [make_clip(f"c{index:03}", size_bytes=10) for index in range(130)]
    store.record_many([(a_step(an_event(clip.start_s)), clip) for clip in clips])
    assert Retention(store, days=1, reserve_mb=0).sweep(clock.time_s + 2 * DAY_S).clips == 130
    assert kept(clips_folder) == rows(store) == []


def test_a_clip_that_cannot_be_deleted_does_not_keep_the_others(
    four_days: EventStore, clips_folder: Path, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def stuck(file: Path, missing_ok: bool = False) -> None:
        if file.stem == "a":
            raise PermissionError(13, "Permission denied")
        unlink(file, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", stuck)
    retention = Retention(four_days, days=1.5, reserve_mb=0)
    assert retention.sweep(clock.time_s).clips == 1
    assert kept(clips_folder) == rows(four_days) == ["a", "c", "d"]


def test_a_crash_between_file_and_row_is_healed(
    store: EventStore, make_clip: MakeClip, clips_folder: Path, clock: Hands
) -> None:
    retention = Retention(store)
    record(store, make_clip("whole"))
    record(store, make_clip("file-gone"))
    store.clip_path("clip:home/file-gone").unlink()
    make_clip("row-gone")
    (clips_folder / "2023-11-15" / ".half.mp4.part").touch()
    healed = retention.reconcile(later(clips_folder))
    assert healed == Healed(files_removed=2, rows_removed=1)
    assert kept(clips_folder) == rows(store) == ["whole"]
    assert retention.reconcile(later(clips_folder)) == Healed()


def later(folder: Path) -> float:
    """A time at which every file of the folder is old."""
    return max(file.stat().st_mtime for file in folder.rglob("*")) + 3600


def test_a_file_that_is_just_being_written_is_left_alone(
    store: EventStore, make_clip: MakeClip, clips_folder: Path
) -> None:
    make_clip("young")
    make_clip("old")
    now_s = later(clips_folder)
    os.utime(clips_folder / "2023-11-15" / "young.mp4", (now_s - 5, now_s - 5))
    assert Retention(store).reconcile(now_s).files_removed == 1
    assert kept(clips_folder) == ["young"]


def test_a_clip_whose_step_still_waits_is_left_alone(
    store: EventStore, make_clip: MakeClip, clips_folder: Path
) -> None:
    waiting = make_clip("waiting")
    make_clip("orphan")
    Retention(store).reconcile(later(clips_folder), waiting={waiting.uri})
    assert kept(clips_folder) == ["waiting"]


def test_a_clip_replaced_just_before_a_crash_has_its_size_corrected(
    store: EventStore, make_clip: MakeClip, clips_folder: Path, clock: Hands
) -> None:
    retention = Retention(store)
    record(store, make_clip("one"))
    make_clip("one", size_bytes=5000)
    assert retention.reconcile(later(clips_folder)) == Healed(sizes_corrected=1)
    assert store.events()[0].clip.size_bytes == 5000


def test_other_things_in_the_folder_are_not_ours_to_delete(
    store: EventStore, clips_folder: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    put_clip(precious, "mine", start_s=NOON_S)
    clips_folder.mkdir()
    (clips_folder / "2023-11-15").symlink_to(precious / "2023-11-15")
    (clips_folder / "notes").mkdir()
    (clips_folder / "notes" / "list.mp4").touch()
    Retention(store).reconcile(later(clips_folder))
    assert kept(precious) == ["mine"]
    assert (clips_folder / "notes" / "list.mp4").exists()


def test_a_disk_that_is_not_mounted_costs_no_row(
    store: EventStore, make_clip: MakeClip, clips_folder: Path, tmp_path: Path, clock: Hands
) -> None:
    retention = Retention(store)
    record(store, make_clip("one"))
    clips_folder.rename(tmp_path / "unplugged")
    clips_folder.mkdir()
    assert retention.reconcile(clock.time_s) == Healed()
    clips_folder.rmdir()
    (tmp_path / "unplugged").rename(clips_folder)
    assert retention.reconcile(later(clips_folder)) == Healed()
    assert kept(clips_folder) == rows(store) == ["one"]
