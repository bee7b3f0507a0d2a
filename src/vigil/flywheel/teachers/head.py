"""An embedding head as a teacher: of whole pictures, or of what another teacher has found."""

from collections.abc import Sequence

import numpy as np

from vigil.core import Detections, Embedder, Image, Labeler, ModelError
from vigil.flywheel.algorithms import Shelf
from vigil.flywheel.teachers.teacher import LEAST, Teacher, Words
from vigil.infer.embedders import embedder_for
from vigil.infer.head import Head
from vigil.infer.registry import Registry


class HeadTeacher:
    """Proposes the words of a head, each as likely as the head says."""

    labeler = Labeler.MODEL

    def __init__(
        self,
        head: Head,
        embedder: Embedder,
        words: Words,
        *,
        name: str,
        finder: Teacher | None = None,
    ) -> None:
        """`finder`: its boxes are cut out and named; None: whole pictures are.

        Raises `ModelError` for a word that the head does not know.
        """
        names = [name for each in words.values() for name in each]
        missing = sorted(set(names) - set(head.words))
        if missing:
            raise ModelError(
                f"{name} knows no {', '.join(missing)}; it knows: {', '.join(head.words)}; "
                "WORD=NAME tells which of them a word is"
            )
        self._head, self._embedder, self._finder = head, embedder, finder
        self.words, self.whole = words, finder is None
        self.name = name if finder is None else f"{name} on {finder.name}"
        self.usual = head.threshold * (1.0 if finder is None else finder.usual)

    def propose(self, images: Sequence[Image]) -> list[Detections | None]:
        if self._finder is None:
            return [self._of_whole(image) for image in images]
        found = self._finder.propose(images)
        return [
            None if each is None else self._of_crops(image, each)
            for image, each in zip(images, found, strict=True)
        ]

    def _of_whole(self, image: Image) -> Detections:
        shares = self._shares([image])[0]
        height, width = image.shape[:2]
        return Detections(
            boxes=np.tile(np.array([0, 0, width, height], np.float32), (len(shares), 1)),
            scores=shares.astype(np.float32),
            labels=tuple(self.words),
            card=self.name,
        )

    def _of_crops(self, image: Image, found: Detections) -> Detections:
        """Each box with its likeliest word, as sure as both teachers are together."""
        crops = [_crop(image, box) for box in found.boxes]
        kept = np.array([crop.size > 0 for crop in crops], bool)
        found, crops = found.where(kept), [crop for crop in crops if crop.size]
        if not crops:
            return Detections.none(self.name)
        shares = self._shares(crops)
        best = np.argmax(shares, axis=1)
        scores = found.scores * shares[np.arange(len(best)), best]
        words = tuple(self.words)
        named = Detections(
            boxes=found.boxes,
            scores=scores.astype(np.float32),
            labels=tuple(words[index] for index in best),
            card=self.name,
        )
        return named.where(named.scores >= LEAST)

    def _shares(self, images: Sequence[Image]) -> np.ndarray:
        """How likely each word is, (n, words)."""
        likely = self._head.probabilities(self._embedder.embed(images))
        known = self._head.words
        columns = [
            sum(likely[:, known.index(name)] for name in names) for names in self.words.values()
        ]
        return np.stack(columns, axis=1)


def head_teacher(
    algorithm: str, words: Words, shelf: Shelf, registry: Registry, *, finder: Teacher | None = None
) -> HeadTeacher:
    """The head in use of an algorithm. Raises `DataError` or `ModelError`."""
    found = shelf.in_use(algorithm)
    if found is None:
        raise ModelError(f"{algorithm}: every version was refused; it has no head to teach with")
    known, head = found
    name = f"{known.name}@{known.version}:{head.version}"
    embedder = embedder_for(known.embedder, registry)
    return HeadTeacher(head, embedder, words, name=name, finder=finder)


def _crop(image: Image, box: np.ndarray) -> Image:
    x1, y1, x2, y2 = np.round(box).astype(int)
    return np.ascontiguousarray(image[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)])
