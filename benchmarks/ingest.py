"""What does it cost to take in a live camera, and how much of that is ours?

Cameras of 360p at 12 pictures a second come over RTSP from a process of their own, each at its own
moment. Ways to take them in run in turn, several rounds, in one process; cost is processor seconds
of all its threads for each second and camera.
"""

import argparse
import logging
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import av
import cv2
import numpy as np
import structlog

from benchmarks.report import Report, cpu_s
from vigil.core import Packet
from vigil.media.encode import H264Options, VideoWriter
from vigil.pipeline.reader import Reader
from vigil.pipeline.shard import GATHER_S
from vigil.stages.ingest.stream import StreamSource
from vigil.testing.rtsp_server import Feed, RtspServer, looped_file

RATE = 12
SETTLE_S = 4.0


class Iterated:
    """A source that is iterated: its packets pass a queue and wake one more thread."""

    live = True

    def __init__(self, source: StreamSource) -> None:
        self.name = source.name
        self._source = source

    def packets(self) -> Iterator[Packet]:
        return self._source.packets()

    def close(self) -> None:
        self._source.close()


def film(path: Path) -> None:
    """Eight seconds of a camera with grain and a constant rate, a key every two."""
    random = np.random.default_rng(0)
    coarse = random.uniform(60, 180, (36, 64, 3)).astype(np.float32)
    ground = np.asarray(cv2.resize(coarse, (640, 360)))
    options = H264Options(bit_rate=400_000, key_every=2 * RATE)
    with VideoWriter(path, 640, 360, RATE, options=options) as writer:
        for _ in range(8 * RATE):
            noise = random.normal(0, 3, ground.shape)
            writer.write(np.clip(ground + noise, 0, 255).astype(np.uint8))


def serve(path: Path, cameras: int, pipe: Connection) -> None:
    """Cameras that do not send at the same moment; runs in a process of its own."""

    def late(feed: Feed, seconds: float) -> Feed:
        def begin() -> Iterator[Packet]:
            time.sleep(seconds)
            yield from feed()

        return begin

    feeds = {str(n): late(looped_file(path), n / cameras / RATE) for n in range(cameras)}
    with RtspServer(feeds) as server:
        pipe.send([server.url(name) for name in feeds])
        pipe.recv()


@contextmanager
def cameras_of(path: Path, count: int) -> Iterator[list[str]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(path, count, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join(10)


@contextmanager
def bare(urls: list[str]) -> Iterator[None]:
    """PyAV's demuxer in a thread a camera; nothing is kept."""
    stop = threading.Event()

    def run(url: str) -> None:
        options = {"rtsp_transport": "tcp", "fpsprobesize": "0"}
        with av.open(url, options=options, timeout=(5, 5)) as container:
            for _ in container.demux(video=0):
                if stop.is_set():
                    return

    threads = [threading.Thread(target=run, args=[url]) for url in urls]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


@contextmanager
def read(
    urls: list[str], *, queue: bool = False, gather_s: float = 0.0, rests: bool = False
) -> Iterator[None]:
    """Sources into readers, and a loop that takes from all of them whenever a packet has come."""
    sources = [StreamSource(url=url, name=f"c{n}") for n, url in enumerate(urls)]
    for source in sources:
        source.may_rest = rests
    readers = [
        Reader(Iterated(source) if queue else source, name=source.name, live=True)
        for source in sources
    ]
    stop, awaken = threading.Event(), threading.Event()

    def loop() -> None:
        while not stop.is_set():
            awaken.wait(0.25)
            if gather_s:
                stop.wait(gather_s)
            awaken.clear()
            for reader in readers:
                while reader.take() is not None:
                    pass

    thread = threading.Thread(target=loop)
    thread.start()
    for reader in readers:
        reader.start(awaken.set)
    yield
    for reader in readers:
        reader.stop()
    stop.set()
    thread.join()


WAYS: dict[str, Callable[[list[str]], AbstractContextManager[None]]] = {
    "PyAV alone": bare,
    "a queue between threads, a round a packet": lambda urls: read(urls, queue=True),
    "handed over, a round a packet": read,
    "handed over, shared rounds": lambda urls: read(urls, gather_s=GATHER_S),
    "the same, and packets gather": lambda urls: read(urls, gather_s=GATHER_S, rests=True),
}
BEFORE, OURS = "a queue between threads, a round a packet", "the same, and packets gather"


def cost(way: str, urls: list[str], seconds: float) -> float:
    """Milliseconds of processor for a second of one camera."""
    with WAYS[way](urls):
        time.sleep(SETTLE_S)
        before_s = cpu_s()
        time.sleep(seconds)
        used_s = cpu_s() - before_s
    time.sleep(0.5)
    return 1000 * used_s / seconds / len(urls)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks ingest")
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    report = Report("ingest")
    costs: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "camera.mp4"
        film(path)
        with cameras_of(path, chosen.cameras) as urls:
            for _ in range(chosen.rounds):
                for way, measured in costs.items():
                    measured.append(cost(way, urls, chosen.seconds))
                    report.say(f"{way}: {measured[-1]:.2f} ms/s")
    rows = [
        (way, *(f"{figure:.2f}" for figure in (median(each), min(each), max(each))))
        for way, each in costs.items()
    ]
    title = f"ms of processor a second and camera, {chosen.cameras} cameras 640x360 at {RATE}/s"
    report.table(title, ("way", "median", "least", "most"), rows)
    middle = {way: median(each) for way, each in costs.items()}
    ours = middle[OURS]
    report.claim("RTSP ingest of a substream", ours / 1000, 0.0026, "core", better="lower")
    report.claim("ingest over PyAV alone", ours / middle["PyAV alone"], 2.0, "×", better="lower")
    report.claim("ingest before over ingest now", middle[BEFORE] / ours, 1.5, "×")
    return report.write()
