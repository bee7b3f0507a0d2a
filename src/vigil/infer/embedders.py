"""Embedders by one word: models of the registry, folders with a card, or several joined by `+`."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from vigil.core import Embedder, Image, ModelCard, ModelError
from vigil.infer import Registry, load_card, sha256_of
from vigil.infer.embed import ModelEmbedder
from vigil.infer.fitting import fitted_image

JOIN = "+"
CARD = "card.yaml"
Vector = Float32[np.ndarray, " d"]


class NamedEmbedder(Embedder, Protocol):
    """An embedder whose vectors can be recognised later."""

    @property
    def mark(self) -> str:
        """Changes whenever its vectors would: the name and content of its models."""
        ...


class FeatureEmbedder:
    """The last maps of a classifier (`head: softmax`), each of unit length, side by side."""

    def __init__(self, card: ModelCard, folder: Path) -> None:
        """Open the weights with OpenVINO; raises `ModelError`."""
        if card.head != "softmax":
            raise ModelError(f"{card.id}: head {card.head!r}; needed: softmax or embedding")
        try:
            from vigil.infer.openvino_features import OpenVinoFeatures  # noqa: PLC0415
        except ImportError as error:
            raise ModelError(
                f"{card.id}: vectors of a classifier need OpenVINO; install it with: "
                "pip install 'vigil-video[openvino]'"
            ) from error
        self.card = card
        self._features = OpenVinoFeatures(card, folder / card.file)

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        """As `Embedder`."""
        return _stacked([self._one(image) for image in images])

    def _one(self, image: Image) -> Vector:
        maps = self._features.run(fitted_image(image, self.card.input))
        return joined([each.astype(np.float32) for each in maps])


class MarkedEmbedder:
    """One or several embedders side by side, with a name for what they give. From any thread."""

    def __init__(self, parts: Sequence[Embedder], mark: str) -> None:
        if not parts:
            raise ValueError("no embedder at all")
        self._parts, self.mark = tuple(parts), mark
        self._one_at_a_time = threading.Lock()

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        """As `Embedder`; each part weighs the same."""
        with self._one_at_a_time:
            found = [part.embed(images) for part in self._parts]
        if len(found) == 1:
            return found[0]
        return _stacked([joined(row) for row in zip(*found, strict=True)])


def embedder_for(word: str, registry: Registry) -> MarkedEmbedder:
    """Open `NAME`, `NAME@VERSION` or a folder with a card, or several of them: `A+B`.

    A model with `head: embedding` gives its own vectors, one with `head: softmax` the means of its
    last maps. Raises `ModelError` or `ConfigError`.
    """
    names = [name.strip() for name in word.split(JOIN)]
    if not all(names):
        raise ModelError(f"not an embedder: {word!r}; allowed: a model, a folder, or A{JOIN}B")
    found = [_card_of(name, registry) for name in names]
    parts = [_opened(card, folder) for card, folder in found]
    return MarkedEmbedder(parts, JOIN.join(_mark(card, folder) for card, folder in found))


def joined(vectors: Sequence[Vector]) -> Vector:
    """Vectors side by side, each of the same length, all of unit length."""
    units = [each / max(float(np.linalg.norm(each)), 1e-12) for each in vectors]
    return np.asarray(np.concatenate(units) / np.sqrt(len(units)), np.float32)


def _card_of(name: str, registry: Registry) -> tuple[ModelCard, Path]:
    folder = Path(name)
    if (folder / CARD).is_file():
        return load_card(folder / CARD), folder
    return registry.resolve(name)


def _opened(card: ModelCard, folder: Path) -> Embedder:
    if card.head == "embedding":
        return ModelEmbedder(card, folder)
    return FeatureEmbedder(card, folder)


def _mark(card: ModelCard, folder: Path) -> str:
    return f"{card.name}:{sha256_of(folder / card.file)[:12]}"


def _stacked(vectors: Sequence[Vector]) -> Float32[np.ndarray, "n d"]:
    return np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)
