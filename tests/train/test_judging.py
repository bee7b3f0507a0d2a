"""Average precision, the score that is best, and recall slice by slice, on answers made by hand."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import Image, ModelCard, ModelInput
from vigil.train.judging import Answer, judge
from vigil.train.stills import Still

CARD = ModelCard(
    name="x", file="x.onnx", head="points", labels=("a", "b"),
    input=ModelInput(width=64, height=64), nms_iou=0.6,
)  # fmt: skip
CELLS = 64 + 16 + 4


def still(
    path: Path, boxes: Sequence[Sequence[float]], words: Sequence[int], *,
    weights: Sequence[float] | None = None, group: str = "gate",
) -> Still:  # fmt: skip
    cv2.imwrite(str(path), np.full((128, 128, 3), len(boxes), np.uint8))
    return Still(
        path=path,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        words=np.array(words, np.int64),
        weights=np.array(weights or [1.0] * len(words), np.float32),
        group=group,
    )


def saying(*boxes: tuple[float, float, float, float, int, float]) -> Answer:
    """The same boxes for every picture, in its pixels, with a word and a score."""
    rows = np.zeros((1, CELLS, 6), np.float32)
    for cell, (x1, y1, x2, y2, word, score) in enumerate(boxes):
        column, row = cell % 8, cell // 8
        x, y = (column + 0.5) * 8, (row + 0.5) * 8
        rows[0, cell, :4] = (np.array([x - x1 / 2, y - y1 / 2, x2 / 2 - x, y2 / 2 - y])) / 8
        rows[0, cell, 4 + word] = score

    def answer(image: Image) -> list[np.ndarray]:
        assert image.shape == (64, 64, 3)
        return [rows]

    return answer


def test_everything_found(tmp_path: Path) -> None:
    stills = [still(tmp_path / "1.png", [[10, 10, 50, 50], [60, 60, 100, 120]], [0, 1])]
    found = judge(stills, saying((10, 10, 50, 50, 0, 0.9), (60, 60, 100, 120, 1, 0.8)), CARD)
    assert (found.average_precision, found.average_precision_50) == pytest.approx((1, 1), abs=1e-3)
    assert (found.precision, found.recall, found.score) == pytest.approx((1, 1, 0.8))
    assert (found.pictures, found.boxes) == (1, 2)
    assert found.metrics()["ap50/b"] == pytest.approx(1, abs=1e-3)


def test_a_word_that_is_wrong_is_not_found(tmp_path: Path) -> None:
    stills = [still(tmp_path / "1.png", [[10, 10, 50, 50]], [0])]
    found = judge(stills, saying((10, 10, 50, 50, 1, 0.9)), CARD)
    assert (found.average_precision_50, found.recall) == (0, 0)


def test_one_of_two_cameras_is_blind(tmp_path: Path) -> None:
    stills = [
        still(tmp_path / "1.png", [[10, 10, 50, 50]], [0], group="gate"),
        still(tmp_path / "2.png", [[70, 70, 90, 90]], [0], group="yard"),
    ]
    found = judge(stills, saying((10, 10, 50, 50, 0, 0.9)), CARD)
    assert found.recall_by["camera/gate"] == 1
    assert found.recall_by["camera/yard"] == 0
    assert (found.recall_by["size/large"], found.recall_by["size/small"]) == (1, 0)
    assert (found.precision, found.recall) == (0.5, 0.5)


def test_the_best_score_leaves_false_ones_out(tmp_path: Path) -> None:
    stills = [still(tmp_path / "1.png", [[10, 10, 50, 50]], [0])]
    found = judge(stills, saying((10, 10, 50, 50, 0, 0.6), (80, 80, 120, 120, 0, 0.4)), CARD)
    assert (found.score, found.precision, found.recall) == pytest.approx((0.6, 1, 1))


def test_precision_and_recall_at_a_score_that_is_given(tmp_path: Path) -> None:
    stills = [still(tmp_path / "1.png", [[10, 10, 50, 50], [60, 60, 100, 120]], [0, 1])]
    answer = saying((10, 10, 50, 50, 0, 0.6), (60, 60, 100, 120, 1, 0.4), (2, 60, 40, 120, 1, 0.5))
    at = {
        score: (found.precision, found.recall, found.score)
        for score in (0.3, 0.45, 0.55, 0.7)
        if (found := judge(stills, answer, CARD, score=score))
    }
    assert at[0.3] == pytest.approx((2 / 3, 1, 0.3))
    assert at[0.45] == pytest.approx((1 / 2, 1 / 2, 0.45))
    assert at[0.55] == pytest.approx((1, 1 / 2, 0.55))
    assert at[0.7] == (0, 0, 0.7)


def test_words_that_nobody_labelled_are_left_out(tmp_path: Path) -> None:
    stills = [still(tmp_path / "1.png", [[10, 10, 50, 50]], [0])]
    found = judge(stills, saying((10, 10, 50, 50, 0, 0.6), (60, 60, 99, 99, 1, 0.9)), CARD)
    assert (found.precision, found.recall) == (1, 1)
    assert found.things_by == {"camera/gate": 1, "crowd/few": 1, "light/dark": 1, "size/large": 1}


def test_by_what_nobody_is_sure_of_nobody_is_judged(tmp_path: Path) -> None:
    boxes = [[10, 10, 50, 50], [70, 70, 110, 110]]
    stills = [still(tmp_path / "1.png", boxes, [0, 0], weights=[1.0, 0.3])]
    for answer in (
        saying((10, 10, 50, 50, 0, 0.6)),
        saying((10, 10, 50, 50, 0, 0.6), (70, 70, 110, 110, 0, 0.9)),
    ):
        found = judge(stills, answer, CARD)
        assert (found.boxes, found.precision, found.recall) == (1, 1, 1)
        assert found.average_precision_50 == pytest.approx(1, abs=1e-3)


def test_nothing_found_is_nothing_reached(tmp_path: Path) -> None:
    found = judge([still(tmp_path / "1.png", [[10, 10, 50, 50]], [0])], saying(), CARD)
    assert (found.average_precision, found.precision, found.recall) == (0, 0, 0)


def test_light_and_crowding_are_told_apart(tmp_path: Path) -> None:
    crowd = [[10, 10, 50, 50], *([60 + 6 * n, 60, 64 + 6 * n, 70] for n in range(4))]
    stills = [
        still(tmp_path / "1.png", [[10, 10, 50, 50]], [0]),
        still(tmp_path / "2.png", crowd, [0] * 5),
    ]
    cv2.imwrite(str(stills[1].path), np.full((128, 128, 3), 200, np.uint8))
    found = judge(stills, saying((10, 10, 50, 50, 0, 0.9)), CARD)
    assert found.recall_by["light/dark"] == found.recall_by["crowd/few"] == 1
    assert found.recall_by["light/day"] == found.recall_by["crowd/many"] == 0.2
    assert found.things_by["crowd/many"] == 5
