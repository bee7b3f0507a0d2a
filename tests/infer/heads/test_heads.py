"""Heads on tensors made by hand; the real files are in `test_model.py`."""

from dataclasses import replace

import numpy as np
import pytest

from vigil.core import ModelCard, ModelError, ModelInput
from vigil.infer.heads import HEADS, head_of
from vigil.infer.heads.grid import cells
from vigil.infer.heads.yunet import priors


def card(head: str, labels: tuple[str, ...] = ("person", "car"), side: int = 64) -> ModelCard:
    size = ModelInput(width=side, height=side)
    return ModelCard(name="x", file="x.onnx", head=head, labels=labels, input=size)


def test_cells_run_along_rows_and_coarse_levels_come_last() -> None:
    grid = cells(16, 8, (4, 8))

    assert grid.tolist()[:5] == [[0, 0, 4], [1, 0, 4], [2, 0, 4], [3, 0, 4], [0, 1, 4]]
    assert grid.tolist()[-2:] == [[0, 0, 8], [1, 0, 8]]


def test_yolox_scores_objectness_times_class() -> None:
    rows = np.zeros((1, 64 + 16 + 4, 7), np.float32)
    rows[0, 9] = [0.5, 0.25, np.log(2), np.log(3), 0.9, 0.1, 0.8]  # column 1, row 1, stride 8
    rows[0, 10] = [0, 0, 0, 0, 0.9, 0.3, 0.2]

    found = HEADS["yolox"]([rows], card("yolox"), 0.5)

    np.testing.assert_allclose(found.boxes, [[12 - 8, 10 - 12, 12 + 8, 10 + 12]], rtol=1e-6)
    np.testing.assert_allclose(found.scores, [0.72])
    assert found.classes.tolist() == [1]


def test_nanodet_takes_the_mean_of_each_sides_bins() -> None:
    levels = [64, 16, 4]
    classes = [np.zeros((1, n, 2), np.float32) for n in levels]
    sides = [np.full((1, n, 32), -50, np.float32) for n in levels]
    classes[1][0, 5] = [0.9, 0.1]  # column 1, row 1, stride 16: middle at 24, 24
    for side, distance in enumerate([1, 2, 0, 7]):
        sides[1][0, 5, side * 8 + distance] = 50

    found = HEADS["nanodet"]([*classes, *sides], card("nanodet"), 0.5)

    np.testing.assert_allclose(found.boxes, [[24 - 16, 24 - 32, 24, 24 + 112]], atol=1e-4)
    assert found.classes.tolist() == [0]


def test_points_measures_from_the_middle_of_a_cell() -> None:
    rows = np.zeros((1, 64 + 16 + 4, 6), np.float32)
    rows[0, 64 + 5] = [1, 2, 0.5, 3, 0.2, 0.7]  # column 1, row 1, stride 16: middle at 24, 24
    rows[0, 3] = [1, 1, 1, 1, 0.4, 0.1]

    found = HEADS["points"]([rows], card("points"), 0.5)

    np.testing.assert_allclose(found.boxes, [[24 - 16, 24 - 32, 24 + 8, 24 + 48]])
    np.testing.assert_allclose(found.scores, [0.7])
    assert found.classes.tolist() == [1]


def test_points_may_leave_words_untold() -> None:
    rows = np.zeros((1, 64 + 16 + 4, 6), np.float32)
    rows[0, :2] = [[1, 1, 1, 1, 0.9, 0.1], [1, 1, 1, 1, 0.95, 0.6]]
    cars = replace(card("points", labels=("car",)), options={"column/car": 1})

    found = HEADS["points"]([rows], cars, 0.5)

    np.testing.assert_allclose(found.scores, [0.6])
    assert found.classes.tolist() == [0]


def test_queries_may_stand_for_several_words_and_the_surest_come_first() -> None:
    logits = np.full((1, 3, 2), -9, np.float32)
    logits[0, 0] = [0, 2]  # one query, two words
    logits[0, 2, 0] = 1
    boxes = np.zeros((1, 3, 4), np.float32)
    boxes[0, 0], boxes[0, 2] = [0.5, 0.25, 0.5, 0.5], [0.5, 0.5, 1, 1]

    found = HEADS["queries"]([logits, boxes], card("queries"), 0.5)

    assert found.classes.tolist() == [1, 0, 0]
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp([-2.0, -1.0, 0.0])), rtol=1e-6)
    np.testing.assert_allclose(found.boxes, [[16, 0, 48, 32], [0, 0, 64, 64], [16, 0, 48, 32]])


def test_fastestdet_weighs_objectness_and_class() -> None:
    grid = np.zeros((1, 7, 4, 4), np.float32)
    grid[0, :, 2, 1] = [0.9, 0, 0, 0, 0, 0.2, 0.8]  # row 2, column 1; size: half the input

    found = HEADS["fastestdet"]([grid], card("fastestdet"), 0.5)

    np.testing.assert_allclose(found.boxes, [[16 - 16, 32 - 16, 16 + 16, 32 + 16]])
    np.testing.assert_allclose(found.scores, [0.9**0.6 * 0.8**0.4], rtol=1e-6)
    assert found.classes.tolist() == [1]


def test_ssd_leaves_out_background_unknown_classes_and_the_end_of_the_list() -> None:
    rows = np.array(
        [
            [0, 1, 0.9, 0.25, 0.5, 0.5, 1.0],
            [0, 0, 0.9, 0, 0, 1, 1],
            [0, 3, 0.9, 0, 0, 1, 1],
            [0, 1, 0.1, 0, 0, 1, 1],
            [-1, 1, 0.9, 0, 0, 1, 1],
        ],
        np.float32,
    )[None, None]

    found = HEADS["ssd"]([rows], card("ssd"), 0.5)

    np.testing.assert_allclose(found.boxes, [[16, 32, 32, 64]])
    assert found.classes.tolist() == [0]


def test_yunet_moves_and_sizes_its_priors() -> None:
    prior = priors(160, 120)
    places = np.zeros((len(prior), 14), np.float32)
    probabilities = np.zeros((len(prior), 2), np.float32)
    overlap = np.ones((len(prior), 1), np.float32)
    probabilities[7, 1] = 0.81

    size = ModelInput(width=160, height=120)
    face = ModelCard(name="x", file="x.onnx", head="yunet", labels=("face",), input=size)
    found = HEADS["yunet"]([places, probabilities, overlap], face, 0.5)
    half = prior[7, 2:] / 2
    np.testing.assert_allclose(found.boxes, [[*(prior[7, :2] - half), *(prior[7, :2] + half)]])
    np.testing.assert_allclose(found.scores, [0.9], rtol=1e-6)


@pytest.mark.parametrize("head", sorted(HEADS))
def test_a_head_that_sees_nothing_gives_no_boxes(head: str) -> None:
    outputs = {
        "yolox": [np.zeros((1, 84, 7), np.float32)],
        "nanodet": [np.zeros((1, n, c), np.float32) for c in (2, 32) for n in (64, 16, 4)],
        "fastestdet": [np.zeros((1, 7, 4, 4), np.float32)],
        "points": [np.zeros((1, 84, 6), np.float32)],
        "queries": [np.full((1, 9, 2), -9, np.float32), np.zeros((1, 9, 4), np.float32)],
        "ssd": [np.full((1, 1, 5, 7), -1, np.float32)],
        "yunet": [np.zeros((n, c), np.float32) for n, c in [(235, 14), (235, 2), (235, 1)]],
    }

    found = HEADS[head](outputs[head], card(head), 0.3)

    assert found.boxes.shape == (0, 4)
    assert len(found) == 0


def test_a_card_for_something_else_than_boxes_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ModelError, match="yolox"):
        head_of(card("movenet"))
