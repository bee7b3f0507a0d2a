"""Where the joints of a person are."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Frame, Image, ModelCard, ModelError
from vigil.infer.fitting import fitted, fitted_image, natural_scale
from vigil.infer.live import OpenModel

CONTEXT = 0.15
"""Added on each side of a person's box, as a share of its longer side."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pose:
    """Joints of one person as parallel arrays."""

    points: Float32[np.ndarray, "n 2"]
    """x, y in source pixels."""
    scores: Float32[np.ndarray, "n"]
    """Confidence, 0 to 1."""
    names: tuple[str, ...]

    def point(self, name: str) -> tuple[float, float]:
        """Where one joint is; raises ValueError for a name that the model does not know."""
        x, y = self.points[self.names.index(name)]
        return float(x), float(y)


class PoseEstimator:
    """Runs a single-person model whose card says `head: movenet`."""

    def __init__(self, card: ModelCard, folder: Path) -> None:
        """Open the weights; raises `ModelError`."""
        if card.head != "movenet":
            raise ModelError(f"{card.id}: head {card.head!r} gives no joints; needed: movenet")
        self.card = card
        self._model = OpenModel.of(card, folder)

    def estimate(self, frame: Frame, person: Box | None = None) -> Pose:
        """Joints of the person in a box, source pixels; None: of the one who fills the picture."""
        region = Box(0, 0, frame.width, frame.height)
        if person is not None:
            region = _with_context(person, frame)
        picture, drawn = fitted(frame, self.card.input, region)
        return _joints(self._model, picture, drawn, region)


def pose_in(model: OpenModel, image: Image) -> Pose:
    """Joints of the person who fills a picture, in its pixels."""
    size = model.card.input
    height, width = image.shape[:2]
    scale_x, scale_y = natural_scale(width, height, size)
    drawn = Box(0, 0, max(1, round(width * scale_x)), max(1, round(height * scale_y)))
    return _joints(model, fitted_image(image, size), drawn, Box(0, 0, width, height))


def _joints(model: OpenModel, picture: Image, drawn: Box, region: Box) -> Pose:
    """Read one output (1, 1, joints, 3): y, x in fractions of the input, and score.

    `drawn`: the part of the input that `region` fills.
    """
    rows = model.session.run(picture)[0].reshape(-1, 3)
    size = model.card.input
    x = region.x1 + rows[:, 1] * size.width / drawn.width * region.width
    y = region.y1 + rows[:, 0] * size.height / drawn.height * region.height
    return Pose(
        points=np.stack([x, y], axis=1).astype(np.float32),
        scores=rows[:, 2].astype(np.float32),
        names=model.card.labels,
    )


def _with_context(person: Box, frame: Frame) -> Box:
    more = CONTEXT * max(person.width, person.height)
    grown = Box(person.x1 - more, person.y1 - more, person.x2 + more, person.y2 + more)
    return Box(*map(float, map(round, grown.clipped(frame.width, frame.height))))
