"""How raw outputs of a graph become boxes: one file per kind of head.

A card names its head. A head returns candidates in pixels of the model's input; suppression of
duplicates and the way back to source pixels are the same for all.
"""

from collections.abc import Callable, Mapping, Sequence

from vigil.core import ModelCard, ModelError
from vigil.infer.heads.candidates import Candidates, Output
from vigil.infer.heads.fastestdet import fastestdet
from vigil.infer.heads.nanodet import nanodet
from vigil.infer.heads.points import points
from vigil.infer.heads.queries import queries
from vigil.infer.heads.ssd import ssd
from vigil.infer.heads.yolox import yolox
from vigil.infer.heads.yunet import yunet

Head = Callable[[Sequence[Output], ModelCard, float], Candidates]
"""From raw outputs, with the card and the lowest score worth keeping."""

HEADS: Mapping[str, Head] = {
    "fastestdet": fastestdet,
    "nanodet": nanodet,
    "points": points,
    "queries": queries,
    "ssd": ssd,
    "yolox": yolox,
    "yunet": yunet,
}

__all__ = ["HEADS", "Candidates", "Head", "head_of"]


def head_of(card: ModelCard) -> Head:
    """The head that a card names; raises `ModelError` when no detector has it."""
    if card.head not in HEADS:
        allowed = ", ".join(HEADS)
        raise ModelError(
            f"{card.id}: head {card.head!r} finds no boxes; a detector reads: {allowed}"
        )
    return HEADS[card.head]
