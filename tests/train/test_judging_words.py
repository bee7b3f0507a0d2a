"""Accuracy, F1, calibration and cameras of a classifier."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.train import sights, toys

from vigil.core import DataError, Image
from vigil.infer.session import Output
from vigil.train.distilling import student_card
from vigil.train.judging_words import Exam, judge_words
from vigil.train.shown import NOBODY

CARD = student_card("toys", toys.WORDS, side=64, licence="CC0-1.0", source="")


def blue(image: Image) -> Sequence[Output]:
    """Sure of what it sees, and of nothing but discs at night."""
    means = image.reshape(-1, 3).mean(0)
    disc = 0.9 if means[2] > means[0] else 0.1
    return [np.array([[disc, 1 - disc]], np.float32)]


def always_disc(_image: Image) -> Sequence[Output]:
    return [np.array([[0.9, 0.1]], np.float32)]


def test_one_that_is_right_is_too_careful_by_a_tenth(tmp_path: Path) -> None:
    found = judge_words(Exam.of(sights.sights(tmp_path, 8), CARD), blue, toys.WORDS)
    assert (found.accuracy, found.f1, found.pictures) == (1, pytest.approx(1), 8)
    assert found.calibration == pytest.approx(0.1)
    assert found.likelihood == pytest.approx(0.9)
    assert found.accuracy_by == {"camera/camera-0": 1, "camera/camera-1": 1, "light/day": 1}


def test_one_that_always_says_the_same_is_found_out(tmp_path: Path) -> None:
    shown = sights.sights(tmp_path, 8)
    most = [each for number, each in enumerate(shown) if number not in (3, 5, 7)]
    found = judge_words(Exam.of(most, CARD), always_disc, toys.WORDS)
    assert found.accuracy == pytest.approx(0.8)
    assert found.f1 == pytest.approx((2 * 0.8 / 1.8) / 2, abs=1e-4)
    assert found.recall == {"disc": 1, "square": 0}
    assert found.metrics()["accuracy/camera/camera-0"] == pytest.approx(2 / 3, abs=1e-4)


def test_a_picture_is_judged_by_what_was_said_else_by_the_teacher(tmp_path: Path) -> None:
    one, other, third = sights.sights(tmp_path, 3)
    against = np.array([0.2, 0.8], np.float32)
    told = [
        replace(one, taught=against),
        replace(other, word=NOBODY, taught=against),
        replace(third, word=NOBODY),
    ]
    assert Exam.of(told, CARD).marks.tolist() == [0, 1]
    with pytest.raises(DataError, match="no picture to judge toys by"):
        Exam.of(told[2:], CARD)
