"""A store in a folder, and disks that are really small."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from store_values import cannot_mount, put_clip

from vigil.core import Clip
from vigil.store import EventStore, Retention, SteadyStore
from vigil.testing.hands import NOON_S, Hands


class MakeClip(Protocol):
    def __call__(
        self, name: str, *, start_s: float = ..., seconds: float = ..., size_bytes: int = ...
    ) -> Clip: ...


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def clips_folder(tmp_path: Path) -> Path:
    return tmp_path / "clips"


@pytest.fixture
def make_clip(clips_folder: Path) -> MakeClip:
    def made(
        name: str, *, start_s: float = NOON_S, seconds: float = 10.0, size_bytes: int = 1000
    ) -> Clip:
        return put_clip(clips_folder, name, start_s=start_s, seconds=seconds, size_bytes=size_bytes)

    return made


@pytest.fixture
def store(tmp_path: Path, clips_folder: Path, clock: Hands) -> Iterator[EventStore]:
    made = EventStore(tmp_path / "events.db", clips_folder, clock=clock, busy_s=0.05)
    yield made
    made.close()


@pytest.fixture
def steady(store: EventStore, tmp_path: Path, clock: Hands) -> SteadyStore:
    retention = Retention(store, reserve_mb=0)
    return SteadyStore(store, retention, tmp_path / "spill", clock=clock)


Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mount something for the length of a test; skips where that is not allowed, except in CI."""
    mounted: list[Path] = []

    def mounts(*options: str, what: str = "tmpfs", at: str = "disk") -> Path:
        folder = tmp_path / at
        folder.mkdir(exist_ok=True)
        done = subprocess.run(
            ["mount", *options, what, str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            cannot_mount(done.stderr)
        mounted.append(folder)
        return folder

    yield mounts
    for folder in reversed(mounted):
        # Lazily, so that a test that failed with a file open leaves no mount behind.
        subprocess.run(["umount", "-l", str(folder)], check=True)
