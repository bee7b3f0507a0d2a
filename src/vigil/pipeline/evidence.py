"""A clip for each event of one camera: what a ring holds, and then what follows."""

from dataclasses import dataclass
from math import inf

import structlog

from vigil.config.home import Home
from vigil.core import Clip, Packet, Step, StepKind, StoreError
from vigil.media.mux import container_for
from vigil.media.ring import PacketRing
from vigil.pipeline.clip_desk import Begin, Finish, Grow, Order, Tell

log = structlog.get_logger(__name__)
LATE_S = 3.0
"""How far a main stream may be behind the analysed one, and still count as flowing."""


@dataclass(kw_only=True, eq=False)
class _Open:
    """A clip that still grows."""

    step: Step
    main: bool
    """Whether it is cut from the main stream."""
    stop_s: float
    """Stream time after which it is finished."""


class Evidence:
    """One clip an event: from `pre_s` before its start to `post_s` after its end.

    A clip begins at the key before, or with the oldest packet of the ring when the event is told
    later than that: who loiters for a minute is shown from shortly before the minute was over.
    It ends after `longest_s`, however long the event lasts. Without a packet in the ring there is
    no clip; the event goes its way all the same. Nothing is written here: what is to be written,
    and which steps wait for it, are orders.
    """

    def __init__(
        self,
        ring: PacketRing,
        home: Home,
        *,
        main: PacketRing | None = None,
        node: str = "local",
        pre_s: float = 5.0,
        post_s: float = 5.0,
        longest_s: float = 300.0,
    ) -> None:
        """`main`: of a finer stream, from which clips are cut while it flows."""
        self._ring = ring
        self._main = main
        self._home = home
        self._node = node
        self._pre_s = pre_s
        self._post_s = post_s
        self._longest_s = longest_s
        self._open: dict[str, _Open] = {}
        self._orders: list[Order] = []
        self._unkept: set[str] = set()
        """Codecs of which it was said that they cannot be kept."""

    def append(self, packet: Packet, *, main: bool = False) -> None:
        """Add a packet, once its ring has it, to the clips of its stream that still grow."""
        for open_clip in [each for each in self._open.values() if each.main is main]:
            if packet.time_s > open_clip.stop_s and packet.encoding.kind == "video":
                self._finish(open_clip)
            else:
                self._orders.append(Grow(event_id=open_clip.step.event.id, packet=packet))

    def pass_time(self, time_s: float) -> None:
        """Finish clips whose own stream has fallen silent; `time_s`: where it would be now."""
        for open_clip in list(self._open.values()):
            if time_s > open_clip.stop_s + LATE_S:
                self._finish(open_clip)

    def tell(self, step: Step) -> None:
        """A step of an event: `new` begins a clip, after `end` it goes on for `post_s`."""
        if step.kind is StepKind.NEW and self._begin(step):
            return
        if step.kind is StepKind.END:
            self._end(step)
        self._orders.append(Tell(step=step))

    def orders(self) -> list[Order]:
        """What is to be done since the last call, in this order."""
        orders, self._orders = self._orders, []
        return orders

    def close(self) -> None:
        """Finish every clip now: the stream has ended."""
        for open_clip in list(self._open.values()):
            self._finish(open_clip)

    def _begin(self, step: Step) -> bool:
        """Whether there is anything to begin a clip with; if not, it is logged."""
        event = step.event
        ring = self._ring_for(step)
        packets = ring.since_key(event.start_s - self._pre_s)
        if not packets:
            log.warning("no clip: nothing is in the ring", event_id=event.id, camera=event.source)
            return False
        if not self._can_be_kept(packets[0]):
            return False
        start_s = packets[0].time_s
        clip = Clip(
            uri=f"clip:{self._node}/{event.id}",
            source=event.source,
            start_s=start_s,
            end_s=start_s,
            size_bytes=0,
            scale=self._scale(packets[0]) if ring is self._main else 1.0,
        )
        self._orders.append(Begin(step=step, clip=clip, home=self._home, packets=packets))
        stop_s = start_s + self._longest_s
        self._open[event.id] = _Open(step=step, main=ring is self._main, stop_s=stop_s)
        return True

    def _scale(self, finer: Packet) -> float:
        """Pixels of the main stream for one of the analysed one, in which boxes are told."""
        analysed = self._ring.since_key(finer.time_s)
        width = analysed[0].encoding.width if analysed else 0
        return finer.encoding.width / width if width and finer.encoding.width else 1.0

    def _end(self, step: Step) -> None:
        open_clip = self._open.get(step.event.id)
        if open_clip is not None:
            open_clip.step = step
            open_clip.stop_s = min(open_clip.stop_s, step.event.end_s + self._post_s)

    def _ring_for(self, step: Step) -> PacketRing:
        if self._main is None:
            return self._ring
        if self._shows(self._main, step):
            return self._main
        log.warning(
            "the main stream does not show it: the analysed one is kept",
            event_id=step.event.id,
            camera=step.event.source,
        )
        return self._ring

    def _shows(self, main: PacketRing, step: Step) -> bool:
        """Whether the main stream flows, and reaches back as far as is needed or possible."""
        newest_s, oldest_s = main.newest_s, main.oldest_s
        if newest_s is None or oldest_s is None or newest_s < step.time_s - LATE_S:
            return False
        analysed_s = inf if self._ring.oldest_s is None else self._ring.oldest_s
        return oldest_s <= max(step.event.start_s, analysed_s + LATE_S)

    def _can_be_kept(self, packet: Packet) -> bool:
        """Whether a clip can hold such pictures; if not, it is said once."""
        codec = packet.encoding.codec
        try:
            container_for(packet.encoding)
        except StoreError as error:
            if codec not in self._unkept:
                log.warning("events stay without clips", camera=packet.source, error=str(error))
            self._unkept.add(codec)
            return False
        return True

    def _finish(self, open_clip: _Open) -> None:
        del self._open[open_clip.step.event.id]
        self._orders.append(Finish(step=open_clip.step))
