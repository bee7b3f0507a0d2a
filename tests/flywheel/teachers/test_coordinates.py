"""Boxes in whatever numbers a model writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box
from vigil.flywheel.teachers.coordinates import Convention, in_pixels

SHOWN, FULL = (1024, 576), (1920, 1080)
SCALES = {"pixels": (1024, 576), "thousand": (1000, 1000), "unit": (1, 1)}


@given(
    st.floats(0, 0.6), st.floats(0, 0.6), st.floats(0.1, 0.4), st.floats(0.1, 0.4),
    st.sampled_from(["pixels", "thousand", "unit"]),
)  # fmt: skip
def test_every_convention_means_the_same_box(
    x: float, y: float, wide: float, high: float, convention: Convention
) -> None:
    across, down = SCALES[convention]
    row = (x * across, y * down, (x + wide) * across, (y + high) * down)
    (box,) = in_pixels([row], convention, shown=SHOWN, full=FULL)
    assert box == pytest.approx((x * 1920, y * 1080, (x + wide) * 1920, (y + high) * 1080))


def test_auto_believes_the_numbers_of_the_whole_answer() -> None:
    unit = in_pixels([(0.1, 0.1, 0.5, 1.0), (0, 0, 1, 1)], "auto", shown=SHOWN, full=FULL)
    assert unit == [Box(192, 108, 960, 1080), Box(0, 0, 1920, 1080)]
    thousand = in_pixels([(0, 0, 1, 1), (100, 100, 500, 1000)], "auto", shown=SHOWN, full=FULL)
    assert thousand == [None, Box(192, 108, 960, 1080)]
    pixels = in_pixels([(0, 0, 1500, 1000)], "auto", shown=(1600, 1000), full=(1600, 1000))
    assert pixels == [Box(0, 0, 1500, 1000)]
    assert in_pixels([], "auto", shown=SHOWN, full=FULL) == []


@pytest.mark.parametrize(
    "row", [(500, 100, 100, 500), (300, 300, 300, 300), (0, 0, 1200, 500), (-200, 0, 500, 500)]
)
def test_what_is_no_box_of_the_picture_is_none(row: tuple[float, ...]) -> None:
    assert in_pixels([row], "thousand", shown=SHOWN, full=FULL) == [None]


def test_a_box_that_reaches_a_little_too_far_is_cut() -> None:
    found = in_pixels([(-20, 0, 1010, 500)], "thousand", shown=SHOWN, full=FULL)
    assert found == [Box(0, 0, 1920, 540)]
