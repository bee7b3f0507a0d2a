"""Cuts a clip for each event of one camera: what the ring holds, and then what follows."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import structlog

from vigil.config.home import Home
from vigil.core import Clip, Event, Packet, SourceError, Step, StoreError
from vigil.media.clip import ClipWriter
from vigil.media.ring import PacketRing

log = structlog.get_logger(__name__)


@dataclass(kw_only=True, eq=False)
class _Open:
    """A clip that still grows."""

    step: Step
    clip: Clip
    writer: ClipWriter
    stop_s: float
    """Stream time after which it is finished."""


class Evidence:
    """One clip an event: from `pre_s` before its start to `post_s` after its end.

    An event that lasts keeps its first `longest_s` seconds. Without a packet in the ring there is
    no clip; the event goes its way all the same.
    """

    def __init__(
        self,
        ring: PacketRing,
        home: Home,
        *,
        node: str = "local",
        pre_s: float = 5.0,
        post_s: float = 5.0,
        longest_s: float = 300.0,
    ) -> None:
        self._ring = ring
        self._home = home
        self._node = node
        self._pre_s = pre_s
        self._post_s = post_s
        self._longest_s = longest_s
        self._open: dict[str, _Open] = {}
        self._finished: deque[tuple[Step, Clip | None]] = deque()

    def append(self, packet: Packet) -> None:
        """Add a packet, once the ring has it, to the clips that still grow."""
        for open_clip in list(self._open.values()):
            if packet.time_s > open_clip.stop_s and packet.encoding.kind == "video":
                self._finish(open_clip)
            else:
                self._grow(open_clip, packet)

    def begin(self, step: Step) -> Clip | None:
        """Start the clip of a new event; None when it cannot be cut, which is logged."""
        event = step.event
        packets = self._ring.since_key(event.start_s - self._pre_s)
        if not packets:
            log.warning("no clip: nothing is in the ring", event=event.id, camera=event.source)
            return None
        uri = f"clip:{self._node}/{event.id}"
        start_s = next((each.time_s for each in packets if each.key), packets[0].time_s)
        try:
            writer = ClipWriter(self._home.clip_file(uri, start_s))
            made = writer.begin(packets)
        except (StoreError, OSError) as error:
            log.warning("no clip", event=event.id, camera=event.source, error=str(error))
            return None
        clip = Clip(
            uri=uri,
            source=event.source,
            start_s=start_s,
            end_s=made.end_s,
            size_bytes=made.size_bytes,
            audio=made.audio,
        )
        stop_s = event.start_s + self._longest_s
        self._open[event.id] = _Open(step=step, clip=clip, writer=writer, stop_s=stop_s)
        return clip

    def end(self, step: Step) -> None:
        """The event is over; its clip goes on for `post_s`."""
        open_clip = self._open.get(step.event.id)
        if open_clip is not None:
            open_clip.step = step
            open_clip.stop_s = min(open_clip.stop_s, step.event.end_s + self._post_s)

    def finished(self) -> Iterator[tuple[Step, Clip | None]]:
        """Clips that were finished since the last call, with the last step of their event."""
        while self._finished:
            yield self._finished.popleft()

    def close(self) -> None:
        """Finish every clip now: the stream has ended."""
        for open_clip in list(self._open.values()):
            self._finish(open_clip)

    def _grow(self, open_clip: _Open, packet: Packet) -> None:
        try:
            open_clip.writer.append(packet)
        except StoreError as error:
            event = open_clip.step.event
            log.warning("clip cut short", event=event.id, error=str(error))
            open_clip.writer.abandon()
            del self._open[event.id]

    def _finish(self, open_clip: _Open) -> None:
        event: Event = open_clip.step.event
        del self._open[event.id]
        try:
            made = open_clip.writer.close()
        except (SourceError, StoreError) as error:
            log.warning("clip not finished", event=event.id, error=str(error))
            return
        clip = replace(
            open_clip.clip, end_s=made.end_s, size_bytes=made.size_bytes, audio=made.audio
        )
        self._finished.append((open_clip.step, clip))
