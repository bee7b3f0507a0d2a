"""What a watch hears beside what it sees."""

import structlog

from vigil.core import DecodeError, Ear, Encoding, Packet, Sound

log = structlog.get_logger(__name__)
SILENT_S = 10.0
"""Seconds of pictures without a packet of sound after which the stream has none."""
TELL_S = 1.0
"""Rules hear of sounds so often, however long no picture comes."""


class Hearing:
    """Gives an ear the packets of sound, and says once why it hears nothing, if that is so."""

    def __init__(self, source: str, ear: Ear) -> None:
        self._source = source
        self._ear = ear
        self._deaf_to: Encoding | None = None
        self._complained = False
        self._since_s: float | None = None
        self._told_s = float("-inf")

    @property
    def heard_s(self) -> float:
        """Until when it has heard the stream, UTC seconds."""
        return self._ear.heard_s

    def take(self, packet: Packet) -> None:
        """Hear a packet of sound; of pictures, notice how long they come without any."""
        if packet.encoding.kind == "video":
            self._notice_silence(packet.time_s)
            return
        if packet.encoding is self._deaf_to:
            return  # until the stream begins anew, perhaps with another codec
        try:
            self._ear.hear(packet)
        except DecodeError as error:
            self._deaf_to = packet.encoding
            self._complain(str(error))

    def sounds(self) -> tuple[Sound, ...]:
        """What was heard in the last seconds."""
        self._told_s = self._ear.heard_s
        return self._ear.sounds()

    def due(self, after_s: float = TELL_S) -> bool:
        """Whether more than `after_s` was heard since anybody was told."""
        return self._ear.heard_s - self._told_s > after_s

    def _notice_silence(self, time_s: float) -> None:
        if self._since_s is None:
            self._since_s = time_s
        never = self._ear.heard_s == float("-inf")
        if never and time_s - self._since_s >= SILENT_S:
            self._complain("the stream has no sound")

    def _complain(self, reason: str) -> None:
        if self._complained:
            return
        self._complained = True
        log.warning("rules about sounds hear nothing", camera=self._source, reason=reason)
