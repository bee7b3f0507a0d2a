"""A detector of the registry as a teacher."""

from collections.abc import Sequence

import numpy as np

from vigil.core import Detections, Detector, Image, Labeler, Look, ModelCard, ModelError, Rung
from vigil.flywheel.teachers.teacher import LEAST, Words
from vigil.infer.registry import Registry
from vigil.media.pixels import frame_of_array
from vigil.stages.detect.model import ModelDetector


class DetectorTeacher:
    """Proposes what a detector sees, also what it is not sure of."""

    labeler = Labeler.MODEL
    whole = False

    def __init__(self, detector: Detector, words: Words, *, name: str, usual: float) -> None:
        """`words` name what the detector reports; other reports are passed over."""
        self._detector = detector
        self._word = {name: word for word, names in words.items() for name in names}
        self.name, self.words, self.usual = name, words, usual

    def propose(self, images: Sequence[Image]) -> list[Detections | None]:
        looks = [Look.whole(frame_of_array(image), Rung.FULL) for image in images]
        return [self._renamed(found) for found in self._detector.detect(looks)]

    def _renamed(self, found: Detections) -> Detections:
        known = found.where(np.array([label in self._word for label in found.labels], bool))
        return Detections(
            boxes=known.boxes,
            scores=known.scores,
            labels=tuple(self._word[label] for label in known.labels),
            card=found.card,
        )


def detector_teacher(reference: str, words: Words, registry: Registry) -> DetectorTeacher:
    """A model of the registry, `name` or `name@version`. Raises `ModelError`."""
    card, _ = registry.resolve(reference)
    names = tuple(name for each in words.values() for name in each)
    _check(card, names)
    detector = ModelDetector(
        name=card.id, labels=names, score=LEAST, canvas=False, registry=registry.folder
    )
    return DetectorTeacher(detector, words, name=card.id, usual=card.score)


def _check(card: ModelCard, names: tuple[str, ...]) -> None:
    missing = sorted(set(names) - set(card.labels))
    if missing:
        raise ModelError(
            f"{card.id} knows no {', '.join(missing)}; it knows: {', '.join(card.labels)}; "
            "WORD=NAME tells which of them a word is"
        )
