"""One camera in a shard: a thread that reads its source, a queue, its watch and its evidence."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from vigil.core import (
    Clip,
    Clock,
    Detections,
    Health,
    Look,
    Packet,
    Scene,
    Source,
    SourceError,
    Step,
    StepKind,
    SystemClock,
)
from vigil.pipeline.evidence import Evidence
from vigil.pipeline.watch import Watch

log = structlog.get_logger(__name__)
OFFLINE_S = 5.0
"""Silence after which a camera is called offline."""


@dataclass(slots=True, kw_only=True)
class Account:
    """Where the video packets went: `received == processed + dropped + waiting`, always."""

    received: int = 0
    processed: int = 0
    dropped: int = 0
    waiting: int = 0


class Observer(Protocol):
    """Somebody who wants to see what a camera sees, such as the annotator."""

    def packet(self, packet: Packet) -> None: ...
    def scene(self, scene: Scene) -> None: ...
    def steps(self, steps: Sequence[Step]) -> None: ...


class Camera:
    """Reads a source without ever making it wait (live), or at our pace (files).

    A live camera that falls more than `backlog_s` behind jumps to its newest key frame; what is
    jumped over still reaches the ring and the evidence, and is counted as dropped.
    """

    def __init__(
        self,
        *,
        name: str,
        source: Source,
        watch: Watch,
        evidence: Evidence | None = None,
        live: bool = True,
        backlog_s: float = 2.0,
        queue_bytes: int = 32 << 20,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self.watch = watch
        self.evidence = evidence
        self.live = live
        self.account = Account()
        self.error: str | None = None
        self.observers: list[Observer] = []
        self._source = source
        self._backlog_s = backlog_s
        self._queue_bytes = queue_bytes
        self._clock = clock or SystemClock()
        self._queue: deque[Packet] = deque()
        self._queued_bytes = 0
        self._lock = threading.Condition()
        self._ended = False
        self._failure: SourceError | None = None
        self._stopping = False
        self._last_packet_s = self._clock.monotonic_s()
        self._last_tick_s = float("-inf")
        self._thread = threading.Thread(target=self._read, name=f"read-{name}", daemon=True)
        self._awaken = threading.Event()

    def start(self, awaken: threading.Event | None = None) -> None:
        """Begin to read; `awaken` is set whenever a packet has come."""
        self._awaken = awaken or self._awaken
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
        """Whether the source has ended and all of it was processed."""
        return self._ended and not self._queue

    def advance(self, *, most_s: float = 1.0) -> list[Look]:
        """Feed waiting packets up to the first that wants a look, or `most_s` of stream."""
        began_s: float | None = None
        while (packet := self._pop()) is not None:
            if self._left_behind(packet):
                self._drop(packet)
                continue
            for observer in self.observers:
                observer.packet(packet)
            looks = self.watch.feed(packet)
            if self.evidence is not None:
                self.evidence.append(packet)
            if packet.encoding.kind == "video":
                self.account.processed += 1
            began_s = packet.time_s if began_s is None else began_s
            if looks or packet.time_s - began_s >= most_s:
                return looks
        return []

    def take(self, look: Look, detections: Detections | None, *, cost_s: float) -> list[Step]:
        """Hand an answer to the watch, and what follows to the observers."""
        steps = self.watch.take(look, detections, cost_s=cost_s)
        for observer in self.observers:
            if self.watch.scene is not None:
                observer.scene(self.watch.scene)
            observer.steps(steps)
        return steps

    def close(self) -> list[Step]:
        """End every open event."""
        steps = self.watch.close()
        for observer in self.observers:
            observer.steps(steps)
        return steps

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
        if self._failure is not None:
            raise self._failure

    @property
    def state(self) -> str:
        """`connecting`, `watching`, `offline` or `ended`."""
        if self._ended:
            return "ended"
        if not self.account.received:
            return "connecting"
        return "offline" if self.silent_s > OFFLINE_S else "watching"

    @property
    def silent_s(self) -> float:
        """Seconds since the last packet."""
        return self._clock.monotonic_s() - self._last_packet_s

    @property
    def reconnects(self) -> int:
        """How often the source had to connect anew."""
        return int(getattr(self._source, "reconnects", 0))

    def tick(self) -> list[Step]:
        """Once a second without packets: tell the rules that the camera is silent."""
        now_s = self._clock.monotonic_s()
        silent_s = self.silent_s
        if not self.live or silent_s < 1.0 or now_s - self._last_tick_s < 1.0:
            return []
        self._last_tick_s = now_s
        return self.watch.tick(self._clock.now_s(), Health(offline_s=silent_s))

    def clips(self, steps: list[Step]) -> list[tuple[Step, Clip | None]]:
        """Give each step the clip that proves it, and add clips that were finished meanwhile."""
        if self.evidence is None:
            return [(step, None) for step in steps]
        answer: list[tuple[Step, Clip | None]] = []
        for step in steps:
            clip = self.evidence.begin(step) if step.kind is StepKind.NEW else None
            if step.kind is StepKind.END:
                self.evidence.end(step)
            answer.append((step, clip))
        return answer + list(self.evidence.finished())

    def _read(self) -> None:
        try:
            for packet in self._source.packets():
                if not self._push(packet):
                    return
        except SourceError as error:
            self._failure = error
            self.error = str(error)
            log.warning("source ended", camera=self.name, error=self.error)
        finally:
            self._ended = True
            self._awaken.set()

    def _push(self, packet: Packet) -> bool:
        with self._lock:
            if not self.live:
                # A file waits for us; nothing of it is ever dropped.
                self._lock.wait_for(lambda: len(self._queue) < 64 or self._stopping)
            if self._stopping:
                return False
            if packet.encoding.kind == "video":
                self.account.received += 1
                self._last_packet_s = self._clock.monotonic_s()
            if self.live and self._queued_bytes > self._queue_bytes:
                # The loop itself is stuck: memory comes first, and the loss is counted.
                self.account.dropped += packet.encoding.kind == "video"
                return True
            self._queue.append(packet)
            self._queued_bytes += len(packet.data)
        self._awaken.set()
        return True

    def _pop(self) -> Packet | None:
        with self._lock:
            if not self._queue:
                return None
            packet = self._queue.popleft()
            self._queued_bytes -= len(packet.data)
            self._lock.notify_all()
            return packet

    def _left_behind(self, packet: Packet) -> bool:
        """Whether a newer key frame waits and this packet is older than the allowed backlog."""
        if not self.live:
            return False
        with self._lock:
            if not self._queue or self._queue[-1].time_s - packet.time_s <= self._backlog_s:
                return False
            return any(each.key and each.encoding.kind == "video" for each in self._queue)

    def _drop(self, packet: Packet) -> None:
        self.watch.ring.append(packet)
        self.watch.skip()
        if self.evidence is not None:
            self.evidence.append(packet)
        if packet.encoding.kind == "video":
            self.account.dropped += 1

    def accounted(self) -> Account:
        """The account with what is waiting now."""
        with self._lock:
            waiting = sum(each.encoding.kind == "video" for each in self._queue)
            return Account(
                received=self.account.received,
                processed=self.account.processed,
                dropped=self.account.dropped,
                waiting=waiting,
            )
