"""A teacher is asked once of each picture, and of pieces of it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float32
from tests.train import sights

from vigil.core import DataError, Image
from vigil.train.shown import NOBODY
from vigil.train.teaching import SAID, VIEWS, taught, with_pieces


def test_it_says_how_likely_each_word_is(tmp_path: Path) -> None:
    found = taught(sights.sights(tmp_path, 6), sights.teacher(), tmp_path)
    assert [each.word for each in found] == [0, 1] * 3  # what was said stays
    for each in found:
        assert each.taught is not None
        assert each.taught.argmax() == each.word
        assert each.taught.sum() == pytest.approx(1, abs=1e-5)


def test_a_run_that_was_cut_short_does_not_ask_again(tmp_path: Path) -> None:
    shown = sights.sights(tmp_path, 6)
    first = taught(shown[:4], sights.teacher(), tmp_path)
    with (tmp_path / SAID).open("a") as file:
        file.write('{"picture": "cut sho')
    again = sights.Colours()
    found = taught(shown, sights.teacher(again), tmp_path)
    assert again.asked == 2 * VIEWS
    for one, other in zip(first, found, strict=False):
        assert one.taught == pytest.approx(other.taught, abs=1e-5)
    third = sights.Colours()
    taught(shown, sights.teacher(third), tmp_path)
    assert third.asked == 0


def test_it_says_the_mean_of_a_picture_and_its_mirror_image() -> None:
    class Left:
        """An embedder: how bright the left half is."""

        def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
            halves = [image[:, : image.shape[1] // 2].mean() / 255 for image in images]
            return np.array([[half, 1.0] for half in halves], np.float32)

    bright_left = np.zeros((8, 8, 3), np.uint8)
    bright_left[:, :4] = 255
    teacher = sights.teacher(Left())
    sure, unsure = teacher.head.probabilities(np.array([[1, 1], [0, 1]], np.float32))
    assert teacher.shares(bright_left) == pytest.approx((sure + unsure) / 2, abs=1e-5)


def test_another_head_is_asked_anew(tmp_path: Path) -> None:
    shown = sights.sights(tmp_path, 2)
    taught(shown, sights.teacher(), tmp_path)
    other = sights.Colours()
    taught(shown, sights.teacher(other, words=("blue", "red")), tmp_path)
    assert other.asked == 2 * VIEWS


def test_a_damaged_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / SAID).write_text("not JSON\n")
    with pytest.raises(DataError, match=r"teacher\.jsonl: damaged .* remove it"):
        taught(sights.sights(tmp_path, 1), sights.teacher(), tmp_path)


def test_pieces_are_for_the_teacher_alone_and_stay(tmp_path: Path) -> None:
    shown = sights.sights(tmp_path, 2)
    found = with_pieces(shown, tmp_path, count=3)
    assert [each.word for each in found] == [0, *[NOBODY] * 3, 1, *[NOBODY] * 3]
    assert all(each.group == shown[0].group for each in found[:4])
    before = [each.image() for each in found]
    assert any(image.shape != before[0].shape for image in before)
    again = [each.image() for each in with_pieces(shown, tmp_path, count=3)]
    assert all(np.array_equal(one, other) for one, other in zip(before, again, strict=True))
