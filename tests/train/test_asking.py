"""Embedders are asked once of each picture, and what they said stays."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float32
from tests.train import sights

from vigil.core import DataError, Image
from vigil.train.asking import side_by_side, vectors_of


@dataclass
class Counting(sights.Colours):
    """Of unit length; a power cut may come at a picture."""

    mark: str = "colours:1"
    asked: int = 0
    cut_at: int | None = field(default=None)

    def embed(self, images: "list[Image]") -> Float32[np.ndarray, "n d"]:  # type: ignore[override]
        if self.asked == self.cut_at:
            raise KeyboardInterrupt
        found = super().embed(images)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_each_teacher_says_a_row_a_picture(tmp_path: Path) -> None:
    shown = sights.sights(tmp_path, 6)
    counts: list[tuple[int, int]] = []
    found = vectors_of(
        shown, [Counting(), Counting()], tmp_path, told=lambda *count: counts.append(count)
    )
    assert [rows.shape for rows in found] == [(6, 2), (6, 2)]
    assert found[0][0] == pytest.approx(Counting().embed([shown[0].image()])[0], abs=1e-3)
    assert counts[-1] == (12, 12)
    assert side_by_side(found, 3).shape == (4,)
    assert side_by_side([], 3).shape == (0,)


def test_a_run_that_was_cut_short_asks_only_for_the_rest(tmp_path: Path) -> None:
    shown = sights.sights(tmp_path, 6)
    with pytest.raises(KeyboardInterrupt):
        vectors_of(shown, [Counting(cut_at=4)], tmp_path)
    again = Counting()
    whole = vectors_of(shown, [again], tmp_path)[0]
    assert again.asked == 6 - 3  # the first of four said how many numbers there are
    assert np.linalg.norm(whole.astype(np.float32), axis=1) == pytest.approx(np.ones(6), abs=1e-2)
    third = Counting()
    vectors_of(shown, [third], tmp_path)
    assert third.asked == 0


def test_other_pictures_or_another_embedder_are_asked_anew(tmp_path: Path) -> None:
    shown = sights.sights(tmp_path, 4)
    vectors_of(shown, [Counting()], tmp_path)
    other, fewer = Counting(mark="colours:2"), Counting()
    vectors_of(shown, [other], tmp_path)
    assert other.asked == 5
    vectors_of(shown[:3], [fewer], tmp_path)
    assert fewer.asked == 4


def test_a_damaged_file_is_told_in_one_line(tmp_path: Path) -> None:
    shown = sights.sights(tmp_path, 2)
    vectors_of(shown, [Counting()], tmp_path)
    (tmp_path / "vectors-0.npy").write_bytes(b"not numpy")
    with pytest.raises(DataError, match=r"vectors-0\.npy: cannot be kept .* remove it"):
        vectors_of(shown, [Counting()], tmp_path)
