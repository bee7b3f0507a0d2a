"""An ear without a model."""

from typing import Self

from vigil.core import part
from vigil.media.hearing import Heard
from vigil.stages.hear.diary import Piece
from vigil.stages.hear.packet_ear import PacketEar


@part
class LoudEar(PacketEar):
    """Knows one word only, `loud`: what it was, nobody can tell."""

    def twin(self) -> Self:
        return type(self)(rise_db=self.rise_db, floor_db=self.floor_db)

    def pieces(self, heard: Heard, *, gap: bool) -> tuple[Piece, ...]:
        return ()
