"""Things are cut out of a fixed camera's pictures, and put into others."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import ModelInput
from vigil.train.cutting import FEWEST, cuttings_of, pasted
from vigil.train.drawing import varied
from vigil.train.stills import Still

RED, SIDE = (230, 20, 20), 40


def stills_of_a_walker(folder: Path, count: int, *, moves: bool = True) -> list[Still]:
    """A red disc before a striped wall; unless it `moves`, it is always there."""
    found = []
    for number in range(count):
        image = np.full((120, 200, 3), 90, np.uint8)
        image[:, ::10] = 140
        left = 10 + 12 * number if moves else 60
        middle = (left + SIDE // 2, 60)
        cv2.circle(image, middle, SIDE // 2 - 4, RED, -1)
        path = folder / f"{moves}-{number}.png"
        cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        found.append(
            Still(
                path=path,
                boxes=np.array([[left, 40, left + SIDE, 40 + SIDE]], np.float32),
                words=np.array([1]),
                weights=np.full(1, 0.8, np.float32),
                group=f"camera-{moves}",
            )
        )
    return found


def test_what_moves_is_cut_out_to_its_outline(tmp_path: Path) -> None:
    found = cuttings_of(stills_of_a_walker(tmp_path, FEWEST + 2))
    assert len(found) == FEWEST + 2
    for cutting in found:
        assert (cutting.word, cutting.weight) == (1, pytest.approx(0.8))
        red = (cutting.image[..., 0].astype(int) - cutting.image[..., 1]) > 100
        assert ((cutting.cover > 127) == red).mean() > 0.9


def test_what_is_always_there_is_background(tmp_path: Path) -> None:
    assert cuttings_of(stills_of_a_walker(tmp_path, FEWEST + 2, moves=False)) == []


def test_few_pictures_tell_no_background(tmp_path: Path) -> None:
    assert cuttings_of(stills_of_a_walker(tmp_path, FEWEST - 1)) == []


def test_a_pasted_thing_is_where_its_box_says_and_hides_nobody(tmp_path: Path) -> None:
    cutting = cuttings_of(stills_of_a_walker(tmp_path, FEWEST))[0]
    chance = np.random.default_rng(0)
    clear = np.array([[0, 0, 160, 60]], np.float32)
    placed = 0
    for _ in range(40):
        canvas = np.full((120, 160, 3), 90, np.uint8)
        box = pasted(canvas, cutting, chance, height_px=30, clear=clear)
        if box is None:
            continue
        placed += 1
        x1, y1, x2, y2 = box.astype(int)
        assert y2 - y1 == 30
        changed = np.flatnonzero((canvas != 90).any(axis=(1, 2)))
        assert changed.min() >= y1
        assert changed.max() < y2
        overlap = max(0, min(60, y2) - y1) * (x2 - x1)
        assert overlap / (160 * 60) <= 1 / 3
    assert placed


def test_pictures_get_things_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigil.train.drawing.PASTED", 1.0)
    monkeypatch.setattr("vigil.train.drawing.FOURS", 0.0)
    stills = stills_of_a_walker(tmp_path, FEWEST)
    size, chance = ModelInput(width=128, height=96), np.random.default_rng(3)
    counts = [len(varied(stills, 0, size, chance, cuttings_of(stills)).boxes) for _ in range(8)]
    assert max(counts) > 1
