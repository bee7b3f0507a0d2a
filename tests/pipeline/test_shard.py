"""A few cameras in one loop: fair shares, an exact account, and no event lost."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigil.config.app import App
from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import Clip, Step
from vigil.pipeline.build import Builder
from vigil.pipeline.camera import Camera
from vigil.pipeline.shard import Shard
from vigil.testing.films import write_tiny_film

Settings = dict[str, Any]


class Collected:
    """An outbox that keeps everything."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def put(self, step: Step, clip: Clip | None) -> None:
        self.steps.append(step)


def cameras_of(app: App) -> list[tuple[Camera, Any]]:
    builder = Builder(open_home(), evidence=False)
    return [builder.camera(camera) for camera in app.cameras.values()]


def holds(camera: Camera) -> bool:
    account = camera.accounted()
    return account.received == account.processed + account.dropped + account.waiting


def run_for(shard: Shard, seconds: float, watching: Callable[[], None]) -> None:
    stop = threading.Event()
    loop = threading.Thread(target=shard.run, args=(stop,))
    loop.start()
    deadline_s = time.monotonic() + seconds
    while time.monotonic() < deadline_s:
        watching()
        time.sleep(0.01)
    stop.set()
    loop.join()


@pytest.mark.usefixtures("broken_parts")
def test_an_overloaded_shard_sheds_fairly_and_accounts_for_every_packet(tmp_path: Path) -> None:
    film = write_tiny_film(tmp_path / "busy.mp4", 12, [(s, s + 2.5) for s in range(0, 12, 3)])
    source = {"kind": "file", "path": film, "realtime": True, "loop": True}
    slow = {"kind": "slow", "seconds": 0.4}
    settings = {name: {"source": source, "detector": slow} for name in "ab"}
    outbox = Collected()
    cameras = cameras_of(parse({"cameras": settings}))
    watched = [camera for camera, _ in cameras]
    wrong: list[str] = []

    def check() -> None:
        wrong.extend(camera.name for camera in watched if not holds(camera))

    run_for(Shard(cameras=cameras, outbox=outbox), 9.0, check)
    assert not wrong
    first, second = (camera.accounted() for camera in watched)
    assert min(first.dropped, second.dropped) > 0, "it was to be overloaded"
    share = first.dropped / (first.dropped + second.dropped)
    assert 0.3 < share < 0.7
    kinds = [(step.kind.value, step.event.id) for step in outbox.steps]
    opened = {event_id for kind, event_id in kinds if kind == "new"}
    assert opened
    assert opened == {event_id for kind, event_id in kinds if kind == "end"}


@pytest.mark.usefixtures("broken_parts")
def test_a_file_waits_for_a_slow_detector(tmp_path: Path) -> None:
    film = write_tiny_film(tmp_path / "short.mp4", 8, [(2, 5)])
    slow = {"kind": "slow", "seconds": 0.02}
    cameras = cameras_of(parse({"cameras": {"a": {"source": str(film), "detector": slow}}}))
    outbox = Collected()
    Shard(cameras=cameras, outbox=outbox).run(threading.Event())
    account = cameras[0][0].accounted()
    assert (account.received, account.processed, account.dropped) == (80, 80, 0)
    assert [step.kind.value for step in outbox.steps] == ["new", "end"]


def test_the_mark_names_the_camera_being_decoded(film: Path) -> None:
    marks: list[str] = []
    cameras = cameras_of(parse({"cameras": {n: {"source": str(film)} for n in ("a", "b")}}))
    Shard(cameras=cameras, outbox=Collected(), mark=marks.append).run(threading.Event())
    assert set(marks[::2]) == {"a", "b"}
    assert set(marks[1::2]) == {""}


def test_whoever_asked_hears_of_a_source_that_has_ended(film: Path, tmp_path: Path) -> None:
    ended: list[tuple[str, str | None]] = []
    settings = {"a": {"source": str(film)}, "b": {"source": str(tmp_path / "gone.mp4")}}
    Shard(
        cameras=cameras_of(parse({"cameras": settings})),
        outbox=Collected(),
        on_ended=lambda camera: ended.append((camera.name, camera.error)),
    ).run(threading.Event())
    assert sorted(ended) == [("a", None), ("b", "b: no such file or directory")]
