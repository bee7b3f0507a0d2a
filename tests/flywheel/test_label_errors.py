"""Doubtful labels."""

from pathlib import Path

import numpy as np
import pytest
from tests.flywheel.painted import Reader, library_of, picture

from vigil.core import Box, DataError, Detections
from vigil.flywheel.label import Labelling
from vigil.flywheel.label_errors import box_doubts, confident_joint, word_doubts
from vigil.flywheel.label_review import doubts_in

HERE, THERE, AWAY = (0, 0, 20, 20), (40, 0, 60, 20), (80, 80, 100, 100)


def said(*rows: tuple[str, float, tuple[float, float, float, float]]) -> Detections:
    return Detections(
        boxes=np.array([box for _, _, box in rows], np.float32).reshape(-1, 4),
        scores=np.array([score for _, score, _ in rows], np.float32),
        labels=tuple(word for word, _, _ in rows),
    )


def test_the_confident_joint_counts_what_is_sure() -> None:
    # Mean likelihood of word 0 where it is the label: 0.7; of word 1: 0.6.
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.8, 0.2], [0.4, 0.6], [0.2, 0.8], [0.6, 0.4]])
    marks = np.array([0, 0, 1, 1, 1, 0])
    usual = [np.mean([0.9, 0.5, 0.6]), np.mean([0.2, 0.6, 0.8])]
    assert usual == pytest.approx([2 / 3, 1.6 / 3])
    joint, sure = confident_joint(shares, marks)
    assert sure.tolist() == [0, -1, 0, 1, 1, -1]
    assert joint.tolist() == [[1, 0], [1, 2]]


def test_wrong_words_come_first() -> None:
    chance = np.random.default_rng(0)
    marks = chance.integers(0, 3, 300)
    shares = np.full((300, 3), 0.1)
    shares[np.arange(300), marks] = 0.8
    shares += chance.normal(0, 0.05, shares.shape)
    wrong = chance.choice(300, 30, replace=False)
    given = marks.copy()
    given[wrong] = (marks[wrong] + 1) % 3
    found = word_doubts(shares, given, "abc")
    named = {index for index, _ in found}
    assert named <= set(wrong.tolist())
    assert len(named) >= 24
    scores = [doubt.score for _, doubt in found]
    assert scores == sorted(scores, reverse=True)
    index, doubt = found[0]
    assert (doubt.word, doubt.instead) == ("abc"[given[index]], "abc"[marks[index]])


def test_each_kind_of_mistake_has_its_name() -> None:
    teachers = [
        said(("hen", 0.9, HERE), ("fox", 0.8, THERE), ("hen", 0.7, AWAY)),
        said(("hen", 0.7, HERE), ("fox", 0.8, THERE)),
    ]
    labels = said(("hen", 1, HERE), ("hen", 1, THERE), ("fox", 1, (120, 0, 140, 20)))
    found = [
        (one.kind, one.word, one.instead, round(one.score, 2))
        for one in box_doubts(labels, teachers)
    ]
    assert found == [
        ("spurious", "fox", "", 1.0),
        ("word", "hen", "fox", 0.8),
        ("missing", "hen", "", 0.35),
        ("spurious", "hen", "", 0.2),
    ]


def test_a_box_beside_the_thing_is_in_the_wrong_place() -> None:
    (one,) = box_doubts(said(("hen", 1, (12, 0, 32, 20))), [said(("hen", 0.9, HERE))])
    assert (one.kind, one.box) == ("place", Box(12, 0, 32, 20))
    assert one.score == pytest.approx(0.9)


def test_without_labels_or_proposals_nothing_fails() -> None:
    assert box_doubts(said(), [said()]) == []
    assert [one.kind for one in box_doubts(said(("hen", 1, HERE)), [said()])] == ["spurious"]


def test_a_library_tells_its_doubts(tmp_path: Path) -> None:
    hen = Box(10, 10, 50, 50)
    right = [(picture([("hen", 0.9, hen)], shade=n), [("hen", hen)]) for n in range(6)]
    forgotten = picture([("hen", 0.9, hen), ("hen", 0.8, Box(80, 40, 140, 100))], shade=70)
    invented = picture([], shade=71)
    library = library_of(
        tmp_path / "yard",
        [*right, (forgotten, [("hen", hen)]), (invented, [("hen", hen)])],
    )
    with pytest.raises(DataError, match="no teacher has looked here"):
        doubts_in(library, most=5)
    # Where people have labelled all there is nothing to add, but a teacher may still be asked.
    with pytest.raises(DataError, match="8 things bear labels of people for all the words"):
        Labelling(library, Reader(["hen"])).run()
    found = doubts_in(library, most=2)
    assert [(doubt.kind, round(doubt.score, 1)) for _, doubt in found] == [
        ("spurious", 1.0), ("missing", 0.8),
    ]  # fmt: skip
    assert len(doubts_in(library, most=100)) == 2 + 7


def test_a_teachers_own_labels_are_not_held_against_it(tmp_path: Path) -> None:
    hens = [("hen", 0.9, Box(10, 10, 50, 50)), ("hen", 0.3, Box(80, 40, 140, 100))]
    library = library_of(tmp_path / "yard", [(picture(hens), [])])
    Labelling(library, Reader(["hen"])).run()
    assert doubts_in(library, most=9) == []


def test_words_of_pictures_are_doubted_too(tmp_path: Path) -> None:
    def shown(word: str, shade: int) -> np.ndarray:
        other = "fox" if word == "hen" else "hen"
        return picture(
            [(word, 0.8, Box(10, 10, 50, 50)), (other, 0.2, Box(80, 40, 140, 100))], shade=shade
        )

    things = [(shown("hen", n), [("hen", None)]) for n in range(6)]
    things += [(shown("fox", n), [("fox", None)]) for n in range(10, 24)]
    things += [(shown("fox", 30), [("hen", None)]), (shown("fox", 40), [])]
    library = library_of(tmp_path / "yard", things)
    Labelling(library, Reader(whole=True)).run()
    ((_, doubt),) = doubts_in(library, most=9)
    assert (doubt.kind, doubt.word, doubt.instead) == ("word", "hen", "fox")
