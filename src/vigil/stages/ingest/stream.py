"""A camera on the network as a source that never gives up."""

import random
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Literal
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr

from vigil.core import Clock, Packet, SourceError, SystemClock, part
from vigil.core.redaction import redacted
from vigil.media.demux import Demuxer
from vigil.media.limits import Limits
from vigil.media.opening import check_stream, open_stream
from vigil.stages.ingest.connection import Connection, Take

log = structlog.get_logger()

SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.5, 6.0
OPEN_S = 5.0
STEADY_S = 5.0
"""A connection that lived this long ends the growth of the waits."""
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
        self.may_rest = self.transport == "tcp"
        """What is not read at once waits in the socket; UDP would lose it."""
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
        self._connection: Connection | None = None

    @property
    def live(self) -> bool:
        return True

    def packets(self) -> Iterator[Packet]:
        """Yield packets until closed; outages show as silence, `connected` and `last_error`.

        Leaving it early closes the source. Raises `SourceRefused` for an address that is not
        allowed, and for nothing else.
        """
        check_stream(self._address, self.name)
        queue: SimpleQueue[Packet | None] = SimpleQueue()

        def take(packet: Packet) -> bool:
            queue.put(packet)
            while queue.qsize() > PACKETS_AHEAD and not self._closed.wait(0.02):
                pass
            return True

        def receive() -> None:
            self.deliver(take)
            queue.put(None)

        threading.Thread(target=receive, name=f"follow {self.name}", daemon=True).start()
        try:
            while (packet := queue.get()) is not None:
                yield packet
        finally:
            self.close()

    def deliver(self, take: Take) -> None:
        """As `packets`, but `take` is called where packets arrive: no thread waits in between.

        Returns when closed, or when `take` wants no more. Raises as `packets`.
        """
        check_stream(self._address, self.name)
        failures = 0
        while not self._closed.is_set():
            began_s = self.clock.monotonic_s()
            connection = self._connection = self._new_connection(take)
            try:
                self._follow(connection)
            except SourceError as error:
                self._note(str(error))
            finally:
                connection.stop()
                was_connected, self.connected = self.connected, False
            steady = was_connected and self.clock.monotonic_s() - began_s > STEADY_S
            failures = 0 if steady else failures + 1
            self._closed.wait(wait_s(failures, self.random))

    def close(self) -> None:
        """End `packets` and `deliver` at once, from any thread and for good."""
        self._closed.set()
        if self._connection is not None:
            self._connection.end()

    @property
    def _address(self) -> str:
        return self.url.get_secret_value() if isinstance(self.url, SecretStr) else self.url

    def _new_connection(self, take: Take) -> Connection:
        def arrived(packet: Packet) -> bool:
            if not self.connected:
                self._note_connected()
            self.last_packet_s = packet.received_s
            self._last_time_s = max(self._last_time_s, packet.time_s)
            if not take(packet):
                self._closed.set()
            return not self._closed.is_set()

        return Connection(
            self._open,
            arrived,
            name=self.name,
            clock=self.clock,
            not_before_s=self._floor_s(),
            may_rest=self.may_rest,
        )

    def _follow(self, connection: Connection) -> None:
        # Whoever closed before the connection was there could not end it.
        if not self._closed.is_set():
            connection.start()
            connection.follow(self.stall_s)

    def _open(self) -> Demuxer:
        return open_stream(
            self._address,
            name=self.name,
            transport=self.transport,
            open_s=OPEN_S,
            read_s=max(OPEN_S, self.stall_s),
            limits=self.limits,
        )

    def _floor_s(self) -> float:
        """Before which no packet of the next connection may lie."""
        set_back = self._last_time_s > self.clock.now_s() + CLOCK_SET_BACK_S
        return float("-inf") if set_back else self._last_time_s

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


def wait_s(failures: int, chance: random.Random) -> float:
    """How long to wait before attempt `failures` + 1: full jitter under a doubling ceiling.

    (M. Brooker, "Exponential Backoff and Jitter", 2015, with a floor.)
    """
    ceiling_s = min(LONGEST_WAIT_S, SHORTEST_WAIT_S * 2.0 ** min(failures + 1, 10))
    return chance.uniform(SHORTEST_WAIT_S, ceiling_s)
