"""A picture becomes a vector, as the publisher of an encoder prepared pictures."""

from pathlib import Path

import cv2
import numpy as np

from vigil.core import Image, ModelError
from vigil.infer.encoder_card import ImageSide
from vigil.infer.encoder_graph import EncoderGraph
from vigil.infer.session import check_shape
from vigil.infer.tensor import InputTensor
from vigil.infer.vectors import Vector, as_vector


class PictureEncoder:
    """One open encoder: one thread, one picture at a time. Raises `ModelError`."""

    def __init__(self, side: ImageSide, folder: Path, graph: EncoderGraph | None = None) -> None:
        """`graph`: of the same file, where it is open already."""
        self._side = side
        path = folder / side.file
        self.graph = graph or EncoderGraph(path, (side.height, side.width))
        if len(self.graph.pictures) != 1:
            raise ModelError(
                f"{path.name}: takes {len(self.graph.pictures)} pictures at once; allowed: one, "
                "as (batch, 3, height, width)"
            )
        ((self._input, shape),) = self.graph.pictures.items()
        card = side.as_card(path.stem)
        check_shape(card, path, shape)
        self._tensor = InputTensor(card)
        self.size = len(self.encode(np.zeros((side.height, side.width, 3), np.uint8)))

    def encode(self, image: Image) -> Vector:
        """The vector of an RGB picture of any size, as the graph gives it."""
        tensor = self._tensor.fill(fitted(image, self._side))
        outputs = self.graph.run({self._input: tensor})
        return as_vector(outputs, self._side.output, self._side.file, self._side.pool)


def fitted(image: Image, side: ImageSide) -> Image:
    """The picture at the encoder's size."""
    if side.fit == "stretch":
        return _resized(image, side.width, side.height)
    height, width = image.shape[:2]
    scales = side.width / width, side.height / height
    scale = min(scales) if side.fit == "pad" else max(scales)
    if side.fit == "crop" and side.edge is not None:
        scale = max(scale, side.edge / min(height, width))
    sized = _resized(image, max(1, round(width * scale)), max(1, round(height * scale)))
    return _padded(sized, side) if side.fit == "pad" else _cropped(sized, side)


def _padded(image: Image, side: ImageSide) -> Image:
    # With the mean colour: to the model, nothing is there.
    canvas = np.empty((side.height, side.width, 3), np.uint8)
    canvas[:] = np.clip(np.round(255 * np.array(side.mean)), 0, 255)
    height, width = image.shape[:2]
    top, left = (side.height - height) // 2, (side.width - width) // 2
    canvas[top : top + height, left : left + width] = image
    return canvas


def _cropped(image: Image, side: ImageSide) -> Image:
    top, left = (image.shape[0] - side.height) // 2, (image.shape[1] - side.width) // 2
    return np.ascontiguousarray(image[top : top + side.height, left : left + side.width])


def _resized(image: Image, width: int, height: int) -> Image:
    shrinks = width * height < image.shape[0] * image.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)
