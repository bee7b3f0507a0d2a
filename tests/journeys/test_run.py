"""`vigil run` from the first camera to the last word, on real streams from loopback."""

import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from vigil.media.opening import open_file
from vigil.testing.films import tiny_stream
from vigil.testing.rtsp_server import RtspServer, looped

from .running import COMMAND, Running, wait_for, write_config

PASSWORD = "geheim"


@pytest.fixture(scope="module")
def server() -> Iterator[RtspServer]:
    """Two cameras; something walks across every eight seconds."""
    feed = looped(tiny_stream(8, [(2, 5)]))
    with RtspServer({"one": feed, "two": feed}, user="me", password=PASSWORD) as running:
        yield running


def children(running: Running) -> list[psutil.Process]:
    return psutil.Process(running.process.pid).children(recursive=True)


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scraped(port: int) -> dict[tuple[str, ...], float]:
    """Values by the name and the labels of a sample."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.slow
def test_a_day_of_a_watch(begin: Callable[..., Running], server: RtspServer) -> None:
    one = {"source": server.url("one")}
    port = free_port()
    running = begin({"gate": one, "side": one}, retain={"days": 1}, metrics={"port": port})
    wait_for(lambda: running.camera("gate").get("received"))
    wait_for(lambda: running.camera("side").get("received"))
    gate = running.pid_of("gate")
    loaded = {Path(each.path).name for each in psutil.Process(gate).memory_maps()}
    assert not [name for name in loaded if "sqlite" in name], "a shard never opens the database"

    # Added beside the file: nobody else notices.
    folder = running.config.parent / "vigil.d" / "cameras"
    folder.mkdir(parents=True)
    (folder / "后门.yaml").write_text(f"source: {server.url('two')}\n")
    wait_for(lambda: running.camera("后门").get("received"))
    assert running.pid_of("gate") == gate

    # A wrong file: told once, and everything goes on.
    write_config(running.config, {"gate": {"source": server.url("one"), "ruls": []}})
    wait_for(lambda: "ruls" in running.log)
    received = running.camera("gate")["received"]
    wait_for(lambda: running.camera("gate")["received"] > received + 20)
    assert running.log.count("changed file not taken up") == 1
    assert set(running.status()["cameras"]) == {"gate", "side", "后门"}

    # A right one: the camera that left is gone, the one that stayed never noticed.
    received = running.camera("gate")["received"]
    write_config(running.config, {"gate": one}, retain={"days": 1}, metrics={"port": port})
    wait_for(lambda: set(running.status().get("cameras", ())) == {"gate", "后门"})
    assert running.pid_of("gate") == gate
    assert running.camera("gate")["received"] >= received

    # Prometheus reads the same figures.
    samples = scraped(port)
    assert samples["vigil_camera_received_total", "gate"] >= received
    assert samples["vigil_camera_up", "后门", "watching"] == 1

    # Events have their clips, and the open ones their end, when it is told to stop.
    wait_for(lambda: running.events("presence"))
    processes = children(running)
    seconds = running.end(signal.SIGINT)
    print(f"ended after {seconds:.2f} s")
    wait_for(lambda: not [process for process in processes if lives(process)])
    assert running.status() == {}
    assert PASSWORD not in running.log
    for found in running.events("presence"):
        assert found.step.kind.value == "end"
        assert found.clip is not None
        with open_file(running.clip(found.clip.uri)) as demuxer:
            assert demuxer.video.width == 192
    assert not running.events("camera_frozen")


def test_a_second_watch_on_the_same_home_is_one_line(
    begin: Callable[..., Running], server: RtspServer
) -> None:
    running = begin({"gate": {"source": server.url("one")}})
    wait_for(lambda: running.camera("gate"))
    command = [*COMMAND, "run", str(running.config)]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 2
    (line,) = second.stderr.splitlines()
    assert line.startswith(f"vigil: home: {running.home.path} is in use by process ")
    assert f" {running.process.pid}; " in line
    assert running.camera("gate"), "the first one noticed nothing"
    running.end(signal.SIGTERM)


@pytest.mark.slow
def test_shards_leave_when_their_supervisor_is_killed(
    begin: Callable[..., Running], server: RtspServer
) -> None:
    running = begin({"gate": {"source": server.url("one")}})
    wait_for(lambda: running.camera("gate").get("received"))
    processes = children(running)
    assert processes
    running.process.kill()
    running.process.wait()
    wait_for(lambda: not any(lives(process) for process in processes), within_s=15)
    asked = subprocess.run([*COMMAND, "status"], capture_output=True, text=True, check=False)
    assert asked.returncode == 2
    assert asked.stderr.startswith("vigil: not running: it died ")

    # What it leaves behind is in nobody's way.
    again = begin({"gate": {"source": server.url("one")}})
    wait_for(lambda: again.camera("gate").get("received"))
    again.end(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_while_cameras_are_still_being_opened(
    begin: Callable[..., Running], number: int
) -> None:
    with socket.socket() as deaf:
        # Takes connections and never says a word.
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        port = deaf.getsockname()[1]
        running = begin({"gate": {"source": f"rtsp://127.0.0.1:{port}/a"}})
        wait_for(lambda: "watching" in running.log)
        if number == signal.SIGTERM:
            wait_for(lambda: running.camera("gate").get("state") == "connecting")
        seconds = running.end(number)
    print(f"ended after {seconds:.2f} s")


def test_a_port_that_is_taken_is_one_line(begin: Callable[..., Running]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running = begin({}, metrics={"port": taken.getsockname()[1]})
        assert running.process.wait(20) == 2
    (line,) = [line for line in running.log.splitlines() if "steps" not in line]
    assert line.startswith("vigil: metrics: cannot listen on 127.0.0.1:")
    assert os.listdir(running.home.run) == ["lock"]
