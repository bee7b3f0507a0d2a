"""What was gathered for an algorithm, and what is missing."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.flywheel.colours import BLUE, RED, write_examples

from vigil.core import DataError, Label, Labeler, Origin
from vigil.data.formats.parts import Files
from vigil.data.library import Library
from vigil.flywheel.grow import EXAMPLES, gather, grow
from vigil.flywheel.pictures import examples_in


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def examples(tmp_path: Path, count: int = 12):
    red = write_examples(tmp_path / "red", RED, count, seed=1)
    blue = write_examples(tmp_path / "blue", BLUE, count, seed=2)
    return [(folder, one) for folder in (red, blue) for one in examples_in(folder, folder.name)]


def test_examples_are_taken_in_once_as_peoples_words(tmp_path: Path, library: Library) -> None:
    given = examples(tmp_path)
    assert gather(library, given, by="ann") == 24
    assert gather(library, given, by="ann") == 0
    things = list(library.things())
    assert {label.origin.labeler for thing in things for label in thing.labels} == {Labeler.HUMAN}
    assert all(thing.medium.group.startswith(EXAMPLES) for thing in things)


def test_it_freezes_and_counts_and_says_what_is_missing(tmp_path: Path, library: Library) -> None:
    gather(library, examples(tmp_path))
    found = grow(library, ("red", "blue"))
    assert found.frozen.path.is_file()
    red = found.words["red"]
    assert (red.pictures, red.by_people) == (12, 12)
    assert f"red: {200 - 12 + red.held} more pictures to train on" in " ".join(found.missing)
    assert any("hold-out, labelled by people" in line for line in found.missing)
    assert any("red: pictures of 2 cameras (0 so far)" in line for line in found.missing)
    assert not found.ready
    assert grow(library, ("red", "blue")).frozen.version == found.frozen.version


def test_what_cameras_gave_is_counted_by_camera(tmp_path: Path, library: Library) -> None:
    given = examples(tmp_path, 6)
    gather(library, given)
    thing = next(library.things())
    label = Label(word="red", origin=Origin(labeler=Labeler.MODEL))
    shown = write_examples(tmp_path / "gate", RED, 3, seed=5)
    more = [
        replace(
            thing,
            medium=replace(thing.medium, path=file.name, group="gate"),
            labels=(label,),
        )
        for file in sorted(shown.iterdir())
    ]
    library.add(more, Files(root=shown, carry="copy"))
    red = grow(library, ("red", "blue")).words["red"]
    # What a model has labelled is left out where the group falls to the hold-out.
    assert red.cameras["gate"] in (0, 3)
    assert red.by_people == 6


def test_nothing_gathered_is_told(library: Library) -> None:
    with pytest.raises(DataError, match="nothing is labelled"):
        grow(library, ("red",))
