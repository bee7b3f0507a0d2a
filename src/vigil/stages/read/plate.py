"""What stands on a number plate."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from vigil.core import Crop, Image, Reading, part
from vigil.infer.fitting import fitted_image
from vigil.infer.heads import head_of
from vigil.infer.live import OpenModel
from vigil.stages.read.crop_reader import CropReader
from vigil.stages.read.finding import surest
from vigil.stages.read.settings import Kind, Part, Weights, Words, need_head
from vigil.stages.read.spelling import spelled

PLATES = ("license_plate", "license plate", "number_plate", "plate")
CONTEXT = 0.05
"""Added around a plate that a finder found, in its widths and heights."""


@part
class Plate(CropReader):
    """Reads the text of a plate with a model of the registry, head `ctc` or `slots`.

    Give `labels: [license_plate]` where the camera's detector finds plates itself; else name
    vehicles, and a `finder`, a detector of the registry that finds a plate in the picture of one.
    `shortest`: texts of fewer characters are none. `min_score`: of the text read.
    """

    USEFUL_PX: ClassVar[int] = 640

    model: str
    name: Kind = "plate"
    labels: Words = PLATES
    finder: str | None = None
    crop: Part = (-0.05, -0.1, 1.05, 1.1)
    min_score: float = 0.5
    shortest: int = 4
    registry: Path | None = None

    def __post_init__(self) -> None:
        self.weights = Weights(self.model, self.registry, _reads_text)
        self.finder_weights = Weights(self.finder or "", self.registry, _finds)

    def warm_up(self) -> None:
        """Open the weights now; raises `ModelError`."""
        self.weights.current()
        if self.finder is not None:
            self.finder_weights.current()

    def one(self, crop: Crop) -> Reading | None:
        model = self.weights.current()
        plate = self._found(crop.image)
        if plate is None:
            return None
        output = model.session.run(fitted_image(plate, model.card.input))[0]
        text, score = spelled(output, model.card)
        if score < self.min_score or len(text) < self.shortest:
            return None
        return Reading(self.kind, text, score)

    def _found(self, image: Image) -> Image | None:
        if self.finder is None:
            return image
        finder = self.finder_weights.current()
        found = surest(finder, image, score=finder.card.score)
        if found is None:
            return None
        x1, y1, x2, y2 = found.box
        wide, high = CONTEXT * (x2 - x1), CONTEXT * (y2 - y1)
        rows = slice(max(0, round(y1 - high)), round(y2 + high))
        columns = slice(max(0, round(x1 - wide)), round(x2 + wide))
        plate = image[rows, columns]
        return plate if plate.size else None


def _reads_text(model: OpenModel) -> None:
    need_head(model.card, "ctc", "slots")
    size = model.card.input
    blank = np.zeros((size.height, size.width, 3), np.uint8)
    spelled(model.session.run(blank)[0], model.card)


def _finds(model: OpenModel) -> None:
    head_of(model.card)
