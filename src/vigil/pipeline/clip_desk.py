"""Carries out what evidence orders: clips are written, and steps go on with what proves them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import structlog

from vigil.config.home import Home
from vigil.core import Clip, Outbox, Packet, SourceError, Step, StoreError
from vigil.media.clip import ClipWriter

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Send a step on; it has no clip, or brings no news of it."""

    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Write the first version of a clip, then send the step on with it."""

    step: Step
    clip: Clip
    """As far as it is known before it is written."""
    home: Home
    packets: Sequence[Packet]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grow:
    """Append a packet to the clip of an event."""

    event_id: str
    packet: Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Put the whole clip in place, then send the step on with it once more."""

    step: Step


Order: TypeAlias = Tell | Begin | Grow | Finish


class ClipDesk:
    """Orders in, steps out: each one leaves only after its clip is on the disk.

    A clip that cannot be written costs the clip, never the step.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._growing: dict[str, tuple[ClipWriter, Clip]] = {}

    def carry_out(self, order: Order) -> None:
        """Do one order; waits for the disk."""
        match order:
            case Tell(step=step):
                self._outbox.put(step, None)
            case Begin():
                self._outbox.put(order.step, self._begin(order))
            case Grow(event_id=event_id, packet=packet):
                self._grow(event_id, packet)
            case Finish(step=step):
                self._finish(step)

    def _begin(self, order: Begin) -> Clip | None:
        event, clip = order.step.event, order.clip
        try:
            writer = ClipWriter(order.home.clip_file(clip.uri, clip.start_s))
            made = writer.begin(order.packets)
        except (StoreError, OSError) as error:
            log.warning("no clip", event_id=event.id, camera=event.source, error=str(error))
            return None
        clip = replace(clip, end_s=made.end_s, size_bytes=made.size_bytes, audio=made.audio)
        self._growing[event.id] = writer, clip
        return clip

    def _grow(self, event_id: str, packet: Packet) -> None:
        if event_id not in self._growing:
            return  # it could not begin, or was cut short
        writer, _ = self._growing[event_id]
        try:
            writer.append(packet)
        except StoreError as error:
            log.warning("clip cut short", event_id=event_id, error=str(error))
            writer.abandon()
            del self._growing[event_id]

    def _finish(self, step: Step) -> None:
        event_id = step.event.id
        if event_id not in self._growing:
            return
        writer, clip = self._growing.pop(event_id)
        try:
            made = writer.close()
        except (SourceError, StoreError) as error:
            log.warning("clip not finished", event_id=event_id, error=str(error))
            return
        clip = replace(clip, end_s=made.end_s, size_bytes=made.size_bytes, audio=made.audio)
        self._outbox.put(step, clip)
