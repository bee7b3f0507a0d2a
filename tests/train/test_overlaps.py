"""Overlaps agree with those of the watch, and teach boxes that are apart."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import iou
from vigil.train.overlaps import areas, generalised_ious, ious

SIDES = st.floats(0, 90)
BOXES = st.tuples(SIDES, SIDES, st.floats(1, 40), st.floats(1, 40)).map(
    lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
)


@given(st.lists(BOXES, min_size=1, max_size=5), st.lists(BOXES, min_size=1, max_size=5))
def test_as_the_watch_counts_them(some: list[list[float]], others: list[list[float]]) -> None:
    a, b = np.array(some, np.float32), np.array(others, np.float32)
    found = ious(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    np.testing.assert_allclose(found, iou(a, b), atol=1e-5)


@given(BOXES, BOXES)
def test_generalised_overlap_is_at_most_the_overlap(a: list[float], b: list[float]) -> None:
    one, two = torch.tensor([a]), torch.tensor([b])
    general = float(generalised_ious(one, two)[0])
    assert -1 <= general <= float(ious(one, two)[0, 0]) + 1e-5
    assert float(generalised_ious(one, one)[0]) == pytest.approx(1, abs=1e-5)


def test_boxes_that_are_apart_are_drawn_together() -> None:
    box = torch.tensor([[60.0, 60.0, 80.0, 80.0]], requires_grad=True)
    goal = torch.tensor([[0.0, 0.0, 20.0, 20.0]])
    assert ious(box, goal).item() == 0
    (-generalised_ious(box, goal)).sum().backward()
    assert box.grad is not None
    assert (box.grad[0, :2] > 0).all()  # downhill is up and to the left


def test_a_box_turned_inside_out_has_no_area() -> None:
    assert float(areas(torch.tensor([[5.0, 5.0, 1.0, 9.0]]))) == 0
