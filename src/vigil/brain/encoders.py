"""A pair of encoders, opened from a folder: pictures and texts become vectors of length 1."""

import hashlib
from collections import OrderedDict
from pathlib import Path

import numpy as np

from vigil.brain.clip_card import ClipCard, load_clip_card
from vigil.brain.matching import Vector, unit, wordings
from vigil.core import BrainRefused, Image, ModelError
from vigil.infer import TextEncoder, sha256_of
from vigil.infer.picture_encoder import PictureEncoder

REMEMBERED = 512
"""Texts; a site asks the same few again and again."""


class Encoders:
    """Used by one thread. Opening takes seconds; raises `ConfigError` and `ModelError`."""

    def __init__(self, folder: Path) -> None:
        self.card: ClipCard = load_clip_card(folder)
        side, text = self.card.image, self.card.text
        self._pictures = PictureEncoder(side, folder)
        both = self._pictures.graph if side.file == text.file else None
        self._texts = TextEncoder(text.as_input(), folder, both)
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._fingerprint = _fingerprint(folder, self.card)
        self._check_size()

    def picture(self, image: Image) -> Vector:
        """The vector of an RGB picture of any size."""
        return unit(self._pictures.encode(image))

    def text(self, text: str) -> Vector:
        """The vector of one text; kept for the next time."""
        if text in self._known:
            self._known.move_to_end(text)
            return self._known[text]
        vector = unit(self._texts.encode(text))
        self._known[text] = vector
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return vector

    def claim(self, texts: tuple[str, ...]) -> Vector:
        """The mean of its texts in all their templates. Raises `BrainRefused`."""
        found = wordings(texts, self.card)
        if not found:
            known = ", ".join(self.card.languages)
            raise BrainRefused(f"{self.card.name}: knows {known}, and no wording of the claim is")
        vectors = np.stack([self.text(wording) for wording in found])
        return unit(np.asarray(vectors.mean(axis=0), np.float32))

    def mark(self, texts: tuple[str, ...], negatives: tuple[str, ...]) -> str:
        """Stands for a claim as this model sees it: margins under it can be compared."""
        said = "\0".join((self._fingerprint, *texts, "", *negatives))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def _check_size(self) -> None:
        pictured, said = self._pictures.size, len(self._texts.encode("a"))
        if pictured != said:
            raise ModelError(
                f"{self.card.name}: its vectors differ in size: {self.card.image.file} makes "
                f"{pictured} numbers, {self.card.text.file} {said}"
            )


def _fingerprint(folder: Path, card: ClipCard) -> str:
    files = (card.image.file, card.text.file, card.text.tokenizer)
    hashes = [sha256_of(folder / file) for file in files]
    return "\0".join([*hashes, card.model_dump_json(exclude={"threshold", "temperature"})])
