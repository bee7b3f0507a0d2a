"""One camera in a shard: its packets, its watch and its evidence."""

import threading
from collections.abc import Sequence
from math import inf
from typing import Protocol

from vigil.core import (
    Clock,
    Detections,
    Dismissible,
    Health,
    Look,
    Packet,
    Scene,
    Source,
    SourceError,
    Step,
    SystemClock,
)
from vigil.pipeline.clip_desk import Order, Tell
from vigil.pipeline.evidence import Evidence
from vigil.pipeline.main_stream import MainStream
from vigil.pipeline.reader import Account, Reader
from vigil.pipeline.watch import Watch


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
        main: MainStream | None = None,
        live: bool = True,
        backlog_s: float = 2.0,
        queue_bytes: int = 32 << 20,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self.watch = watch
        self.evidence = evidence
        self.live = live
        self.main = main
        self.observers: list[Observer] = []
        self._clock = clock or SystemClock()
        self._reader = Reader(
            source,
            name=name,
            live=live,
            backlog_s=backlog_s,
            queue_bytes=queue_bytes,
            clock=self._clock,
        )
        self._last_time_s = -inf
        self._last_tick_s = -inf

    def start(self, awaken: threading.Event | None = None) -> None:
        """Begin to read; `awaken` is set whenever a packet has come."""
        self._reader.start(awaken.set if awaken else lambda: None)
        if self.main is not None:
            self.main.start()

    def stop(self) -> None:
        """Stop reading; returns at once, the threads end by themselves."""
        self._reader.stop()
        if self.main is not None:
            self.main.stop()

    @property
    def ended(self) -> bool:
        """Whether the source has ended and all of it was processed."""
        return self._reader.ended

    def advance(self, *, most_s: float = 1.0) -> list[Look]:
        """Feed waiting packets up to the first that wants a look, or `most_s` of stream."""
        began_s: float | None = None
        self._keep_main(-inf)
        while (taken := self._reader.take()) is not None:
            packet = taken.packet
            self._last_time_s = packet.time_s
            if taken.dropped:
                self._drop(packet)
                continue
            for observer in self.observers:
                observer.packet(packet)
            looks = self.watch.feed(packet)
            self._keep(packet)
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

    def dismiss(self, event_id: str) -> list[Step]:
        """End an event that is of no concern, if it is open."""
        rules = [rule for rule in self.watch.rules if isinstance(rule, Dismissible)]
        steps = [step for rule in rules for step in rule.dismiss(event_id)]
        for observer in self.observers:
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
        if self._reader.failure is not None:
            raise self._reader.failure

    @property
    def error(self) -> str | None:
        """What ended the source, in one line; None while it goes on."""
        failure: SourceError | None = self._reader.failure
        return None if failure is None else str(failure)

    @property
    def state(self) -> str:
        """`connecting`, `watching`, `offline` or `ended`."""
        return self._reader.state

    @property
    def silent_s(self) -> float:
        """Seconds since the last packet."""
        return self._reader.silent_s

    @property
    def reconnects(self) -> int:
        """How often the source had to connect anew."""
        return self._reader.reconnects

    def accounted(self) -> Account:
        """Where the video packets went until now."""
        return self._reader.account()

    def tick(self) -> list[Step]:
        """Once a second without packets: tell the rules that the camera is silent."""
        return self._listen() + self._tick()

    def _listen(self) -> list[Step]:
        """What was heard while no picture came that anybody looked at."""
        steps = self.watch.listen()
        for observer in self.observers if steps else ():
            observer.steps(steps)
        return steps

    def _tick(self) -> list[Step]:
        now_s = self._clock.monotonic_s()
        silent_s = self.silent_s
        if self.live and self.evidence is not None:
            self.evidence.pass_time(self._last_time_s + silent_s)
        if not self.live or silent_s < 1.0 or now_s - self._last_tick_s < 1.0:
            return []
        self._last_tick_s = now_s
        return self.watch.tick(self._clock.now_s(), Health(offline_s=silent_s))

    def orders(self, steps: list[Step]) -> list[Order]:
        """Have steps told, each with the clip that proves it, and clips written meanwhile."""
        if self.evidence is None:
            return [Tell(step=step) for step in steps]
        for step in steps:
            self.evidence.tell(step)
        return self.evidence.orders()

    def _keep(self, packet: Packet) -> None:
        """Give the evidence a packet that the ring has, and those of the main stream until then."""
        if self.evidence is not None:
            self.evidence.append(packet)
            self._keep_main(packet.time_s)

    def _keep_main(self, until_s: float) -> None:
        if self.main is not None and self.evidence is not None:
            for packet in self.main.packets(until_s):
                self.evidence.append(packet, main=True)

    def _drop(self, packet: Packet) -> None:
        self.watch.ring.append(packet)
        self.watch.skip()
        self._keep(packet)
