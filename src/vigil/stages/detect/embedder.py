"""The embedder that a model of the registry drives."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.core import Image, part
from vigil.infer.embed import ModelEmbedder
from vigil.infer.registry import Registry, models_folder


@part
class RegisteredEmbedder:
    """Vectors of a model whose card says `head: embedding`, such as one for re-identification.

    `name`: in the registry, or `name@version`. `registry`: its folder; None: below VIGIL_HOME.
    The weights are opened on first use; raises `ModelError`.
    """

    name: str
    registry: Path | None = None

    def __post_init__(self) -> None:
        self._opened: ModelEmbedder | None = None
        self._one_at_a_time = threading.Lock()

    def check(self) -> None:
        """Raises `ModelError` when there is no such model; opens no weights."""
        self._registry.resolve(self.name)

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        """As `Embedder`, from any thread."""
        with self._one_at_a_time:
            if self._opened is None:
                self._opened = ModelEmbedder(*self._registry.resolve(self.name))
            return self._opened.embed(images)

    @property
    def _registry(self) -> Registry:
        return Registry(self.registry or models_folder())
