"""What a whole picture shows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.fitting import fitted_image
from vigil.infer.live import OpenModel
from vigil.infer.session import Output

Shares = Float32[np.ndarray, " k"]


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

    def probabilities(self, images: Sequence[Image]) -> Float32[np.ndarray, "n k"]:
        """Of each label of the card, as those of a `Head`, but of pictures instead of vectors."""
        size, run = self.card.input, self._model.session.run
        shares = [shares_of(run(fitted_image(image, size))) for image in images]
        return np.stack(shares) if shares else np.zeros((0, len(self.card.labels)), np.float32)


def likeliest(model: OpenModel, image: Image, *, best: int = 1) -> list[tuple[str, float]]:
    """The likeliest labels with their probabilities, best first."""
    card = model.card
    shares = shares_of(model.session.run(fitted_image(image, card.input)))
    order = np.argsort(-shares, kind="stable")[:best]
    return [(card.labels[index], float(shares[index])) for index in order]


def shares_of(outputs: Sequence[Output]) -> Shares:
    """Probabilities from one output (1, k), given as fractions or in steps of a byte."""
    row = outputs[0].reshape(-1)
    return np.asarray(row.astype(np.float32) / max(float(row.sum()), 1e-12), np.float32)
