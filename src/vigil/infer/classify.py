"""What a whole picture shows."""

from pathlib import Path

import numpy as np

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.fitting import fitted_image
from vigil.infer.live import OpenModel


class Classifier:
    """Runs a model whose card says `head: softmax`."""

    def __init__(self, card: ModelCard, folder: Path) -> None:
        """Open the weights; raises `ModelError`."""
        if card.head != "softmax":
            raise ModelError(f"{card.id}: head {card.head!r} names nothing; needed: softmax")
        self.card = card
        self._model = OpenModel.of(card, folder)

    def classify(self, image: Image, *, best: int = 5) -> list[tuple[str, float]]:
        """The likeliest labels with their probabilities, best first."""
        return likeliest(self._model, image, best=best)


def likeliest(model: OpenModel, image: Image, *, best: int = 1) -> list[tuple[str, float]]:
    """The likeliest labels with their probabilities, best first.

    Reads one output (1, classes): probabilities, as fractions or in steps of a byte.
    """
    card = model.card
    row = model.session.run(fitted_image(image, card.input))[0].reshape(-1)
    shares = row.astype(np.float32) / max(float(row.sum()), 1e-12)
    order = np.argsort(-shares, kind="stable")[:best]
    return [(card.labels[index], float(shares[index])) for index in order]
