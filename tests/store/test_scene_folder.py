"""Recorded scenes go before evidence does, the oldest first."""

import os
from pathlib import Path

from vigil.store import EventStore, Retention
from vigil.store.scene_folder import SceneFolder

NOW_S = 1_750_000_000.0
DAY_S = 86_400.0


def hours(folder: Path, *ages_d: float) -> list[Path]:
    files = []
    for number, age_d in enumerate(ages_d):
        path = folder / "gate" / f"2025-06-{10 + number}" / "08.scenes"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 1000)
        os.utime(path, (NOW_S, NOW_S - age_d * DAY_S))
        files.append(path)
    return files


def left(files: list[Path]) -> list[bool]:
    return [file.exists() for file in files]


def test_what_is_too_old_goes_with_its_folder(tmp_path: Path) -> None:
    files = hours(tmp_path, 40, 31, 2)
    assert SceneFolder(tmp_path, days=30).sweep(NOW_S) == 2000
    assert left(files) == [False, False, True]
    assert not files[0].parent.exists()


def test_what_is_too_much_goes_from_the_oldest(tmp_path: Path) -> None:
    files = hours(tmp_path, 1, 3, 2)
    folder = SceneFolder(tmp_path, limit_bytes=1500)
    assert folder.sweep(NOW_S) == 2000
    assert left(files) == [True, False, False]
    assert folder.size_bytes == 1000


def test_without_limits_everything_stays(tmp_path: Path) -> None:
    files = hours(tmp_path, 4000, 1)
    assert SceneFolder(tmp_path).sweep(NOW_S) == 0
    assert all(left(files))
    assert SceneFolder(tmp_path / "none").sweep(NOW_S) == 0


def test_scenes_count_among_what_may_be_kept(store: EventStore, tmp_path: Path) -> None:
    files = hours(tmp_path / "scenes", 1, 3)
    scenes = SceneFolder(tmp_path / "scenes", days=2)
    swept = Retention(store, gb=1, reserve_mb=0, beside=[scenes]).sweep(NOW_S)
    assert swept.size_bytes == 1000
    assert left(files) == [True, False]


def test_when_the_disk_is_full_scenes_go_first(store: EventStore, tmp_path: Path) -> None:
    files = hours(tmp_path / "scenes", 1, 3)
    scenes = SceneFolder(tmp_path / "scenes")
    Retention(store, reserve_mb=1e12, beside=[scenes]).make_room(0)
    assert left(files) == [False, False]
