"""Heads of several algorithms that look at the same pictures: each picture is embedded once."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from vigil.core import Image, ModelError
from vigil.infer.embedders import NamedEmbedder
from vigil.infer.head_folder import KeptHead

Shares = Float64[np.ndarray, "n k"]
"""Of each picture the probabilities of a head's words."""


class HeadPanel:
    """Asks each head about each picture."""

    def __init__(
        self,
        heads: Sequence[KeptHead],
        embedders: Mapping[str, NamedEmbedder],
        silent: Mapping[str, str] | None = None,
    ) -> None:
        """`embedders`: by the word that opens them. Raises `ModelError` for vectors of another.

        `silent`: algorithms whose heads are wanted and cannot be asked, with the reason.
        """
        for kept in heads:
            mark = embedders[kept.embedder].mark
            if kept.head.embedder != mark:
                raise ModelError(
                    f"{kept.id}: was learnt on vectors of {kept.head.embedder}, and "
                    f"{kept.embedder!r} is now {mark}; make a new version"
                )
        self.heads = tuple(heads)
        self.silent = dict(silent or {})
        self._embedders = embedders

    def ask(self, images: Sequence[Image]) -> list[Shares]:
        """The answer of each head, in their order."""
        words = dict.fromkeys(kept.embedder for kept in self.heads)
        vectors = {word: self._embedders[word].embed(images) for word in words}
        return [kept.head.probabilities(vectors[kept.embedder]) for kept in self.heads]
