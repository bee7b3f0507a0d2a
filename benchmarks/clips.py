"""How long does the loop of a shard wait while a clip is written?

One event of a camera at 4 Mbit/s, its clip written by the loop itself and by the thread beside it,
in turn in one process; on the disk as it is, and with a third of a second more for every sync, as
cheap flash takes under load.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.report import Report
from vigil.config import Home, open_home
from vigil.core import Clip, Event, Packet, Step, StepKind, uuid7
from vigil.media.encode import Encoder, H264Options
from vigil.media.ring import PacketRing
from vigil.pipeline.clip_desk import ClipDesk, Order
from vigil.pipeline.clip_thread import ClipThread
from vigil.pipeline.evidence import Evidence

RATE = 25
BIT_RATE = 4_000_000
SLOW_SYNC_S = 0.3
NOON_S = 1_700_049_600.0
PARTS = ("begin", "grow", "finish")
PAUSE_S = 0.002
"""Between two packets, in place of the fortieth of a second of a camera."""


class Nowhere:
    """An outbox that forgets."""

    def put(self, step: Step, clip: Clip | None) -> None:
        pass


class InTheLoop:
    """Clips written by whoever orders them."""

    def __init__(self, outbox: Nowhere) -> None:
        self._desk = ClipDesk(outbox)

    def put(self, orders: Iterable[Order]) -> None:
        for order in orders:
            self._desk.carry_out(order)

    def close(self) -> None:
        pass


@contextmanager
def sync_takes(more_s: float) -> Iterator[None]:
    fsync = os.fsync

    def slow(handle: int) -> None:
        time.sleep(more_s)
        fsync(handle)

    os.fsync = slow
    try:
        yield
    finally:
        os.fsync = fsync


def group() -> list[Packet]:
    """Four seconds of grain."""
    options = H264Options(key_every=2 * RATE, repeat_headers=True, live=True, bit_rate=BIT_RATE)
    encoder = Encoder(source="gate", width=640, height=360, rate=RATE, options=options)
    random = np.random.default_rng(0)
    packets: list[Packet] = []
    for index in range(4 * RATE):
        noise = random.integers(0, 255, (360, 640, 3), np.uint8)
        packets += encoder.encode(noise, NOON_S + index / RATE)
    return packets


def stream(packets: list[Packet]) -> Iterator[Packet]:
    shift_s = 0.0
    while True:
        for packet in packets:
            yield replace(packet, time_s=packet.time_s + shift_s, pts=None, dts=None)
        shift_s += 4.0


def waits_ms(
    clips: InTheLoop | ClipThread, packets: list[Packet], home: Home, event_s: float
) -> dict[str, float]:
    """The longest wait of the loop while a clip begins, grows and is finished."""
    ring = PacketRing(11, 48 << 20)
    evidence = Evidence(ring, home)
    arriving = stream(packets)
    waits: dict[str, float] = {}

    def feed(seconds: float, what: str) -> float:
        time_s = 0.0
        for _ in range(round(seconds * RATE)):
            packet = next(arriving)
            time_s = packet.time_s
            # The pause counts too: who comes back from it must wait for the interpreter's lock.
            began_s = time.perf_counter() + PAUSE_S
            time.sleep(PAUSE_S)
            ring.append(packet)
            evidence.append(packet)
            clips.put(evidence.orders())
            waits[what] = max(waits.get(what, 0.0), 1000 * (time.perf_counter() - began_s))
        return time_s

    def tell(kind: StepKind, event: Event, what: str) -> None:
        began_s = time.perf_counter()
        evidence.tell(Step(kind=kind, event=event, time_s=event.end_s))
        clips.put(evidence.orders())
        waits[what] = max(waits.get(what, 0.0), 1000 * (time.perf_counter() - began_s))

    now_s = feed(12, "before")
    event = Event(
        id=uuid7(now_s), source="gate", rule="r", claim="c", start_s=now_s - 1, end_s=now_s
    )
    tell(StepKind.NEW, event, "begin")
    feed(1, "begin")
    now_s = feed(event_s, "grow")
    tell(StepKind.END, replace(event, end_s=now_s), "finish")
    feed(8, "finish")
    clips.close()
    return waits


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks clips")
    parser.add_argument("--event", type=float, default=60.0, help="seconds")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    report = Report("clips")
    packets = group()
    ways = {"in the loop": InTheLoop, "in a thread": ClipThread}
    disks = {"this disk": 0.0, "slow syncs": SLOW_SYNC_S}
    cells = [(disk, way) for disk in disks for way in ways]
    found: dict[tuple[str, str], list[dict[str, float]]] = {cell: [] for cell in cells}
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home = open_home(Path(folder))
        for _ in range(chosen.rounds):
            for disk, way in cells:
                with sync_takes(disks[disk]):
                    waits = waits_ms(ways[way](Nowhere()), packets, home, chosen.event)
                found[disk, way].append(waits)
                report.say(f"{disk}, {way}: {max(waits.values()):.0f} ms at most")
    rows = [
        (f"{disk}, {way}", *(f"{median(each[what] for each in measured):.0f}" for what in PARTS))
        for (disk, way), measured in found.items()
    ]
    report.table("longest wait of the loop, ms, median of rounds", ("way", *PARTS), rows)
    longest = {
        cell: median(max(waits[what] for what in PARTS) for waits in each)
        for cell, each in found.items()
    }
    for disk in disks:
        what = f"longest wait of the loop for a clip, {disk}"
        report.claim(what, longest[disk, "in a thread"], 50, "ms", better="lower")
    return report.write()
