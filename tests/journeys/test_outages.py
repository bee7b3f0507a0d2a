"""A camera that goes away, or shows the same picture, while everything runs."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vigil.core import Packet
from vigil.testing.films import tiny_stream
from vigil.testing.rtsp_server import Feed, RtspServer, looped

from .running import Running, wait_for, write_config

HEALTH: list[dict[str, Any]] = [
    {"kind": "camera_offline", "longer_than_s": 2},
    {"kind": "camera_frozen", "longer_than_s": 3},
]


def freezing(packets: list[Packet], *, live_s: float) -> Feed:
    """Plays for `live_s`, and then the last key over and over: a picture that stands still."""

    def feed() -> Iterator[Packet]:
        yield from (packet for packet in packets if packet.time_s < live_s)
        key = next(packet for packet in packets if packet.key and packet.time_s >= live_s)
        time_s = live_s
        while True:
            yield replace(key, time_s=time_s)
            time_s += 0.1

    return feed


def begin(tmp_path: Path, cameras: dict[str, Any]) -> Running:
    config = tmp_path / "vigil.yaml"
    write_config(config, cameras, health=HEALTH)
    return Running(config, tmp_path / "log.txt")


@pytest.mark.slow
def test_an_outage_costs_the_gap_and_is_an_event(tmp_path: Path) -> None:
    server = RtspServer({"cam": looped(tiny_stream(4))})
    server.start()
    running = begin(tmp_path, {"gate": {"source": server.url("cam")}})
    try:
        wait_for(lambda: running.camera("gate").get("received", 0) > 20)
        pid = running.pid_of("gate")
        server.stop()
        wait_for(lambda: running.events("camera_offline"))
        received = running.camera("gate")["received"]
        assert running.camera("gate")["tracks"] == 0
        server.start()
        wait_for(lambda: running.camera("gate")["received"] > received + 30)
        wait_for(lambda: running.events("camera_offline")[0].step.kind == "end")
        (event,) = running.events("camera_offline")
        lasted_s = event.event.end_s - event.event.start_s
        assert 2.0 <= lasted_s <= 15.0
        assert running.pid_of("gate") == pid
        assert running.camera("gate")["reconnects"] == 1
        assert running.camera("gate")["state"] == "watching"
        running.end(signal.SIGTERM)
    finally:
        running.process.kill()
        server.stop()
    assert not running.events("camera_frozen")


@pytest.mark.slow
def test_a_picture_that_stands_still_is_an_event(tmp_path: Path) -> None:
    feed = freezing(tiny_stream(5), live_s=4.0)
    with RtspServer({"cam": feed}) as server:
        running = begin(tmp_path, {"gate": {"source": server.url("cam")}})
        try:
            wait_for(lambda: running.events("camera_frozen"))
            assert running.camera("gate")["state"] == "watching"
            running.end(signal.SIGTERM)
        finally:
            running.process.kill()
    assert running.events("camera_frozen")[0].step.kind == "end"
    assert not running.events("camera_offline")
