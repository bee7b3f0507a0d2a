"""Pictures at an encoder's size."""

from typing import Literal

import numpy as np
import pytest

from vigil.infer.encoder_card import ImageSide
from vigil.infer.picture_encoder import fitted


@pytest.mark.parametrize("fit", ["pad", "stretch", "crop"])
@pytest.mark.parametrize("size", [(48, 64), (64, 48), (7, 900), (16, 16), (3, 3)])
def test_a_picture_of_any_shape_fits(fit: Literal["pad", "stretch", "crop"], size: object) -> None:
    side = ImageSide(file="i.onnx", width=16, height=12, fit=fit)
    image = np.full((*size, 3), 255, np.uint8)  # type: ignore[misc]
    made = fitted(image, side)
    assert made.shape == (12, 16, 3)
    bright = (made == 255).mean()
    assert bright < 1 if fit == "pad" and size != (48, 64) else bright == 1


def test_a_cropped_picture_keeps_its_middle() -> None:
    image = np.zeros((12, 40, 3), np.uint8)
    image[:, 18:22] = 255
    made = fitted(image, ImageSide(file="i.onnx", width=12, height=12, fit="crop"))
    assert (made[:, 4:8] == 255).all()
    assert not made[:, :3].any()


def test_a_publisher_cuts_the_middle_out_of_a_larger_picture() -> None:
    image = np.zeros((50, 100, 3), np.uint8)
    image[5:45, 30:70] = 255
    made = fitted(image, ImageSide(file="i.onnx", width=8, height=8, fit="crop", edge=10))
    assert made.shape == (8, 8, 3)
    assert (made == 255).all()
