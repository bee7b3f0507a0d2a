"""When a receiver may let packets gather, and wake once for several: pure, no clock is read."""

from vigil.core import Packet

SHORTEST_S, LONGEST_S = 0.05, 0.2
"""Shorter is not worth a wake-up of its own; longer would be noticed."""
NEAR_S = 0.1
"""Who is less behind than this has read all that matters now."""
HEAD_EVERY_S = 5.0
"""So often everything is read, whatever it costs: only then is it known how far behind we are."""
HEAD_S = 0.005
"""A read that waited for longer had nothing to read: it was at the head of the stream."""
GATHERED_BYTES = 32_768
"""So much may wait in the socket without the camera noticing."""


class Rests:
    """How long to rest after a packet, where TCP keeps for us what comes meanwhile.

    Waking for a packet costs several times what the packet itself costs. Streams so heavy that a
    fifth of a second of them fills the socket rest for less, or not at all.
    """

    def __init__(self) -> None:
        self._head_s: float | None = None
        self._bytes = 0
        self._pause_s = 0.0

    def after(self, packet: Packet, asked_s: float) -> float:
        """Seconds to rest; `asked_s`: when the packet was asked for, by the clock of arrivals."""
        now_s = packet.received_s
        self._bytes += len(packet.data)
        head_s = self._head_s
        due = head_s is None or now_s - head_s > HEAD_EVERY_S
        if due and now_s - asked_s > HEAD_S:
            if head_s is not None:
                self._pause_s = _pause_s(self._bytes / (now_s - head_s))
            self._head_s, self._bytes, due = now_s, 0, False
        near = 0 <= now_s - packet.time_s < NEAR_S
        return self._pause_s if near and not due else 0.0


def _pause_s(bytes_per_s: float) -> float:
    pause_s = min(LONGEST_S, GATHERED_BYTES / bytes_per_s)
    return pause_s if pause_s >= SHORTEST_S else 0.0
