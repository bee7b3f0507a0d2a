"""A picture becomes another picture of the same things, by a model."""

import cv2
import numpy as np

from vigil.core import Image, ModelError
from vigil.infer.fitting import fitted_image
from vigil.infer.live import OpenModel

HEAD = "picture"


def check_relights(model: OpenModel) -> None:
    """Raise `ModelError` unless it answers a picture, 0 to 1, of the size that it is shown."""
    card, size = model.card, model.card.input
    if card.head != HEAD or size.fit != "stretch":
        raise ModelError(
            f"{card.id}: head {card.head!r}, fit {size.fit!r}; needed: {HEAD!r} and 'stretch'"
        )
    found = model.session.run(np.zeros((size.height, size.width, 3), np.uint8))[0].shape
    wanted = (1, 3, size.height, size.width)
    if found != wanted:
        raise ModelError(f"{card.id}: answers the shape {found}; needed: {wanted}")


def relit(model: OpenModel, image: Image) -> Image:
    """What the model makes of an RGB picture, in the picture's own size."""
    (answer,) = model.session.run(fitted_image(image, model.card.input))[0]
    levels = np.clip(np.rint(255 * answer.transpose(1, 2, 0)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(levels, image.shape[1::-1]), np.uint8)
