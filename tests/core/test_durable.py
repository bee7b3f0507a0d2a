"""Files that a power cut finds old or new, never half."""

import os
from pathlib import Path

import pytest

from vigil.core import durable


def test_bytes_are_synced_before_they_get_their_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pointer"
    file.write_text("old")
    seen: list[tuple[bool, str]] = []
    sync = os.fsync

    def watched(handle: int) -> None:
        of_folder = os.path.samestat(os.fstat(handle), tmp_path.stat())
        seen.append((of_folder, file.read_text()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    durable.write_durably(file, b"new")
    assert seen == [(False, "old"), (True, "new")]
    assert os.listdir(tmp_path) == ["pointer"]


def test_a_folder_behind_a_link_can_be_synced(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "clips").symlink_to(tmp_path / "disk")
    durable.sync(tmp_path / "clips")


def test_what_is_not_there_cannot_be_synced(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.sync(tmp_path / "absent")
