"""How good what a segmenter says of every pixel is."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import ModelCard, ModelInput
from vigil.infer.session import Output
from vigil.train.judging_maps import LookedAt, confusion, judge_maps, overlaps
from vigil.train.map_failures import map_failures
from vigil.train.regions import UNKNOWN, Mapped, Region

CARD = ModelCard(
    name="m", file="m.onnx", head="class_scores", labels=("other", "car"),
    input=ModelInput(width=64, height=64, fit="stretch"),
)  # fmt: skip
CORNERS = np.array([(0, 0), (50, 0), (50, 40), (0, 40)], np.float32)
"""Of a picture of 100 x 80, its quarter."""


def mapped(folder: Path, *regions: Region) -> Mapped:
    path = folder / "a.png"
    cv2.imwrite(str(path), np.full((80, 100, 3), 90, np.uint8))
    return Mapped(path=path, width=100, height=80, regions=regions, group="gate")


def left_half(image: np.ndarray) -> list[Output]:
    """Says that the left half is a car."""
    scores = np.zeros((1, 64, 64, 2), np.float32)
    scores[:, :, :32, 1] = 1.0
    scores[:, :, 32:, 0] = 1.0
    return [scores]


def test_overlap_is_what_both_share_of_either(tmp_path: Path) -> None:
    found = judge_maps([mapped(tmp_path, Region(word=1, corners=CORNERS))], left_half, CARD)
    assert found.overlaps["car"] == pytest.approx(0.5, abs=0.02)
    assert found.overlaps["other"] == pytest.approx(2 / 3, abs=0.02)
    assert found.mean_overlap == pytest.approx(7 / 12, abs=0.02)
    assert found.accuracy == pytest.approx(0.75, abs=0.02)
    assert found.metrics()["miou/camera/gate"] == found.metrics()["miou"]
    assert found.pixels_by["light/day"] == pytest.approx(2000, abs=100)


def test_what_nobody_knows_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    lower = np.array([(0, 40), (50, 40), (50, 80), (0, 80)], np.float32)
    regions = (Region(word=1, corners=CORNERS), Region(word=UNKNOWN, corners=lower))
    found = judge_maps([mapped(tmp_path, *regions)], left_half, CARD)
    assert found.overlaps["car"] == pytest.approx(1.0, abs=0.04)


def test_a_word_that_is_told_and_nowhere_there_counts_against() -> None:
    there = np.zeros((4, 4), np.uint8)
    assert overlaps(confusion(there, there, 3)) == {0: 1.0}
    told = there.copy()
    told[0] = 2
    assert overlaps(confusion(there, told, 3)) == {0: 0.75, 2: 0.0}


def test_mistakes_are_regions(tmp_path: Path) -> None:
    one = mapped(tmp_path, Region(word=1, corners=CORNERS))
    there = one.map(100, 80)
    nothing = LookedAt(mapped=one, there=there, told=np.zeros_like(there), slices=("light/day",))
    (missed,) = map_failures(nothing, CARD)
    assert (missed.kind, missed.word) == ("missed", "car")
    assert missed.truth is not None
    assert missed.truth.width == pytest.approx(50, abs=1)
    elsewhere = np.zeros_like(there)
    elsewhere[60:, 60:] = 1
    kinds = [
        each.kind
        for each in map_failures(
            LookedAt(mapped=one, there=there, told=np.maximum(there, elsewhere), slices=()), CARD
        )
    ]
    assert kinds == ["false"]
    half = there.copy()
    half[:, 20:] = 0
    (doubtful,) = map_failures(LookedAt(mapped=one, there=there, told=half, slices=()), CARD)
    assert doubtful.kind == "doubtful"
