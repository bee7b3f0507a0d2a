"""Collages show pieces of many pictures, and the same ones however often a run is cut short."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.train import sights

from vigil.core import DataError
from vigil.train.collages import FOLDER, SIDE, Cutter, collage, collages
from vigil.train.shown import Shown
from vigil.train.stills import rgb_of


def test_a_run_that_was_cut_short_makes_the_same_ones(tmp_path: Path) -> None:
    pictures = sights.sights(tmp_path, 6)
    counts: list[tuple[int, int]] = []
    whole = collages(
        pictures, tmp_path / "a", count=12, seed=3, told=lambda *count: counts.append(count)
    )
    assert counts[-1] == (12, 12)
    collages(pictures, tmp_path / "b", count=5, seed=3)
    (tmp_path / "b" / FOLDER / "3-000002.jpg").unlink()
    again = collages(pictures, tmp_path / "b", count=12, seed=3)
    assert [each.path.read_bytes() for each in again] == [each.path.read_bytes() for each in whole]
    assert {rgb_of(each.path).shape for each in whole} == {(SIDE, SIDE, 3)}


def test_another_seed_or_number_is_another_collage(tmp_path: Path) -> None:
    pictures = sights.sights(tmp_path, 6)
    made = [
        *collages(pictures, tmp_path, count=8),
        *collages(pictures, tmp_path, count=8, seed=1),
    ]
    assert len({each.path.read_bytes() for each in made}) == 16


def test_a_long_film_does_not_drown_single_pictures(tmp_path: Path) -> None:
    shades = {"film": 64, "photo": 1, "other": 1}
    pictures = []
    for shade, (group, count) in enumerate(shades.items()):
        path = tmp_path / f"{group}.png"
        cv2.imwrite(str(path), np.full((40, 60, 3), 127 * shade, np.uint8))
        pictures += [Shown(path=path, group=group)] * count
    cutter, chance = Cutter(pictures), np.random.default_rng(0)
    # Turned and mirrored, a shade stays one; black that is recoloured stays below 20.
    seen = np.array([cutter.piece(24, 24, chance)[0, 0, 0] <= 20 for _ in range(300)])
    assert 0.7 < seen.mean() < 0.9  # eight of ten; by the number of pictures it were 0.97


def test_most_collages_show_more_than_one_picture(tmp_path: Path) -> None:
    shades = range(0, 255, 25)
    for shade in shades:
        cv2.imwrite(str(tmp_path / f"{shade}.png"), np.full((64, 64, 3), shade, np.uint8))
    cutter = Cutter([Shown(path=tmp_path / f"{shade}.png", group=str(shade)) for shade in shades])
    chance = np.random.default_rng(0)
    made = [collage(cutter, chance) for _ in range(60)]
    assert all(each.shape == (SIDE, SIDE, 3) for each in made)
    several = [(each != each[0, 0]).any() for each in made]
    assert 0.25 < np.mean(several) < 0.6  # 0.4, where blended ones are of one shade


def test_a_picture_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.jpg").write_text("no picture")
    with pytest.raises(DataError, match=r"no\.jpg: not a picture that can be read"):
        collages([Shown(path=tmp_path / "no.jpg")], tmp_path, count=1)
