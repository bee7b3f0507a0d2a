"""Vectors that are near when pictures, or people, look alike."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Detections, Frame, Image, ModelCard, ModelError
from vigil.infer.fitting import fitted, fitted_image
from vigil.infer.session import Output, open_session
from vigil.infer.statistics import BESIDE, SIDE, statistics
from vigil.infer.vectors import joined


class ModelEmbedder:
    """Runs a model whose card says `head: embedding`, and counts beside it where the card asks."""

    def __init__(self, card: ModelCard, folder: Path) -> None:
        """Open the weights; raises `ModelError`."""
        if card.head != "embedding":
            raise ModelError(f"{card.id}: head {card.head!r} gives no vectors; needed: embedding")
        self.card = card
        self._session = open_session(card, folder)
        self._counts = bool(card.options.get(BESIDE))

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        return _stacked([self._one(fitted_image(each, self.card.input), each) for each in images])

    def embed_detections(self, frame: Frame, detections: Detections) -> Detections:
        """Give every detection the vector of what its box shows."""
        vectors = []
        for row in detections.boxes:
            box = Box(*map(float, row)).clipped(frame.width, frame.height)
            # At least two pixels, so that a box at the picture's edge still shows something.
            x, y = min(box.x1, frame.width - 2), min(box.y1, frame.height - 2)
            region = Box(x, y, max(box.x2, x + 2), max(box.y2, y + 2))
            picture, _ = fitted(frame, self.card.input, region)
            counted = frame.pixels.rgb(SIDE, SIDE, region) if self._counts else picture
            vectors.append(self._one(picture, counted))
        return replace(detections, embeddings=_stacked(vectors))

    def _one(self, picture: Image, counted: Image) -> Output:
        """`picture` as the model takes it; `counted`: the same at any size."""
        parts = [self._session.run(picture)[0].reshape(-1).astype(np.float32)]
        if self._counts:
            parts.append(joined(statistics(counted)))
        return joined(parts)


def _stacked(vectors: list[Output]) -> Float32[np.ndarray, "n d"]:
    return np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)
