"""A thread that reads a source, the queue in which packets wait, and the account of them."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple, Protocol, runtime_checkable

import structlog

from vigil.core import Clock, Packet, Source, SourceError, SystemClock

log = structlog.get_logger(__name__)
OFFLINE_S = 5.0
"""Silence after which a camera is called offline."""
FILE_AHEAD = 64
"""Packets of a file that may wait."""


@dataclass(slots=True, kw_only=True)
class Account:
    """Where the video packets went: `received == processed + dropped + waiting`, always."""

    received: int = 0
    processed: int = 0
    dropped: int = 0
    waiting: int = 0


@runtime_checkable
class PushSource(Protocol):
    """A source that hands packets over in the thread in which they arrive."""

    def deliver(self, take: Callable[[Packet], bool]) -> None:
        """Call `take` with each packet until closed, or until it returns False."""
        ...


class Taken(NamedTuple):
    """A packet that left the queue."""

    packet: Packet
    dropped: bool
    """It is too old to be looked at, and a newer key waits."""


class Reader:
    """Reads a source without ever making it wait (live), or at our pace (files).

    When the oldest packet of a live source is more than `backlog_s` behind the newest, and a key
    waits in between, it comes out as dropped. Beyond `queue_bytes` nothing more is taken in until
    there is room and a key comes.
    """

    def __init__(
        self,
        source: Source,
        *,
        name: str,
        live: bool,
        backlog_s: float = inf,
        queue_bytes: int = 32 << 20,
        clock: Clock | None = None,
    ) -> None:
        self.failure: SourceError | None = None
        """What ended the source."""
        self._source = source
        self._name = name
        self._live = live
        self._backlog_s = backlog_s
        self._queue_bytes = queue_bytes
        self._clock = clock or SystemClock()
        self._account = Account()
        self._queue: deque[Packet] = deque()
        self._queued_bytes = 0
        self._queued_keys = 0
        self._refusing = False
        self._lock = threading.Condition()
        self._ended = False
        self._stopping = False
        self._last_packet_s = self._clock.monotonic_s()
        self._awaken: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._read, name=f"read-{name}", daemon=True)

    def start(self, awaken: Callable[[], None] = lambda: None) -> None:
        """Begin to read; `awaken` is called whenever a packet has come, in the reader's thread."""
        self._awaken = awaken
        self._last_packet_s = self._clock.monotonic_s()
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; returns at once, the thread ends by itself."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
        self._source.close()

    @property
    def ended(self) -> bool:
        """Whether the source has ended and all of it was taken."""
        return self._ended and not self._queue

    @property
    def silent_s(self) -> float:
        """Seconds since the last picture came."""
        return self._clock.monotonic_s() - self._last_packet_s

    @property
    def state(self) -> str:
        """`connecting`, `watching`, `offline` or, once all of it was taken, `ended`."""
        if self.ended:
            return "ended"
        if not self._account.received:
            return "connecting"
        return "offline" if self.silent_s > OFFLINE_S else "watching"

    @property
    def reconnects(self) -> int:
        """How often the source had to connect anew."""
        return int(getattr(self._source, "reconnects", 0))

    def take(self, *, wait: bool = False) -> Taken | None:
        """The oldest packet; None when there is none, with `wait` only after the end."""
        if not wait and not self._queue:
            return None
        with self._lock:
            if wait:
                self._lock.wait_for(lambda: self._queue or self._ended or self._stopping)
            if not self._queue:
                return None
            packet = self._queue.popleft()
            self._queued_bytes -= len(packet.data)
            self._queued_keys -= _is_key(packet)
            dropped = self._is_left_behind(packet)
            if packet.encoding.kind == "video":
                self._account.dropped += dropped
                self._account.processed += not dropped
                self._account.waiting -= 1
            self._lock.notify_all()
        return Taken(packet, dropped)

    def account(self) -> Account:
        """A copy of this moment."""
        with self._lock:
            return replace(self._account)

    def _is_left_behind(self, packet: Packet) -> bool:
        if not self._live or not self._queued_keys:
            return False
        return self._queue[-1].time_s - packet.time_s > self._backlog_s

    def _read(self) -> None:
        try:
            if isinstance(self._source, PushSource):
                self._source.deliver(self._push)
                return
            for packet in self._source.packets():
                if not self._push(packet):
                    return
        except SourceError as error:
            self.failure = error
            log.warning("source ended", camera=self._name, error=str(error))
        finally:
            with self._lock:
                self._ended = True
                self._lock.notify_all()
            self._awaken()

    def _push(self, packet: Packet) -> bool:
        """Put it into the queue; False when reading is to stop."""
        video = packet.encoding.kind == "video"
        with self._lock:
            if not self._live:
                # A file waits for us; nothing of it is ever dropped.
                self._lock.wait_for(lambda: len(self._queue) < FILE_AHEAD or self._stopping)
            if self._stopping:
                return False
            if video:
                self._account.received += 1
                self._last_packet_s = self._clock.monotonic_s()
            if self._live and self._overflows(packet):
                self._account.dropped += video
                return True
            self._queue.append(packet)
            self._queued_bytes += len(packet.data)
            self._queued_keys += _is_key(packet)
            self._account.waiting += video
            self._lock.notify_all()
        self._awaken()
        return True

    def _overflows(self, packet: Packet) -> bool:
        """Whether the loop itself is stuck: then memory comes first, and the loss is counted."""
        full = self._queued_bytes > self._queue_bytes
        # Without what was refused, nothing up to the next key can be decoded.
        self._refusing = full or (self._refusing and not _is_key(packet))
        return self._refusing


def _is_key(packet: Packet) -> bool:
    return packet.key and packet.encoding.kind == "video"
