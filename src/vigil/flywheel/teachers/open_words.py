"""A detector that takes words as a teacher."""

from collections.abc import Sequence

import numpy as np

from vigil.brain.open_words import Grounding
from vigil.core import Detections, Image, Labeler
from vigil.flywheel.teachers.teacher import LEAST, Words
from vigil.stages.detect.nms import groups_of, survivors

NMS_IOU = 0.5


class OpenWordsTeacher:
    """Finds what words describe, without having been trained for them."""

    labeler = Labeler.MODEL
    whole = False

    def __init__(self, model: Grounding, words: Words) -> None:
        """`words`: the phrases for each; several are other ways to say the same."""
        self._model, self.words = model, words
        self._word = {phrase: word for word, phrases in words.items() for phrase in phrases}
        self.name = model.name

    @property
    def usual(self) -> float:
        return self._model.usual

    def propose(self, images: Sequence[Image]) -> list[Detections | None]:
        return [self._one(image) for image in images]

    def _one(self, image: Image) -> Detections:
        found = self._model.find(image, tuple(self._word), score=LEAST)
        labels = tuple(self._word[phrase] for phrase in found.labels)
        kept = survivors(found.boxes, found.scores, groups_of(labels), iou=NMS_IOU)
        return Detections(
            boxes=found.boxes[kept],
            scores=found.scores[kept],
            labels=tuple(labels[index] for index in np.asarray(kept)),
            card=self.name,
        )
