"""Real processes die, and others take over."""

import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.infer import Registry, add_model
from vigil.pipeline import fleet, retries
from vigil.pipeline.supervisor import Supervisor
from vigil.testing.films import tiny_stream, write_tiny_film
from vigil.testing.rtsp_server import RtspServer, looped

Until = Callable[..., Any]
Settings = dict[str, Any]


@pytest.fixture(autouse=True)
def one_processor(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    """All cameras in one shard, and spares at once."""
    monkeypatch.setattr(fleet, "processors", lambda: 1)
    monkeypatch.setattr(fleet, "REST_S", 0.0)


@pytest.fixture(scope="module")
def server() -> Iterator[RtspServer]:
    feed = looped(tiny_stream(8, [(2, 5)]))
    with RtspServer({"cam": feed}) as running:
        yield running


@pytest.fixture
def tended(supervisor: Supervisor, until: Until) -> Until:
    """Wait for something while the supervisor does what it does every second."""

    def wait(what: Callable[[], Any], **limit: float) -> Any:
        def found() -> Any:
            supervisor.tend()
            return what()

        return until(found, **limit)

    return wait


def shard_of(supervisor: Supervisor, name: str) -> str:
    return f"shard-{supervisor.status()['cameras'][name]['shard']}"


def pids(supervisor: Supervisor, kind: str) -> list[int]:
    return [each["pid"] for each in supervisor.status()[kind].values()]


def all_received(supervisor: Supervisor, names: str) -> Callable[[], bool]:
    def told() -> bool:
        cameras = supervisor.status()["cameras"]
        return all(cameras[name].get("received") for name in names)

    return told


def longest_gap_s(diary: Path) -> float:
    times = [float(line) for line in diary.read_text().split()]
    return max(after - before for before, after in itertools.pairwise(times))


@pytest.mark.slow
@pytest.mark.usefixtures("broken_parts")
def test_the_neighbours_of_a_crash_are_taken_over_by_a_process_that_waited(
    supervisor: Supervisor, server: RtspServer, tmp_path: Path, tended: Until
) -> None:
    def camera(name: str) -> Settings:
        gate = {"kind": "diary", "fuse": tmp_path / f"{name}.fuse", "diary": tmp_path / name}
        return {"source": server.url("cam"), "gate": gate}

    # The shard is full: without a spare a process would have to start first.
    settings = {"cameras_per_shard": 4}
    supervisor.apply(parse({"shards": settings, "cameras": {n: camera(n) for n in "abcd"}}))
    tended(all_received(supervisor, "abcd"))
    (spare,) = tended(lambda: pids(supervisor, "spares"))
    assert spare not in pids(supervisor, "processes"), "it is no shard before it has cameras"

    (tmp_path / "a.fuse").touch()
    tended(lambda: supervisor.status()["cameras"]["a"]["state"] == "quarantined")
    tended(all_received(supervisor, "bcd"))
    found = supervisor.status()
    (shard,) = {shard_of(supervisor, name) for name in "bcd"}
    assert found["processes"][shard]["pid"] == spare
    assert found["shard_restarts"] == 2
    gaps_s = {name: longest_gap_s(tmp_path / name) for name in "bcd"}
    print("longest gap of each neighbour:", {name: f"{s:.2f} s" for name, s in gaps_s.items()})
    (another,) = tended(lambda: pids(supervisor, "spares"))
    assert another != spare


@pytest.mark.slow
@pytest.mark.usefixtures("broken_parts")
def test_a_crash_without_a_suspect_is_narrowed_down_to_one_camera(
    supervisor: Supervisor, live: Settings, tmp_path: Path, tended: Until
) -> None:
    fuse = tmp_path / "fuse"
    detector = {"kind": "slow", "seconds": 0.0}
    bad = {"kind": "fused", "seconds": 0.0, "fuse": fuse}
    cameras = {name: {"source": live, "detector": detector} for name in "xyz"}
    supervisor.apply(parse({"cameras": {"a": {"source": live, "detector": bad}} | cameras}))
    tended(all_received(supervisor, "axyz"))
    (spare,) = tended(lambda: pids(supervisor, "spares"))

    fuse.touch()
    tended(lambda: supervisor.status()["shard_restarts"] == 1)
    # It may have been an accident: they come back together, as soon as they can.
    tended(lambda: pids(supervisor, "processes") == [spare])
    tended(lambda: supervisor.status()["cameras"]["a"]["state"] == "quarantined", within_s=60)
    tended(all_received(supervisor, "xyz"))
    assert supervisor.status()["shard_restarts"] == 5, "4, 4, 2, 1 and 1 cameras"


@pytest.mark.slow
def test_to_be_killed_from_outside_is_no_cameras_fault_unless_it_happens_again(
    supervisor: Supervisor, live: Settings, tended: Until
) -> None:
    supervisor.apply(parse({"cameras": {name: {"source": live} for name in "ab"}}))
    tended(all_received(supervisor, "ab"))
    (spare,) = tended(lambda: pids(supervisor, "spares"))
    (first,) = pids(supervisor, "processes")
    os.kill(first, signal.SIGKILL)
    tended(lambda: supervisor.status()["shard_restarts"] == 1)
    tended(all_received(supervisor, "ab"))
    assert pids(supervisor, "processes") == [spare], "whatever was being decoded when it died"

    # Once more, and they are told apart, be it by the mark or by halves.
    os.kill(spare, signal.SIGKILL)
    tended(lambda: supervisor.status()["shard_restarts"] == 2)
    tended(all_received(supervisor, "ab"))
    assert shard_of(supervisor, "a") != shard_of(supervisor, "b")


def test_a_spare_that_dies_is_replaced_and_is_no_restart(
    supervisor: Supervisor, live: Settings, tended: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "SPARE_FAILED_S", 0.0)
    supervisor.apply(parse({"cameras": {"a": {"source": live}}}))
    (spare,) = tended(lambda: pids(supervisor, "spares"))
    os.kill(spare, signal.SIGKILL)
    tended(lambda: pids(supervisor, "spares") not in ([], [spare]))
    assert supervisor.status()["shard_restarts"] == 0


def test_no_spare_waits_where_none_is_wanted(
    supervisor: Supervisor, live: Settings, tended: Until
) -> None:
    supervisor.apply(parse({"shards": {"spare": 0}, "cameras": {"a": {"source": live}}}))
    tended(all_received(supervisor, "a"))
    assert len(multiprocessing.active_children()) == 1


def test_no_spare_waits_where_nothing_is_watched(supervisor: Supervisor) -> None:
    supervisor.apply(parse({}))
    supervisor.tend()
    assert not multiprocessing.active_children()


def test_a_file_that_appears_later_is_watched(
    supervisor: Supervisor, tmp_path: Path, tended: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_S", 1.0)
    late = tmp_path / "late.mp4"
    supervisor.apply(parse({"cameras": {"a": {"source": str(late)}}}))

    def reason() -> str:
        return str(supervisor.status()["cameras"]["a"]["reason"])

    tended(lambda: reason().startswith("a: no such file or directory"))
    write_tiny_film(tmp_path / "made.mp4", 3).rename(late)
    tended(lambda: supervisor.status()["cameras"]["a"].get("received") == 30)
    tended(lambda: supervisor.status()["cameras"]["a"]["state"] == "ended" and reason() == "")


def test_a_live_source_that_was_lost_is_watched_again_when_it_is_back(
    supervisor: Supervisor,
    film: Path,
    tmp_path: Path,
    tended: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retries, "FIRST_S", 1.0)
    plugged = tmp_path / "plugged.mp4"
    write_tiny_film(plugged, 2)
    source = {"kind": "file", "path": plugged, "realtime": True, "loop": True}
    supervisor.apply(parse({"cameras": {"a": {"source": source}}}))
    tended(all_received(supervisor, "a"))
    plugged.unlink()
    tended(lambda: supervisor.status()["cameras"]["a"]["state"] == "ended")
    tended(lambda: "tried again in" in supervisor.status()["cameras"]["a"]["reason"])
    plugged.symlink_to(film)
    tended(lambda: supervisor.status()["cameras"]["a"]["state"] == "watching")
    assert supervisor.status()["cameras"]["a"]["reason"] == ""


def test_a_model_that_is_added_later_is_used(
    supervisor: Supervisor,
    live: Settings,
    data: Callable[[str], Path],
    tended: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retries, "FIRST_S", 1.0)
    weights = data("models/detect/FastestDet_352.onnx")
    supervisor.apply(parse({"cameras": {"a": {"source": live, "detector": "fastestdet-352"}}}))
    tended(lambda: supervisor.status()["cameras"]["a"]["state"] == "refused")

    def no_network(address: str, path: Path) -> None:
        raise AssertionError(f"{address} is not to be fetched")

    added = add_model(Registry(open_home().models), str(weights), fetch=no_network)
    assert added.name == "fastestdet-352"
    tended(all_received(supervisor, "a"))
    assert supervisor.status()["cameras"]["a"]["reason"] == ""


def test_a_camera_for_which_no_process_could_be_started_is_tried_again(
    supervisor: Supervisor, live: Settings, tended: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_S", 0.5)
    start = fleet.start_process

    def refuse(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(fleet, "start_process", refuse)
    supervisor.apply(parse({"cameras": {"a": {"source": live}}}))
    supervisor.tend()
    found = supervisor.status()["cameras"]["a"]
    assert found["state"] == "refused"
    assert found["reason"].startswith("no process could be started: Resource temporarily ")
    monkeypatch.setattr(fleet, "start_process", start)
    tended(all_received(supervisor, "a"))
