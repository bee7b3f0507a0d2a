"""Figures against what can be counted by hand."""

from pathlib import Path

import numpy as np
import pytest

from vigil.core import DataError
from vigil.train.video.clips import VideoClip, When, clip_set
from vigil.train.video.judging import judge_clips
from vigil.train.video.shallow import fitted, keep, opened
from vigil.train.video.truths import Truths

WORDS = ("a", "b", "c")


def test_one_word_a_clip() -> None:
    said = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]], np.float32)
    truth = np.eye(3, dtype=np.float32)[[0, 1, 2]]
    judged = judge_clips(said, truth, WORDS, "one")
    assert judged.confusion is not None
    assert judged.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert judged.metrics["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert judged.report["a"] == {"precision": 0.5, "recall": 1.0, "f1": 0.6667, "clips": 1.0}
    assert judged.metrics["likelihood"] == pytest.approx((0.8 * 0.3 * 0.7) ** (1 / 3), abs=1e-4)
    assert judged.metrics["mean_ap"] == 1.0
    assert "top_5" not in judged.metrics


def test_several_words_and_numbers() -> None:
    said = np.array([[0.9, 0.2], [0.6, 0.8]], np.float32)
    judged = judge_clips(said, np.array([[1, 0], [0, 1]], np.float32), ("a", "b"), "several")
    assert judged.metrics["exact"] == 0.5
    assert judged.report["a"]["precision"] == 0.5
    truth = np.array([[1.0], [3.0]], np.float32)
    numbers = judge_clips(np.array([[1.5], [2.5]], np.float32), truth, ("number",), "number")
    assert numbers.metrics == {"r2": 0.75, "mean_error": 0.5}


@pytest.mark.parametrize("kind", ["svm", "knn"])
@pytest.mark.parametrize("words", [2, 3])
def test_heads_fitted_to_vectors_come_back_the_same(tmp_path: Path, kind: str, words: int) -> None:
    chance = np.random.default_rng(0)
    marks = np.arange(60) % words
    vectors = (np.eye(words)[marks] @ chance.normal(size=(words, 16)) * 2).astype(np.float32)
    vectors += chance.normal(size=vectors.shape).astype(np.float32) * 0.5
    head = fitted(kind, vectors[:40], marks[:40], words)  # type: ignore[arg-type]
    shares = head.shares(vectors[40:])
    assert (shares.argmax(1) == marks[40:]).mean() > 0.8
    assert np.allclose(shares.sum(1), 1, atol=1e-5)
    keep(head, tmp_path / "head.npz")
    again = opened(kind, tmp_path / "head.npz")  # type: ignore[arg-type]
    assert np.array_equal(again.shares(vectors), head.shares(vectors))


def clip(name: str, *words: str, split: str, parts: tuple[When, ...] = ()) -> VideoClip:
    return VideoClip(path=Path(name), words=words, split=split, parts=parts)


def test_truths_of_each_task() -> None:
    numbers = [clip("a", "10", split="train"), clip("b", "20", split="train")]
    found = clip_set([*numbers, clip("c", "15", split="val")], "here")
    truths = Truths.of(found, "number")
    assert truths(numbers[1], np.zeros(0)).tolist() == [1.0]
    part = When(word="fall", start_s=1.0, end_s=2.0)
    film = clip("a", split="train", parts=(part,))
    found = clip_set([film, clip("b", "fall", split="val")], "here")
    when = Truths.of(found, "when")(film, np.array([0.5, 1.0, 1.9, 2.0]))
    assert when[:, 0].tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("clips", "task", "told"),
    [
        (
            [clip("a", "x", "y", split="train"), clip("b", "x", split="val")],
            "one",
            "a: words: x, y",
        ),
        ([clip("a", "x", split="train"), clip("b", "y", split="val")], "one", "no clip of y"),
        ([clip("a", "x", split="train"), clip("b", "x", split="val")], "one", "one word only"),
        ([clip("a", "x", split="train"), clip("b", "1", split="val")], "number", "a: label 'x'"),
    ],
)
def test_clips_that_do_not_fit_the_task_are_told(
    clips: list[VideoClip], task: str, told: str
) -> None:
    with pytest.raises(DataError, match=told):
        Truths.of(clip_set(clips, "here"), task)  # type: ignore[arg-type]
