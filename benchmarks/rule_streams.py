"""What the whole watch tells of a camera that sends its film over RTSP, and fails as cameras do.

The camera is a server on loopback, so a story lasts as long as it is told; many are watched at
once, each by itself.
"""

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import yaml

from benchmarks.rule_book import Book
from benchmarks.scenarios import Fault, Rendered, Told
from vigil.cli.watch import settings_for
from vigil.config.home import open_home
from vigil.pipeline.build import Builder
from vigil.pipeline.camera import Camera
from vigil.pipeline.shard import Shard
from vigil.testing.feeds import looped_file
from vigil.testing.rtsp_server import RtspServer

BEGINS_WITHIN_S = 60.0


def streamed(rendered: Rendered, path: Path, kind: str) -> list[Told]:
    """Play a story in real time; seconds count from its first packet on."""
    assert rendered.live_s is not None
    rule = {"kind": kind} | rendered.rule
    book, stop = Book(), threading.Event()
    with (
        RtspServer({"cam": looped_file(path)}) as server,
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(1) as pool,
    ):
        if any(fault.what == "clock set" for fault in rendered.faults):
            server.tell_time()
        app = settings_for(server.url("cam"), rules=[yaml.safe_dump(rule)], detector="motion")
        (one,) = app.cameras.values()
        # Of the camera's health only the rule in question tells.
        one = one.model_copy(update={"health": ()})
        running, looks = Builder(open_home(Path(folder)), evidence=False).camera(one)
        watching = pool.submit(Shard(cameras=[(running, looks)], outbox=book).run, stop)
        try:
            began_s = _first_packet_s(running)
            for fault in rendered.faults:
                _wait(began_s + fault.at_s)
                _befall(server, fault)
            _wait(began_s + rendered.live_s)
        finally:
            stop.set()
            watching.result()
    return [
        replace(
            one,
            start_s=one.start_s - began_s,
            end_s=one.end_s - began_s,
            told_s=one.told_s - began_s,
        )
        for one in book.told
    ]


def _first_packet_s(camera: Camera) -> float:
    """Now, as soon as the camera sends, UTC seconds."""
    given_up_s = time.time() + BEGINS_WITHIN_S
    while camera.state != "watching":
        if time.time() > given_up_s:
            raise RuntimeError(f"{camera.name}: no packet within {BEGINS_WITHIN_S:.0f} s")
        time.sleep(0.05)
    return time.time()


def _wait(until_s: float) -> None:
    time.sleep(max(0.0, until_s - time.time()))


def _befall(server: RtspServer, fault: Fault) -> None:
    match fault.what:
        case "unplugged":
            server.stop()
        case "plugged in":
            server.start()
        case "hangs":
            server.freeze()
        case "goes on":
            server.recover()
        case "clock set":
            server.tell_time(fault.off_s, drift=fault.drift)
