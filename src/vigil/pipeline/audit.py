"""Looks again at stretches that the gate let pass, and writes the ledger."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from vigil.core import Boxes, Detections, Look, Packet, Rung, iou
from vigil.media.decoding import Decoder
from vigil.media.ring import PacketRing
from vigil.stages.gate.ledger import RecallLedger

HITS = 2
"""Looks with news before an audit counts as a miss: once is a detector's slip."""
SAME_PLACE = 0.7
"""What overlaps itself by so much (IoU) in two looks stands there for good: that is no news."""


@dataclass(slots=True, kw_only=True)
class Audit:
    """A closed stretch whose looks are out with the detector."""

    start_s: float
    """Its key frame."""
    probability: float
    """With which it was drawn."""
    waiting: int
    """Looks still out."""
    seen: list[Boxes] = field(default_factory=list)
    """Wanted things in each look that came back."""
    answers: dict[float, Detections] = field(default_factory=dict)
    """What the detector said, by the time of the look."""

    @property
    def missed(self) -> bool:
        """Whether something moved through, or appeared, that the gate let pass."""
        return sum(self._has_news(index) for index in range(len(self.seen))) >= HITS

    def _has_news(self, index: int) -> bool:
        elsewhere = [boxes for other, boxes in enumerate(self.seen) if other != index]
        others = np.concatenate(elsewhere) if elsewhere else np.zeros((0, 4), np.float32)
        overlap = iou(self.seen[index], others).max(axis=1, initial=0.0)
        return bool((overlap < SAME_PLACE).any())


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

    def enter(self, audit: Audit, *, seen: Boxes, cost_s: float) -> bool:
        """Take in what one look saw; True when the audit is over and found a miss."""
        self.ledger.paid(cost_s)
        audit.waiting -= 1
        audit.seen.append(seen)
        if audit.waiting:
            return False
        self.ledger.enter(probability=audit.probability, missed=audit.missed)
        return audit.missed

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
