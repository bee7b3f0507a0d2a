"""How soon do pictures come back after a camera returns?

Real RTSP servers, each a process, are killed and started again, stopped and continued, or made to
trickle, for 1 s to 3 min, while one source each keeps trying. Recovery counts from the moment
the server is back until the watch holds its next packet.
"""

import argparse
import logging
import math
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import structlog

from benchmarks.report import Report
from vigil.media.encode import H264Options, VideoWriter
from vigil.stages.ingest.stream import StreamSource
from vigil.testing.rtsp_server import RtspServer, looped_file

RATE = 10
KINDS = ("kill", "stop", "trickle")
TRICKLE_BYTES_PER_S = 20
GIVE_UP_S = 60.0
SETTLE_S = 3.0


@dataclass(frozen=True)
class Outage:
    kind: str
    lasted_s: float
    recovered_s: float
    """Infinite when no packet came within a minute."""


class Camera:
    """A server that can fail in three ways."""

    def __init__(self, film: Path) -> None:
        self._film = film
        self._process: subprocess.Popen[str] | None = None
        self._tame: RtspServer | None = None

    def start(self, kind: str, port: int = 0) -> str:
        """Serve; trickling needs the server in this process."""
        if kind == "trickle":
            self._tame = RtspServer({"cam": looped_file(self._film)}, port=port)
            self._tame.start()
            return self._tame.url("cam")
        command = [sys.executable, "-m", "vigil.testing.rtsp_server", str(self._film)]
        self._process = subprocess.Popen(
            [*command, "--port", str(port)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def fail(self, kind: str) -> None:
        if self._tame is not None:
            self._tame.trickle(TRICKLE_BYTES_PER_S)
        elif self._process is not None:
            self._process.send_signal(signal.SIGKILL if kind == "kill" else signal.SIGSTOP)
            if kind == "kill":
                self._process.wait()

    def come_back(self, kind: str, port: int) -> None:
        if self._tame is not None:
            self._tame.recover()
        elif kind == "kill":
            self.start(kind, port)
        elif self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        if self._tame is not None:
            self._tame.stop()
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@dataclass
class Lane:
    """One camera, its source, and the outages that it goes through in turn."""

    kind: str
    lengths_s: list[float]
    film: Path
    outages: list[Outage] = field(default_factory=list)
    _last_s: float = 0.0

    def run(self) -> None:
        camera = Camera(self.film)
        url = camera.start(self.kind)
        port = int(url.split(":")[2].split("/")[0])
        source = StreamSource(url=url, name=self.kind)
        reader = threading.Thread(target=self._read, args=[source], daemon=True)
        reader.start()
        try:
            self._wait_for_packet_after(0.0)
            for length_s in self.lengths_s:
                time.sleep(SETTLE_S)
                camera.fail(self.kind)
                time.sleep(length_s)
                camera.come_back(self.kind, port)
                back_s = time.monotonic()
                self.outages.append(
                    Outage(self.kind, length_s, self._wait_for_packet_after(back_s))
                )
        finally:
            source.close()
            reader.join(5)
            camera.end()

    def _read(self, source: StreamSource) -> None:
        for _packet in source.packets():
            self._last_s = time.monotonic()

    def _wait_for_packet_after(self, moment_s: float) -> float:
        began_s = time.monotonic()
        while self._last_s <= moment_s:
            if time.monotonic() - began_s > GIVE_UP_S:
                return math.inf
            time.sleep(0.02)
        return self._last_s - moment_s


def film(path: Path) -> None:
    """Four seconds of a small camera with a key every two."""
    with VideoWriter(path, 320, 180, RATE, options=H264Options(key_every=20)) as writer:
        for index in range(40):
            noise = np.random.default_rng(index).integers(0, 40, (180, 320, 3), np.uint8)
            noise[60:120, index * 4 : index * 4 + 60] = 220
            writer.write(noise)


def planned(count: int, longest_s: float, lanes: int) -> list[tuple[str, list[float]]]:
    """Lengths from 1 s to the longest, evenly in their logarithm, dealt out to the lanes."""
    step = math.log(longest_s) / max(1, count - 1)
    lengths = [math.exp(step * index) for index in range(count)]
    random.Random(7).shuffle(lengths)
    return [(KINDS[lane % len(KINDS)], lengths[lane::lanes]) for lane in range(lanes)]


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks reconnect")
    parser.add_argument("--outages", type=int, default=50)
    parser.add_argument("--longest", type=float, default=180.0, help="seconds")
    parser.add_argument("--lanes", type=int, default=9, help="cameras at once")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    report = Report("reconnect")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "camera.mp4"
        film(path)
        lanes = [
            Lane(kind, lengths, path)
            for kind, lengths in planned(chosen.outages, chosen.longest, chosen.lanes)
        ]
        threads = [threading.Thread(target=lane.run) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
            report.say(f"{sum(len(lane.outages) for lane in lanes)} outages survived or given up")

    outages = [outage for lane in lanes for outage in lane.outages]
    rows = []
    for kind in KINDS:
        of_kind = [outage for outage in outages if outage.kind == kind]
        times = [outage.recovered_s for outage in of_kind]
        if times:
            longest_s = max(outage.lasted_s for outage in of_kind)
            figures = (statistics.median(times), percentile(times, 0.99), max(times))
            rows.append((kind, len(times), f"{longest_s:.0f}", *(f"{t:.2f}" for t in figures)))
    report.table("recovery by kind", ("kind", "outages", "longest s", "p50", "p99", "max"), rows)
    report.details["outages"] = [
        {"kind": o.kind, "lasted_s": round(o.lasted_s, 1), "recovered_s": round(o.recovered_s, 2)}
        for o in outages
    ]
    times = [outage.recovered_s for outage in outages]
    report.claim("outages after which pictures came back", sum(map(math.isfinite, times)), 50)
    report.claim("recovery p50", percentile(times, 0.5), 5.0, "s", better="lower")
    report.claim("recovery p99", percentile(times, 0.99), 10.0, "s", better="lower")
    return report.write()
