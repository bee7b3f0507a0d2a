"""A teacher adds what it sees where people have said nothing, and is asked once."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.core import DataError, Image
from vigil.infer.session import Output, open_session
from vigil.train.stills import Still, stills_of
from vigil.train.teaching_boxes import SAID, BoxTeacher, taught

NUMBERS = {word: number for number, word in enumerate(toys.WORDS)}


class Counted:
    """Answers as a file does, and counts what it is asked."""

    def __init__(self, folder: Path) -> None:
        self._session = open_session(toys.CARD, seeing(folder / toys.CARD.file, 1.0).parent)
        self.asked = 0

    def __call__(self, picture: Image) -> list[Output]:
        self.asked += 1
        return self._session.run(picture)


@pytest.fixture
def answer(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


@pytest.fixture
def stills(tmp_path: Path) -> list[Still]:
    things = toys.toys(tmp_path / "made", 4)
    return list(stills_of(things, tmp_path / "made", NUMBERS, frames=tmp_path / "frames"))


def bare(still: Still) -> Still:
    """As if nobody had ever labelled it."""
    nothing = np.zeros(0, np.float32)
    return replace(
        still, boxes=nothing.reshape(0, 4), words=np.zeros(0, np.int64), weights=nothing,
        said=frozenset(),
    )  # fmt: skip


def test_what_people_labelled_is_settled_and_the_rest_is_taught(
    answer: Counted, stills: list[Still], tmp_path: Path
) -> None:
    teacher = BoxTeacher(card=toys.CARD, answer=answer)
    given = [stills[0], bare(stills[1]), bare(stills[2])]
    found = taught(given, teacher, toys.WORDS, tmp_path / "run")
    assert found[0].boxes.tolist() == stills[0].boxes.tolist()
    for seen, true in zip(found[1:], stills[1:], strict=False):
        assert set(seen.words) == set(true.words)
        assert (seen.weights > 0.1).all()
        assert (seen.weights < 1).all()


def test_of_a_word_that_people_never_used_the_teacher_speaks_on_every_picture(
    answer: Counted, stills: list[Still], tmp_path: Path
) -> None:
    """As a model speaks of its old words while new ones are labelled."""
    teacher = BoxTeacher(card=toys.CARD, answer=answer)
    only_squares = [
        replace(
            still,
            boxes=still.boxes[still.words == NUMBERS["square"]],
            words=still.words[still.words == NUMBERS["square"]],
            weights=still.weights[still.words == NUMBERS["square"]],
            said=still.said & {NUMBERS["square"]},
        )
        for still in stills
    ]
    found = taught(only_squares, teacher, toys.WORDS, tmp_path / "run")
    for seen, given, true in zip(found, only_squares, stills, strict=True):
        assert set(seen.words) == set(true.words)
        if given.said:
            added = seen.words[len(given.words) :]
            assert set(added) <= {NUMBERS["disc"]}


def test_a_box_that_has_a_label_gives_way(
    answer: Counted, stills: list[Still], tmp_path: Path
) -> None:
    teacher = BoxTeacher(card=toys.CARD, answer=answer)
    (alone,) = taught([bare(stills[0])], teacher, toys.WORDS, tmp_path / "run")
    one = replace(alone, weights=np.full(len(alone.boxes), 0.4, np.float32))
    (again,) = taught([one], teacher, toys.WORDS, tmp_path / "run")
    assert again.weights.tolist() == one.weights.tolist()


def test_a_picture_is_asked_about_once(
    answer: Counted, stills: list[Still], tmp_path: Path
) -> None:
    teacher = BoxTeacher(card=toys.CARD, answer=answer)
    folder = tmp_path / "run"
    taught(stills[:2], teacher, toys.WORDS, folder)
    with (folder / SAID).open("a") as file:
        file.write('{"picture": "cut sho')  # a kill in the middle of a line
    told: list[int] = []
    taught(stills, teacher, toys.WORDS, folder, told=lambda done, total: told.append(done))
    assert answer.asked == len(stills)
    assert told == [1, 2, 3, 4]
    other = BoxTeacher(card=replace(toys.CARD, version=2), answer=answer)
    taught(stills[:1], other, toys.WORDS, folder)
    assert answer.asked == len(stills) + 1
    assert json.loads((folder / SAID).read_text().splitlines()[0])["teacher"] == other.mark


def test_a_teacher_of_other_things_is_refused(
    answer: Counted, stills: list[Still], tmp_path: Path
) -> None:
    teacher = BoxTeacher(card=toys.CARD, answer=answer)
    with pytest.raises(DataError, match="toys@1 knows none of: cow; it knows: disc, square"):
        taught(stills, teacher, ("cow",), tmp_path)
