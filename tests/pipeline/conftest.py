"""Supervisors with real processes, and plug-ins that break on request."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigil.config import parts
from vigil.config.home import open_home
from vigil.core import Clip, Step, StoreError
from vigil.pipeline import fleet
from vigil.pipeline.supervisor import Supervisor
from vigil.testing.films import write_tiny_film

ENTRY_POINTS = """
[vigil.gates]
diary = crash_parts:DiaryGate
fused = crash_parts:FusedGate
[vigil.detectors]
fused = crash_parts:FusedDetector
slow = crash_parts:SlowDetector
"""


@pytest.fixture
def broken_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Gates `diary` and `fused`, detectors `fused` and `slow`, as an installed plug-in has them.

    Processes that a supervisor starts get the same search path.
    """
    installed = tmp_path / "installed" / "crash_parts-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: crash-parts\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(installed.parent))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    parts.parts_of.cache_clear()
    yield
    parts.parts_of.cache_clear()


class Notebook:
    """A store in memory that can be told to refuse."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.clips: list[Clip] = []
        self.error: StoreError | None = None
        self.refusals = 0
        self._lock = threading.Lock()

    def record(self, step: Step, clip: Clip | None) -> None:
        with self._lock:
            if self.error is not None:
                self.refusals += 1
                raise self.error
            self.steps.append(step)
            if clip is not None:
                self.clips.append(clip)

    def kinds(self, rule: str) -> list[str]:
        return [step.kind.value for step in list(self.steps) if step.event.rule == rule]


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cameras are spread over two shards, whatever this machine has."""
    monkeypatch.setattr(fleet, "processors", lambda: 2)


@pytest.fixture
def supervisor(notebook: Notebook, two_processors: None) -> Iterator[Supervisor]:
    running = Supervisor(home=open_home(), store=notebook)
    yield running
    running.close()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds in which a block walks across twice."""
    return write_tiny_film(tmp_path_factory.mktemp("films") / "walks.mp4", 12, [(2, 5), (8, 11)])


@pytest.fixture
def live(film: Path) -> dict[str, Any]:
    """The same as a camera that never ends."""
    return {"kind": "file", "path": film, "realtime": True, "loop": True}


def wait_for(what: Callable[[], Any], *, within_s: float = 30.0) -> Any:
    """What `what` returns as soon as it is true; fails when it does not come true in time."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s")


@pytest.fixture
def until() -> Callable[..., Any]:
    return wait_for
