"""Colours in words: of drawn surfaces, of rendered vehicles, of real cars."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Box, Crop
from vigil.stages.read.colour import Colour
from vigil.stages.read.paint import COLOURS, paint_of

PAINTS = {
    "black": [(18, 18, 20), (40, 38, 42)],
    "white": [(245, 245, 240), (225, 228, 232)],
    "grey": [(128, 130, 132), (90, 92, 95), (165, 168, 170)],
    "red": [(170, 20, 25), (220, 40, 40), (120, 15, 20)],
    "orange": [(235, 120, 20), (250, 140, 40)],
    "yellow": [(240, 205, 30), (220, 190, 60)],
    "green": [(30, 110, 50), (70, 150, 70)],
    "blue": [(25, 50, 130), (60, 110, 200), (20, 30, 90)],
    "purple": [(110, 40, 140)],
    "brown": [(95, 60, 35), (80, 50, 30)],
    "pink": [(240, 160, 180)],
}


def car(colour: tuple[int, int, int], *, noise: float, light: float, seed: int) -> np.ndarray:
    """Paint with windows, a shadow, a glare and the road around it."""
    random = np.random.default_rng(seed)
    picture = np.full((60, 90, 3), (95, 95, 98), np.float32)
    picture[4:56, 4:86] = colour
    picture[6:22, 18:70] = (45, 50, 55)
    picture[50:58, 6:84] *= 0.45
    picture[24:27, 30:60] = picture[24:27, 30:60] * 0.6 + 100
    picture = picture * light + random.normal(0, noise, picture.shape)
    return cv2.GaussianBlur(np.clip(picture, 0, 255), (0, 0), 0.7).astype(np.uint8)


@pytest.mark.parametrize(("word", "colour"), [(w, c) for w, each in PAINTS.items() for c in each])
def test_paint_has_its_name_in_spite_of_windows_shadow_and_noise(word, colour):
    found = Colour().one(Crop(car(colour, noise=5, light=1.0, seed=1), "car"))
    assert found.word == word


@given(seed=st.integers(0, 2**32), word=st.sampled_from(["red", "green", "blue", "yellow"]))
@settings(max_examples=30, deadline=None)
def test_light_and_noise_do_not_change_a_vivid_colour(seed, word):
    light = np.random.default_rng(seed).uniform(0.75, 1.05)
    found = paint_of(car(PAINTS[word][0], noise=9, light=light, seed=seed))
    assert found.word == word


@given(seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_any_crop_has_a_word_and_a_share(seed):
    random = np.random.default_rng(seed)
    size = random.integers(8, 100, 2)
    crop = random.integers(0, 256, (*size, 3)).astype(np.uint8)
    word, share = paint_of(crop)
    assert word in COLOURS
    assert 0 <= share <= 1


def test_a_crop_of_a_few_pixels_tells_nothing():
    assert Colour().one(Crop(np.zeros((7, 40, 3), np.uint8), "car")) is None


def test_a_reader_may_read_clothes_under_a_name_of_its_own():
    reader = Colour(name="upper_colour", labels=("person",), crop=(0.25, 0.18, 0.75, 0.5))
    assert reader.kind == "upper_colour"
    assert reader.wants == {"person"}
    assert reader.area == Box(0.25, 0.18, 0.75, 0.5)


@pytest.mark.data
@pytest.mark.parametrize(
    ("second", "cut", "word"),
    [
        (6.48, (280, 66, 430, 320), "white"),
        (16.32, (326, 168, 480, 432), "red"),
        (17.52, (310, 6, 444, 222), "red"),
        (26.48, (136, 40, 306, 344), "white"),
    ],
)
def test_real_cars_seen_from_above_have_their_colours(picture, second, cut, word):
    reader, image = Colour(), picture("videos/car-detection.mp4", second)
    x1, y1, x2, y2 = cut
    wide, high, area = x2 - x1, y2 - y1, reader.area
    body = image[
        round(y1 + area.y1 * high) : round(y1 + area.y2 * high),
        round(x1 + area.x1 * wide) : round(x1 + area.x2 * wide),
    ]
    assert reader.one(Crop(np.ascontiguousarray(body), "car")).word == word
