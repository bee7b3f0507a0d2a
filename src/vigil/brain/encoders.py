"""A pair of encoders, opened from a folder: pictures and texts become vectors of length 1."""

import hashlib
from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np

from vigil.brain.clip_card import ClipCard, ImageSide, load_clip_card
from vigil.brain.matching import Vector, unit, wordings
from vigil.core import BrainRefused, Image, ModelError
from vigil.infer import TextEncoder, as_vector, open_session, sha256_of

REMEMBERED = 512
"""Texts; a site asks the same few again and again."""


class Encoders:
    """Used by one thread. Opening takes seconds; raises `ConfigError` and `ModelError`."""

    def __init__(self, folder: Path) -> None:
        self.card: ClipCard = load_clip_card(folder)
        side = self.card.image
        self._texts = TextEncoder(self.card.text.as_input(), folder)
        self._pictures = open_session(side.as_card(self.card.name), folder)
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._fingerprint = _fingerprint(folder, self.card)
        self._check_size()

    def picture(self, image: Image) -> Vector:
        """The vector of an RGB picture of any size."""
        return unit(self._pictured(image))

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

    def _pictured(self, image: Image) -> Vector:
        side = self.card.image
        return as_vector(self._pictures.run(fitted(image, side)), side.output, side.file)

    def _check_size(self) -> None:
        side = self.card.image
        pictured = len(self._pictured(np.zeros((side.height, side.width, 3), np.uint8)))
        said = len(self._texts.encode("a"))
        if pictured != said:
            raise ModelError(
                f"{self.card.name}: its vectors differ in size: {side.file} makes {pictured} "
                f"numbers, {self.card.text.file} {said}"
            )


def fitted(image: Image, side: ImageSide) -> Image:
    """The picture at the encoder's size."""
    if side.fit == "stretch":
        return _resized(image, side.width, side.height)
    height, width = image.shape[:2]
    scales = side.width / width, side.height / height
    scale = min(scales) if side.fit == "pad" else max(scales)
    sized = _resized(image, max(1, round(width * scale)), max(1, round(height * scale)))
    return _padded(sized, side) if side.fit == "pad" else _cropped(sized, side)


def _padded(image: Image, side: ImageSide) -> Image:
    # With the mean colour: to the model, nothing is there.
    canvas = np.empty((side.height, side.width, 3), np.uint8)
    canvas[:] = np.clip(np.round(255 * np.array(side.mean)), 0, 255)
    height, width = image.shape[:2]
    top, left = (side.height - height) // 2, (side.width - width) // 2
    canvas[top : top + height, left : left + width] = image
    return canvas


def _cropped(image: Image, side: ImageSide) -> Image:
    top, left = (image.shape[0] - side.height) // 2, (image.shape[1] - side.width) // 2
    return np.ascontiguousarray(image[top : top + side.height, left : left + side.width])


def _resized(image: Image, width: int, height: int) -> Image:
    shrinks = width * height < image.shape[0] * image.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)


def _fingerprint(folder: Path, card: ClipCard) -> str:
    files = (card.image.file, card.text.file, card.text.tokenizer)
    hashes = [sha256_of(folder / file) for file in files]
    return "\0".join([*hashes, card.model_dump_json(exclude={"threshold", "temperature"})])
