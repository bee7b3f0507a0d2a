"""Where in a crop a detector's surest thing is."""

from typing import NamedTuple

from vigil.core import Box, Image
from vigil.infer.fitting import fitted_image, natural_scale
from vigil.infer.heads import head_of
from vigil.infer.live import OpenModel


class Found(NamedTuple):
    """The surest thing in a crop."""

    box: Box
    """Pixels of the crop."""
    score: float


def surest(model: OpenModel, image: Image, *, score: float = 0.0) -> Found | None:
    """The thing with the highest score, of any label; None when none reaches `score`."""
    size = model.card.input
    outputs = model.session.run(fitted_image(image, size))
    found = head_of(model.card)(outputs, model.card, max(score, 1e-3))
    if not len(found):
        return None
    best = int(found.scores.argmax())
    if found.scores[best] < score:
        return None
    height, width = image.shape[:2]
    scale_x, scale_y = natural_scale(width, height, size)
    x1, y1, x2, y2 = (float(side) for side in found.boxes[best])
    box = Box(x1 / scale_x, y1 / scale_y, x2 / scale_x, y2 / scale_y)
    return Found(box.clipped(width, height), min(1.0, float(found.scores[best])))
