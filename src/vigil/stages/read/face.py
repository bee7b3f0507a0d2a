"""Whether a face is to be seen. Whose it is nobody asks, and nothing of it is kept."""

from pathlib import Path
from typing import ClassVar

from vigil.core import Crop, Reading, part
from vigil.infer.heads import head_of
from vigil.infer.live import OpenModel
from vigil.stages.read.crop_reader import CropReader
from vigil.stages.read.finding import surest
from vigil.stages.read.settings import Kind, Part, Weights, Words

LEAST_HEAD_PX = 16
"""Of a head narrower than this no model tells whether it has a face."""
HEADS_WIDE = 2.2
"""So many heads fit into the width of a person's box."""
NOT_EVEN = 0.3
"""Of the card's score: what is less likely a face is none."""


@part
class Face(CropReader):
    """Reads `present` or `absent` for a person.

    `model`: a face detector of the registry. Absent means that a head large enough shows no
    face: it is turned away, covered, or bent down.
    """

    USEFUL_PX: ClassVar[int] = 320

    model: str = "yunet-face-120x160"
    name: Kind = "face"
    labels: Words = ("person", "pedestrian")
    crop: Part = (-0.1, -0.05, 1.1, 0.45)
    registry: Path | None = None

    def __post_init__(self) -> None:
        self.weights = Weights(self.model, self.registry, _check)

    def warm_up(self) -> None:
        """Open the weights now; raises `ModelError`."""
        self.weights.current()

    def one(self, crop: Crop) -> Reading | None:
        model = self.weights.current()
        least = NOT_EVEN * model.card.score
        found = surest(model, crop.image, score=least)
        if found is not None and found.score >= model.card.score:
            return Reading(self.kind, "present", found.score)
        x1, _, x2, _ = self.crop
        if found is not None or crop.image.shape[1] / (x2 - x1) / HEADS_WIDE < LEAST_HEAD_PX:
            return None
        return Reading(self.kind, "absent", 1.0 - least)


def _check(model: OpenModel) -> None:
    head_of(model.card)
