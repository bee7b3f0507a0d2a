"""Boxes as plain numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box, as_array, iou
from vigil.stages.track import corners

BOXES = st.builds(
    lambda x, y, width, height: Box(x, y, x + width, y + height),
    *[st.floats(0, 600)] * 2,
    *[st.floats(1, 90)] * 2,
)


@given(st.lists(BOXES, min_size=1, max_size=6), st.lists(BOXES, min_size=1, max_size=6))
def test_overlap_is_intersection_over_union(ours: list[Box], theirs: list[Box]) -> None:
    found = [[corners.overlap(one, other) for other in theirs] for one in ours]
    assert np.array(found) == pytest.approx(iou(as_array(ours), as_array(theirs)), abs=1e-3)


@given(BOXES, BOXES)
def test_what_lies_apart_shares_nothing(one: Box, other: Box) -> None:
    assert corners.apart(one, other) <= (corners.shared(one, other) == 0)
    assert corners.apart(one, other) == corners.apart(other, one)
    assert not corners.apart(one, one)


@given(BOXES, BOXES, st.floats(1, 100))
def test_what_is_out_of_reach_misfits_by_more(one: Box, other: Box, reach_px: float) -> None:
    if corners.apart(corners.grown(one, reach_px), other):
        assert corners.misfit(one, other) >= reach_px**2


def test_a_foot_out_of_place_counts_more_than_a_box_cut_short() -> None:
    whole, cut = Box(100, 100, 140, 200), Box(100, 120, 140, 200)
    assert corners.misfit(whole, Box(100, 120, 140, 220)) == 20**2
    assert corners.misfit(whole, cut) == corners.SHAPE * 20**2


def test_between_two_boxes_is_half_way() -> None:
    middle = corners.between(Box(0, 10, 20, 30), Box(10, 10, 40, 50))
    assert middle == Box(5, 10, 30, 40)


def test_a_box_that_shrank_to_less_than_half_is_widened_over_its_foot() -> None:
    before = Box(0, 0, 40, 80)
    assert corners.not_halved(Box(18, 70, 22, 80), before) == (10, 40, 30, 80)
    assert corners.not_halved(Box(0, 20, 40, 80), before) == (0, 20, 40, 80)


def test_nothing_is_smaller_than_a_pixel() -> None:
    assert corners.size(Box(5, 5, 5, 5)) == 1
    assert corners.size(Box(0, 0, 20, 40)) == 30
