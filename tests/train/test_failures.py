"""Which mistakes are told, and of what kind."""

from pathlib import Path

import numpy as np
import pytest
from tests.train import sights, toys
from tests.train.test_judging import CARD, saying, still

from vigil.core import Box
from vigil.train.distilling import student_card
from vigil.train.failures import Failure, Kind, failures_of, word_failures
from vigil.train.judging import looked
from vigil.train.judging_words import Exam

SQUARE = (10, 10, 50, 50)
Told = tuple[float, float, float, float, int, float]


def wrong(tmp_path: Path, *told: Told, weights: list[float] | None = None) -> list[Failure]:
    stills = [
        still(tmp_path / "1.png", [SQUARE], [0], weights=weights),
        still(tmp_path / "2.png", [], []),
        still(tmp_path / "3.png", [[80, 80, 120, 120]], [1]),
    ]
    return failures_of(looked(stills[:1], saying(*told), CARD), CARD, 0.4)


def test_what_is_found_is_no_failure(tmp_path: Path) -> None:
    assert wrong(tmp_path, (*SQUARE, 0, 0.6)) == []


def test_what_nobody_sees_is_missed(tmp_path: Path) -> None:
    (one,) = wrong(tmp_path)
    assert (one.kind, one.word, one.truth, one.found) == (Kind.MISSED, "a", Box(*SQUARE), None)
    assert one.slices == ("camera/gate", "light/dark", "size/large", "crowd/few")


def test_what_is_nearly_told_is_doubtful(tmp_path: Path) -> None:
    (one,) = wrong(tmp_path, (*SQUARE, 0, 0.3))
    assert (one.kind, one.told, one.score) == (Kind.DOUBTFUL, "unsure 0.30", pytest.approx(0.3))
    assert one.found == pytest.approx(Box(*SQUARE))


def test_what_is_not_there_is_false_and_what_is_beside_it_doubtful(tmp_path: Path) -> None:
    found = wrong(tmp_path, (*SQUARE, 0, 0.9), (70, 70, 110, 110, 0, 0.8), (34, 10, 74, 50, 0, 0.7))
    assert [(one.kind, one.told, one.truth) for one in found] == [
        (Kind.FALSE, "a 0.80", None),
        (Kind.DOUBTFUL, "a 0.70, off its place or twice", Box(*SQUARE)),
    ]


def test_what_nobody_is_sure_of_is_no_failure(tmp_path: Path) -> None:
    assert wrong(tmp_path, weights=[0.2]) == []


def test_a_thing_by_another_word_is_doubtful(tmp_path: Path) -> None:
    stills = [
        still(tmp_path / "1.png", [SQUARE], [0]),
        still(tmp_path / "2.png", [[80, 80, 120, 120]], [1]),
    ]
    found = failures_of(looked(stills, saying((*SQUARE, 1, 0.9)), CARD), CARD, 0.4)
    assert [(one.kind, one.word, one.told) for one in found] == [
        (Kind.MISSED, "a", ""),
        (Kind.DOUBTFUL, "a", "b 0.90"),
        (Kind.MISSED, "b", ""),
        (Kind.FALSE, "b", "b 0.90"),
    ]


def test_a_classifier_is_wrong_or_unsure(tmp_path: Path) -> None:
    card = student_card("toys", toys.WORDS, side=64, licence="CC0-1.0", source="")
    exam = Exam.of(sights.sights(tmp_path, 3), card)
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.55, 0.45]], np.float32)
    told = word_failures(exam, shares, toys.WORDS)
    assert [(one.kind, one.word, one.told) for one in told] == [
        (Kind.MISSED, "square", "disc 0.80"),
        (Kind.DOUBTFUL, "disc", "disc 0.55"),
    ]
    assert told[0].slices == ("camera/camera-0", "light/day")
