"""Dark pictures become bright; others stay as they are."""

import numpy as np

from vigil.core import Box, Image
from vigil.media.pixels import frame_of_array
from vigil.stages.enhance.low_light import LowLight


def ramp(black: int, white: int) -> Image:
    across = np.linspace(black, white, 200)
    return np.repeat(np.tile(across, (100, 1))[:, :, None], 3, 2).astype(np.uint8)


def lit(image: Image, region: Box | None = None, **settings: float) -> Image:
    frame = frame_of_array(image)
    wide = 200 if region is None else round(region.width)
    return LowLight(**settings).enhance(frame).pixels.rgb(wide, 100, region)


def test_a_dark_picture_reaches_from_black_to_white() -> None:
    found = lit(ramp(10, 60))
    assert found.min() == 0
    assert found.max() == 255
    assert abs(float(np.diff(found[0, 10:190, 0].astype(float)).mean()) - 255 / 200) < 0.15


def test_a_bright_picture_stays_to_the_last_bit() -> None:
    image = ramp(0, 250)
    assert np.array_equal(lit(image), image)
    assert not np.array_equal(lit(image, below=255), image)


def test_a_piece_is_lit_as_its_picture_is() -> None:
    image = ramp(10, 60)
    assert np.array_equal(lit(image, Box(0, 0, 50, 100)), lit(image)[:, :50])
    shadow = ramp(0, 250)
    assert np.array_equal(lit(shadow, Box(0, 0, 50, 100)), shadow[:, :50])


def test_darkness_itself_is_not_made_of_noise() -> None:
    night = np.random.default_rng(0).integers(0, 4, (100, 200, 3)).astype(np.uint8)
    assert lit(night).max() <= 12 * 4


def test_gates_see_the_brightness_that_came() -> None:
    frame = frame_of_array(ramp(10, 60))
    assert np.array_equal(LowLight().enhance(frame).luma(64), frame.luma(64))
