"""What is measured of each picture that a watch compares: motion, things at rest, its senses."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from vigil.core import Boxes, Frame, Gate, Scene, Sense, Signals
from vigil.stages.gate.static_blobs import StaticBlobs


class Sight:
    """The gate and whatever else sees the same pictures, together."""

    def __init__(
        self, gate: Gate, static_blobs: StaticBlobs | None, senses: Sequence[Sense]
    ) -> None:
        self._gate = gate
        self._static_blobs = static_blobs
        self._senses = tuple(sense for sense in senses if not sense.every_picture)
        self._quick_senses = tuple(sense for sense in senses if sense.every_picture)
        self._still_since_s: float | None = None
        self._seen_s = 0.0

    def glance(self, frame: Frame, scene: Scene | None) -> None:
        """Any decoded picture: show it to the senses that must see them all."""
        for sense in self._quick_senses:
            sense.see(frame, scene)

    def see(self, frame: Frame, scene: Scene | None, restless: Callable[[], Boxes]) -> Signals:
        """Compare a picture; `restless`: boxes of what cannot have been left behind."""
        signals = self._gate.see(frame)
        if self._static_blobs is not None:
            self._static_blobs.ignore(restless())
            signals = replace(signals, static_blobs=self._static_blobs.update(frame))
        for sense in self._senses:
            sense.see(frame, scene)
            signals = sense.tell(signals)
        for sense in self._quick_senses:
            signals = sense.tell(signals)
        if not self._gate.identical_to_last:
            self._still_since_s = None
        elif self._still_since_s is None:
            # The picture before was this one already. (Who wakes late sees earlier pictures again.)
            self._still_since_s = min(self._seen_s, frame.time_s)
        self._seen_s = frame.time_s
        return signals

    def still_s(self, time_s: float) -> float:
        """For how long the picture has been the same."""
        return 0.0 if self._still_since_s is None else time_s - self._still_since_s
