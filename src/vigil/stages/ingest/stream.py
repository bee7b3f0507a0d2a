"""A camera on the network as a source that never gives up."""

import random
import threading
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Literal
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr

from vigil.core import Clock, Encoding, Packet, SourceError, SourceLost, SystemClock, part
from vigil.core.redaction import redacted
from vigil.media.limits import Limits
from vigil.media.opening import check_stream, open_stream
from vigil.stages.ingest.timeline import LiveTimeline

log = structlog.get_logger()

SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.5, 6.0
OPEN_S = 5.0
FIRST_PACKET_S = 8.0
"""From the attempt to the first packet: opening, and waiting for a key."""
STEADY_S = 5.0
"""A connection that lived this long ends the growth of the waits."""
POLL_S = 0.2
PACKETS_AHEAD = 500
"""Packets that may wait for a slow reader before TCP is left to hold the rest back."""
CLOCK_SET_BACK_S = 60.0
"""If our clock is this far behind the last packet, it was set back: believe it."""


@part
class StreamSource:
    """RTSP over TCP (UDP on request), or HTTP(S); reconnects for ever, with jittered waits.

    A frozen server raises nothing in FFmpeg now and then, so the age of the last packet decides
    whether the camera is lost. Only the gap is lost; each connection brings a new encoding.
    """

    url: SecretStr | str
    """rtsp, rtsps, http or https; user and password inside are never shown."""
    name: str = ""
    """What its packets are called; empty: the host's name."""
    transport: Literal["tcp", "udp"] = "tcp"
    stall_s: float = 4.0
    """Silence after which the connection is given up and made anew."""

    def __post_init__(self) -> None:
        self.url = self.url if isinstance(self.url, SecretStr) else SecretStr(self.url)
        self.name = self.name or urlsplit(self._address).hostname or "stream"
        self.limits = Limits()
        self.clock: Clock = SystemClock()
        self.random = random.Random()  # noqa: S311 - spreads load, guards nothing
        self.connected = False
        """Packets are flowing."""
        self.reconnects = 0
        """Connections made after the first."""
        self.last_packet_s: float | None = None
        """UTC seconds at which the last packet arrived; None before the first."""
        self.last_error: str | None = None
        """One line without passwords; None while connected."""
        self._last_time_s = float("-inf")
        self._closed = threading.Event()

    @property
    def live(self) -> bool:
        return True

    def packets(self) -> Iterator[Packet]:
        """Yield packets until closed; outages show as silence, `connected` and `last_error`.

        Raises `SourceRefused` for an address that is not allowed, and for nothing else.
        """
        check_stream(self._address, self.name)
        failures = 0
        while not self._closed.is_set():
            began_s = self.clock.monotonic_s()
            receiver = _Receiver(self)
            try:
                yield from self._from(receiver)
            except SourceError as error:
                self._note(str(error))
            finally:
                receiver.stop()
                was_connected, self.connected = self.connected, False
            steady = was_connected and self.clock.monotonic_s() - began_s > STEADY_S
            failures = 0 if steady else failures + 1
            self._closed.wait(wait_s(failures, self.random))

    def close(self) -> None:
        """End `packets` within a quarter of a second, from any thread and for good."""
        self._closed.set()

    @property
    def _address(self) -> str:
        return self.url.get_secret_value() if isinstance(self.url, SecretStr) else self.url

    def _from(self, receiver: "_Receiver") -> Iterator[Packet]:
        """What one connection brings. Raises `SourceError` when it is over."""
        receiver.start()
        while not self._closed.is_set():
            try:
                item = receiver.queue.get(timeout=POLL_S)
            except Empty:
                receiver.check_silence(self.stall_s)
                continue
            if isinstance(item, SourceError):
                raise item
            if not self.connected:
                self._note_connected()
            self.last_packet_s = item.received_s
            self._last_time_s = max(self._last_time_s, item.time_s)
            yield item

    def _note_connected(self) -> None:
        self.connected, self.last_error = True, None
        if self.last_packet_s is not None:
            self.reconnects += 1
        log.info("source connected", source=self.name, reconnects=self.reconnects)

    def _note(self, error: str) -> None:
        """Say the same error once only."""
        error = redacted(error)
        if error != self.last_error:
            log.warning("source lost; trying again for ever", source=self.name, error=error)
        self.last_error = error


class _Receiver:
    """One connection, read in a thread of its own: FFmpeg may block there as long as it likes."""

    def __init__(self, source: StreamSource) -> None:
        self.queue: SimpleQueue[Packet | SourceError] = SimpleQueue()
        self._source = source
        self._stopped = threading.Event()
        self._alive_s = time.monotonic()
        self._heard = False
        self._wall_s = source.clock.now_s() - source.clock.monotonic_s()
        self._thread = threading.Thread(
            target=self._receive, name=f"receive {source.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end by itself: at the next packet, or when FFmpeg's patience does."""
        self._stopped.set()

    def check_silence(self, stall_s: float) -> None:
        """Raise `SourceLost` when nothing has arrived for too long."""
        limit_s = stall_s if self._heard else max(stall_s, FIRST_PACKET_S)
        if time.monotonic() - self._alive_s > limit_s:
            raise SourceLost(
                f"{self._source.name}: no packet for {limit_s:.0f} s; is the camera on?"
            )

    def _receive(self) -> None:
        source = self._source
        try:
            with open_stream(
                source._address,
                name=source.name,
                transport=source.transport,
                open_s=OPEN_S,
                read_s=max(OPEN_S, source.stall_s),
                limits=source.limits,
            ) as demuxer:
                timelines = _Timelines(self._floor_s())
                for packet in demuxer.packets(timelines.stamp, self._now_s):
                    self._hand_over(packet)
                    if self._stopped.is_set():
                        return
            self.queue.put(SourceLost(f"{source.name}: the server ended the stream"))
        except SourceError as error:
            self.queue.put(error)

    def _hand_over(self, packet: Packet) -> None:
        self.queue.put(packet)
        while self.queue.qsize() > PACKETS_AHEAD and not self._stopped.wait(0.02):
            pass
        self._heard = True
        self._alive_s = time.monotonic()

    def _now_s(self) -> float:
        """UTC seconds that cannot jump during one connection."""
        return self._wall_s + self._source.clock.monotonic_s()

    def _floor_s(self) -> float:
        last_s = self._source._last_time_s
        return float("-inf") if last_s > self._now_s() + CLOCK_SET_BACK_S else last_s


class _Timelines:
    """Pictures and sound have clocks of their own."""

    def __init__(self, not_before_s: float) -> None:
        self._not_before_s = not_before_s
        self._by_encoding: dict[Encoding, LiveTimeline] = {}

    def stamp(self, encoding: Encoding, pts_s: float | None, received_s: float) -> float:
        timeline = self._by_encoding.get(encoding)
        if timeline is None:
            timeline = LiveTimeline(encoding.frame_rate, self._not_before_s)
            self._by_encoding[encoding] = timeline
        return timeline.stamp(pts_s, received_s)


def wait_s(failures: int, chance: random.Random) -> float:
    """How long to wait before attempt `failures` + 1: full jitter under a doubling ceiling.

    (M. Brooker, "Exponential Backoff and Jitter", 2015, with a floor.)
    """
    ceiling_s = min(LONGEST_WAIT_S, SHORTEST_WAIT_S * 2.0 ** min(failures + 1, 10))
    return chance.uniform(SHORTEST_WAIT_S, ceiling_s)
