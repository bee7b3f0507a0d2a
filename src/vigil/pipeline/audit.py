"""Looks again at stretches that the gate let pass, and writes the ledger."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vigil.core import Look, Packet, Rung
from vigil.media.decoding import Decoder
from vigil.media.ring import PacketRing
from vigil.stages.gate.ledger import RecallLedger

HITS = 2
"""Looks that must agree before an audit counts as a miss: once is a detector's slip."""


@dataclass(slots=True, kw_only=True)
class Audit:
    """A closed stretch whose looks are out with the detector."""

    start_s: float
    """Its key frame."""
    probability: float
    """With which it was drawn."""
    waiting: int
    """Looks still out."""
    hits: int = 0


class Auditor:
    """Draws closed stretches, decodes them from the ring and judges what the detector says."""

    def __init__(
        self,
        ledger: RecallLedger,
        ring: PacketRing,
        *,
        labels: frozenset[str],
        detect_hz: float,
        cpu_s: Callable[[], float],
    ) -> None:
        self.ledger = ledger
        self._ring = ring
        self._labels = labels
        self._period_s = 1 / detect_hz
        self._cpu_s = cpu_s
        self.decoded = 0

    def draw(self, start_s: float, next_key: Packet, nearness: float) -> tuple[Audit, list[Look]]:
        """Maybe audit the stretch from the key of `start_s` up to `next_key`.

        `nearness`: the stretch's gate score over the threshold, 0 to 1. No looks: not drawn.
        """
        probability = self.ledger.choose(nearness)
        if probability is None:
            return Audit(start_s=start_s, probability=1.0, waiting=0), []
        began_s = self._cpu_s()
        looks = list(self._looks(start_s, next_key))
        self.ledger.paid(self._cpu_s() - began_s)
        return Audit(start_s=start_s, probability=probability, waiting=len(looks)), looks

    def enter(self, audit: Audit, *, hit: bool, cost_s: float) -> bool:
        """Take in the answer to one look; True when the audit is over and found a miss."""
        self.ledger.paid(cost_s)
        audit.waiting -= 1
        audit.hits += hit
        if audit.waiting:
            return False
        missed = audit.hits >= HITS
        self.ledger.enter(probability=audit.probability, missed=missed)
        return missed

    def _looks(self, start_s: float, next_key: Packet) -> Iterator[Look]:
        decoder = Decoder(next_key.encoding)
        due_s = start_s
        for packet in self._ring.between(start_s, next_key.time_s):
            of_stretch = packet.encoding is next_key.encoding and packet.time_s < next_key.time_s
            for frame in decoder.decode(packet) if of_stretch else ():
                self.decoded += 1
                if frame.time_s >= due_s:
                    due_s = frame.time_s + self._period_s
                    yield Look.whole(frame, Rung.DETECT, self._labels)
