"""What sort of vehicle it is."""

from pathlib import Path
from typing import ClassVar

from vigil.core import Crop, Reading, part
from vigil.infer.classify import likeliest
from vigil.infer.live import OpenModel
from vigil.stages.read.crop_reader import CropReader
from vigil.stages.read.settings import VEHICLES, Kind, Part, Weights, Words, need_head

NO_TYPE = "vehicle"
BY_LABEL = 0.6
"""How sure a detector's word is taken for: it was not asked for more than a box."""


@part
class VehicleType(CropReader):
    """Reads the word of a classifier or, without one, the detector's own.

    `model`: of the registry, with head softmax; its labels are the words. `min_score`: below it
    the classifier does not tell.
    """

    USEFUL_PX: ClassVar[int] = 256

    model: str | None = None
    name: Kind = "vehicle_type"
    labels: Words = VEHICLES
    crop: Part = (-0.05, -0.05, 1.05, 1.05)
    min_score: float = 0.4
    registry: Path | None = None

    def __post_init__(self) -> None:
        self.weights = Weights(self.model or "", self.registry, _check)

    def warm_up(self) -> None:
        """Open the weights now, if there are any; raises `ModelError`."""
        if self.model is not None:
            self.weights.current()

    def one(self, crop: Crop) -> Reading | None:
        return self._by_label(crop.label) if self.model is None else self._by_model(crop)

    def _by_label(self, label: str) -> Reading | None:
        return None if label in ("", NO_TYPE) else Reading(self.kind, label, BY_LABEL)

    def _by_model(self, crop: Crop) -> Reading | None:
        (word, score), *_ = likeliest(self.weights.current(), crop.image)
        return Reading(self.kind, word, score) if score >= self.min_score else None


def _check(model: OpenModel) -> None:
    need_head(model.card, "softmax")
