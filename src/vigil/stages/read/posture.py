"""How a person holds themselves: lying, bent, sitting or upright."""

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Crop, Reading, part
from vigil.infer.live import OpenModel
from vigil.infer.pose import pose_in
from vigil.stages.read.body import held
from vigil.stages.read.crop_reader import CropReader
from vigil.stages.read.settings import Kind, Part, Weights, Words, need_head


@part
class Posture(CropReader):
    """Reads a person's joints, with a model of the registry that has the head movenet.

    `most_hz`: a person whose box changes its shape is read so often at most, and now and then
    while it does not. `min_score`: below it nothing is told. Limits: joints seen from above, or
    half hidden, tell little.
    """

    USEFUL_PX: ClassVar[int] = 256

    model: str = "movenet-lightning"
    name: Kind = "posture"
    labels: Words = ("person", "pedestrian")
    crop: Part = (-0.25, -0.12, 1.25, 1.12)
    most_hz: Annotated[float, Field(gt=0, le=25)] = 4.0
    min_score: float = 0.3
    registry: Path | None = None

    def __post_init__(self) -> None:
        self.weights = Weights(self.model, self.registry, _check)

    @property
    def again_s(self) -> float | None:
        return 1.0 / self.most_hz

    def warm_up(self) -> None:
        """Open the weights now; raises `ModelError`."""
        self.weights.current()

    def one(self, crop: Crop) -> Reading | None:
        height = float(crop.image.shape[0])
        found = held(pose_in(self.weights.current(), crop.image), height)
        if found is None or found.score < self.min_score:
            return None
        return Reading(self.kind, found.word, min(1.0, found.score))


def _check(model: OpenModel) -> None:
    need_head(model.card, "movenet")
