"""Where the joints of a person are."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Frame, ModelCard, ModelError
from vigil.infer.fitting import fitted
from vigil.infer.session import open_session

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
        self._session = open_session(card, folder)

    def estimate(self, frame: Frame, person: Box | None = None) -> Pose:
        """Joints of the person in a box, source pixels; None: of the one who fills the picture.

        Reads one output (1, 1, joints, 3): y, x in fractions of the input, and score.
        """
        region = Box(0, 0, frame.width, frame.height)
        if person is not None:
            region = _with_context(person, frame)
        picture, drawn = fitted(frame, self.card.input, region)
        rows = self._session.run(picture)[0].reshape(-1, 3)
        size = self.card.input
        x = region.x1 + rows[:, 1] * size.width / drawn.width * region.width
        y = region.y1 + rows[:, 0] * size.height / drawn.height * region.height
        return Pose(
            points=np.stack([x, y], axis=1).astype(np.float32),
            scores=rows[:, 2].astype(np.float32),
            names=self.card.labels,
        )


def _with_context(person: Box, frame: Frame) -> Box:
    more = CONTEXT * max(person.width, person.height)
    grown = Box(person.x1 - more, person.y1 - more, person.x2 + more, person.y2 + more)
    return Box(*map(float, map(round, grown.clipped(frame.width, frame.height))))
