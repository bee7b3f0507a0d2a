"""What every pixel shows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from vigil.core import Frame, ModelCard, ModelError
from vigil.infer.fitting import fitted
from vigil.infer.session import Output, open_session


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelMap:
    """One class for every place of a picture, at the model's resolution."""

    classes: UInt8[np.ndarray, "rows columns"]
    """Index into `labels`; the array covers the whole picture."""
    labels: tuple[str, ...]

    def mask(self, label: str) -> Bool[np.ndarray, "rows columns"]:
        """Where `label` is; raises ValueError for a word that the model does not know."""
        return np.asarray(self.classes == self.labels.index(label))

    def share(self, label: str) -> float:
        """Part of the picture that shows `label`, 0 to 1."""
        return float(self.mask(label).mean())


class Segmenter:
    """Runs a model whose card says `head: class_map` or `class_scores`."""

    def __init__(self, card: ModelCard, folder: Path) -> None:
        """Open the weights; raises `ModelError`."""
        if card.head not in {"class_map", "class_scores"}:
            allowed = "class_map, class_scores"
            raise ModelError(f"{card.id}: head {card.head!r} gives no map; needed: {allowed}")
        self.card = card
        self._session = open_session(card, folder)

    def segment(self, frame: Frame) -> LabelMap:
        """Read a map of classes (1, rows, columns) or of scores (1, rows, columns, classes)."""
        picture, drawn = fitted(frame, self.card.input)
        output = self._session.run(picture)[0][0]
        classes = output if self.card.head == "class_map" else output.argmax(axis=2)
        return LabelMap(
            classes=_within(classes, drawn.width, drawn.height), labels=self.card.labels
        )


def _within(classes: Output, width: float, height: float) -> UInt8[np.ndarray, "rows columns"]:
    """Cut the padding off."""
    return classes[: int(height), : int(width)].astype(np.uint8)
