"""What the pixels of a labelled picture show."""

from pathlib import Path

import numpy as np

from vigil.core import Box, Label, Labeler, Labelled, Medium, Origin, Outline
from vigil.train.regions import UNKNOWN, Mapped, mapped_of

WORDS = {"other": 0, "road": 1, "car": 2}
SQUARE = ((2.5, 2.5), (5.5, 2.5), (5.5, 5.5), (2.5, 5.5))
"""Through the middles of pixels 2 to 5."""
ALL = ((0.5, 0.5), (7.5, 0.5), (7.5, 7.5), (0.5, 7.5))


def mapped(*labels: Label) -> Mapped:
    medium = Medium(path="a.png", width=8, height=8, group="gate")
    (found,) = mapped_of([Labelled(medium=medium, labels=labels)], Path("/there"), WORDS)
    return found


def test_an_outline_is_its_pixels_and_all_else_is_other() -> None:
    found = mapped(Label(word="car", shape=Outline(corners=SQUARE)))
    expected = np.zeros((8, 8), np.uint8)
    expected[2:6, 2:6] = 2
    np.testing.assert_array_equal(found.map(8, 8), expected)
    assert found.path == Path("/there/a.png")
    assert found.group == "gate"


def test_it_is_drawn_at_any_size() -> None:
    large = mapped(Label(word="car", shape=Outline(corners=SQUARE))).map(80, 40)
    rows, columns = np.nonzero(large == 2)
    assert (rows.min(), rows.max()) == (12, 27)
    assert (columns.min(), columns.max()) == (25, 55)  # 2.5 to 5.5 at ten times the size


def test_small_things_are_before_large_ones_in_any_order() -> None:
    road, car = (
        Label(word="road", shape=Outline(corners=ALL)),
        Label(word="car", shape=Outline(corners=SQUARE)),
    )
    for labels in ((road, car), (car, road)):
        found = mapped(*labels).map(8, 8)
        assert found[3, 3] == 2
        assert found[0, 0] == 1


def test_of_a_box_nobody_knows_the_pixels() -> None:
    box = Label(word="car", shape=Box(0, 0, 4, 8))
    doubtful = Label(
        word="car",
        shape=Outline(corners=ALL),
        origin=Origin(labeler=Labeler.MODEL, by="x", score=0.3),
    )
    outline = Label(word="car", shape=Outline(corners=SQUARE))
    assert (mapped(doubtful).map(8, 8) == UNKNOWN).all()
    found = mapped(box, outline).map(8, 8)
    assert found[0, 0] == UNKNOWN
    assert found[3, 3] == 2  # what is known comes before
    assert found[7, 7] == 0
    assert (mapped(Label(word="dog", shape=Box(0, 0, 4, 8))).map(8, 8) == 0).all()
