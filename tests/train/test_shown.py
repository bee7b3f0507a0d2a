"""Whole pictures of a data set, each with its word."""

from pathlib import Path

from vigil.core import Box, Label, Labeler, Labelled, Medium, Origin
from vigil.train.shown import NOBODY, PEOPLE, shown_in

WORDS = {"fire": 0, "normal": 1}


def thing(name: str, *labels: Label) -> Labelled:
    return Labelled(medium=Medium(path=name, width=64, height=64, group="yard"), labels=labels)


def label(word: str, labeler: Labeler = Labeler.HUMAN, **more: object) -> Label:
    shape = Box(1, 1, 9, 9) if more.pop("boxed", False) else None
    return Label(word=word, shape=shape, origin=Origin(labeler=labeler, **more))  # type: ignore[arg-type]


def test_a_picture_shows_what_is_said_of_it_or_of_a_part(tmp_path: Path) -> None:
    things = [
        thing("a.png", label("normal")),
        thing("b.png", label("fire", boxed=True), label("fire", boxed=True)),
        thing("c.png", label("fire", Labeler.MODEL, score=0.6)),
    ]
    found = list(shown_in(things, tmp_path, WORDS, frames=tmp_path))
    assert [(each.word, each.weight) for each in found] == [(1, PEOPLE), (0, PEOPLE), (0, 0.6)]
    assert found[0].path == tmp_path / "a.png"
    assert found[0].group == "yard"


def test_what_nobody_said_or_two_words_at_once_is_for_the_teacher(tmp_path: Path) -> None:
    things = [thing("a.png"), thing("b.png", label("cat")), thing("c.png", *map(label, WORDS))]
    found = list(shown_in(things, tmp_path, WORDS, frames=tmp_path))
    assert [each.word for each in found] == [NOBODY] * 3
