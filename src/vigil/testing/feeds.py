"""Packets of a camera in real time, for whoever listens, as long as nothing is made to fail."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from vigil.core import Packet
from vigil.media.opening import open_file
from vigil.testing.rtp import session_description

Feed = Callable[[], Iterable[Packet]]
"""Begins a stream of H.264 or HEVC packets; they are sent at the pace of their `time_s`."""


def looped(packets: Iterable[Packet]) -> Feed:
    """The same packets again and again, time going on."""
    held = [packet for packet in packets if packet.encoding.kind == "video"]
    spacing_s = (held[-1].time_s - held[0].time_s) / max(1, len(held) - 1) or 0.04
    length_s = held[-1].time_s - held[0].time_s + spacing_s

    def feed() -> Iterator[Packet]:
        shift_s = 0.0
        while True:
            for packet in held:
                yield replace(packet, time_s=packet.time_s + shift_s)
            shift_s += length_s

    return feed


def looped_file(path: Path | str) -> Feed:
    """The pictures of an H.264 or HEVC file again and again."""
    with open_file(path) as demuxer:
        return looped(list(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0)))


class Faults:
    """How the server misbehaves now; set from any thread."""

    def __init__(self) -> None:
        self.running = threading.Event()
        self.running.set()
        self.bytes_per_s: int | None = None
        self.clock_off_s: float | None = None
        self.clock_drift = 0.0
        self.clock_set_s = 0.0

    def camera_s(self) -> float | None:
        """What the camera's clock says now, UTC seconds; None: it tells nobody."""
        if self.clock_off_s is None:
            return None
        now_s = time.time()
        return now_s + self.clock_off_s + self.clock_drift * (now_s - self.clock_set_s)

    async def thawed(self) -> None:
        while not self.running.is_set():
            await asyncio.sleep(0.05)


class Listener(Protocol):
    """A client that is playing."""

    def send(self, packet: Packet) -> None:
        """Take one picture, at once."""

    def report(self, packet: Packet, camera_s: float) -> None:
        """Take word of when the picture that comes next was taken by the camera's clock."""


class Channel:
    """One path: plays its feed in real time to whoever listens."""

    def __init__(self, feed: Feed, faults: Faults) -> None:
        self._feed = feed
        self._faults = faults
        self._group: list[Packet] = []
        self._listeners: set[Listener] = set()
        self.known = asyncio.Event()

    def description(self) -> str:
        """SDP, from the first key on."""
        return session_description(self._group[0])

    def add(self, listener: Listener) -> None:
        for packet in self._group:
            listener.send(packet)
        self._listeners.add(listener)

    def remove(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    async def play(self) -> None:
        async for packet in self._paced():
            if packet.key:
                self._group.clear()
            if packet.key or self._group:
                self._group.append(packet)
                self.known.set()
            if self._faults.running.is_set():
                camera_s = self._faults.camera_s() if packet.key else None
                for listener in list(self._listeners):
                    if camera_s is not None:
                        listener.report(packet, camera_s)
                    listener.send(packet)

    async def _paced(self) -> AsyncIterator[Packet]:
        packets = iter(self._feed())
        began_s: float | None = None
        # A feed may render its pictures, so it is asked in a thread.
        while (packet := await asyncio.to_thread(next, packets, None)) is not None:
            if began_s is None:
                began_s = time.monotonic() - packet.time_s
            await asyncio.sleep(max(0.0, began_s + packet.time_s - time.monotonic()))
            yield packet
