"""Detectors that take words: Grounding DINO and OWLv2, from a folder of weights.

They stand beside the large models, and not in the registry, since they run in torch: nothing that
watches may open them, teachers may.
"""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vigil.core import Detections, Image, ModelError
from vigil.infer.content import sha256_of

if TYPE_CHECKING:
    from vigil.brain.open_words_model import OpenWordsModel

LIBRARIES = ("torch", "transformers")


class Grounding(Protocol):
    """Finds what is said in words."""

    @property
    def name(self) -> str:
        """The folder and a hash of its weights."""
        ...

    @property
    def usual(self) -> float:
        """The score from which on its makers believe it, 0 to 1."""
        ...

    def find(self, image: Image, phrases: Sequence[str], *, score: float) -> Detections:
        """Boxes from `score` on, each with the phrase that fits it best; duplicates are in it."""
        ...


class OpenWords:
    """Opens safetensors only, runs no code of the folder, fetches nothing. Not for two threads."""

    def __init__(self, folder: Path, *, device: str = "auto") -> None:
        """Weights are opened by the first question; `device`: `auto`, `cpu`, `cuda` or `cuda:N`.

        Raises `ModelError` for a folder that is none.
        """
        weights = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
        if not (folder / "config.json").is_file() or not weights:
            raise ModelError(
                f"{folder}: allowed: a folder with a config.json, a tokenizer and weights in "
                ".safetensors, as Grounding DINO and OWLv2 are published"
            )
        for library in LIBRARIES:
            if find_spec(library) is None:
                raise _more_libraries(library)
        content = "".join(map(sha256_of, weights))
        self.name = f"{folder.name}:{hashlib.sha256(content.encode()).hexdigest()[:12]}"
        self._folder, self._device = folder, device
        self._model: OpenWordsModel | None = None

    @property
    def usual(self) -> float:
        return self._opened().usual

    def find(self, image: Image, phrases: Sequence[str], *, score: float) -> Detections:
        """As `Grounding`. Raises `ModelError`, also for more phrases than it reads at once."""
        return self._opened().find(image, phrases, score=score)

    def _opened(self) -> "OpenWordsModel":
        if self._model is None:
            try:
                # Takes seconds and half a gigabyte: only who asks pays for it.
                from vigil.brain.open_words_model import OpenWordsModel  # noqa: PLC0415
            except ImportError as error:
                raise _more_libraries(error.name) from error
            self._model = OpenWordsModel(self._folder, device=self._device)
        return self._model


def _more_libraries(name: str | None) -> ModelError:
    return ModelError(
        f"a detector that takes words needs more libraries ({name}); install them with: "
        "pip install 'vigil-video[brain-local]'"
    )
