"""What ears have in common: packets of sound in, sounds out."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field

from vigil.core import Encoding, Packet, Sound, part
from vigil.media.hearing import RATE, Heard, SoundDecoder
from vigil.stages.hear.diary import Diary, Piece
from vigil.stages.hear.loudness import Loudness

STEP_S = 0.05
"""A later start of the next piece is a gap."""


@part
class PacketEar(ABC):
    """Tells sudden loud noises as `loud`; other ears know more words.

    `rise_db`: so far above the background of the last ten seconds a noise is loud, if it comes
    within half a second; `floor_db`: quieter ones are not, decibels below full scale.
    """

    rise_db: Annotated[float, Field(gt=0, le=80)] = 15.0
    floor_db: Annotated[float, Field(ge=-90, le=0)] = -35.0

    def __post_init__(self) -> None:
        self._encoding: Encoding | None = None
        self._decoder: SoundDecoder | None = None
        self._diary = Diary()
        self._loudness = Loudness(rise_db=self.rise_db, floor_db=self.floor_db)
        self._heard_s = float("-inf")

    @property
    def heard_s(self) -> float:
        return self._heard_s

    def hear(self, packet: Packet) -> None:
        if packet.encoding is not self._encoding or self._decoder is None:
            self._decoder, self._encoding = SoundDecoder(packet.encoding), packet.encoding
        for heard in self._decoder.decode(packet):
            self._take(heard)

    def sounds(self) -> tuple[Sound, ...]:
        return self._diary.told(self._heard_s)

    @abstractmethod
    def twin(self) -> Self:
        """As `Ear`."""

    @abstractmethod
    def pieces(self, heard: Heard, *, gap: bool) -> Iterable[Piece]:
        """Words beside `loud` in what was heard; `gap`: it does not follow what was before."""

    def _take(self, heard: Heard) -> None:
        gap = abs(heard.time_s - self._heard_s) > STEP_S
        if gap:
            self._loudness.forget()
        for piece in self._loudness.take(heard.time_s, heard.samples):
            self._diary.enter(piece)
        for piece in self.pieces(heard, gap=gap):
            self._diary.enter(piece)
        self._heard_s = heard.time_s + len(heard.samples) / RATE
