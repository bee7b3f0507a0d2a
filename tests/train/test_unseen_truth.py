"""What `python -m benchmarks sentry` stands on: reviewed boxes, each of them well formed."""

import json

import pytest
from benchmarks.unseen import TRUTH, WORDS

ROWS = json.loads(TRUTH.read_text())
LOWEST = 0.04
"""Share of the picture's height below which nobody is sure of a thing."""


def test_every_picture_has_a_line_and_they_are_sorted() -> None:
    lines = TRUTH.read_text().splitlines()[1:-1]
    assert [next(iter(json.loads("{" + line.rstrip(",") + "}"))) for line in lines] == sorted(ROWS)


@pytest.mark.parametrize("word", WORDS)
def test_both_words_are_asked_of_many_pictures(word: str) -> None:
    asked = [row for row in ROWS.values() if word in row["words"]]
    things = [box for row in asked for box in row["boxes"] if box[4:] == [word, 1]]
    assert len(asked) > 100
    assert len(things) > 500


def test_every_box_lies_in_its_picture_and_says_a_word_that_was_asked() -> None:
    for key, row in ROWS.items():
        width, height = row["size"]
        assert set(row["words"]) <= set(WORDS), key
        for left, top, right, bottom, word, sure in row["boxes"]:
            assert 0 <= left < right <= width, key
            assert 0 <= top < bottom <= height, key
            assert word in row["words"], key
            assert sure in {0, 1}, key
            assert not sure or bottom - top >= LOWEST * height, key


def test_no_thing_is_there_twice() -> None:
    for key, row in ROWS.items():
        sure = [tuple(box) for box in row["boxes"] if box[5]]
        assert len(sure) == len(set(sure)), key
