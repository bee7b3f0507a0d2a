"""`vigil model due` and `retrain`, as a person uses them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.config.home import open_home
from vigil.data.formats import Files
from vigil.data.freezing import freeze
from vigil.data.library import Library
from vigil.flywheel.giving_way import alone
from vigil.flywheel.last_look import FILE
from vigil.infer.registry import Registry


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Library:
    """A data set, and a model in use that has learnt from it."""
    found = Library(home / "data" / "yard")
    found.add(toys.toys(tmp_path / "made", 30), Files(root=tmp_path / "made", carry="link"))
    frozen = freeze(found.things(), found.frozen)
    card = replace(toys.CARD, score=0.3, dataset=frozen.version)
    Registry(home / "models").add(seeing(tmp_path / "good.onnx", 1.0), card)
    return found


def test_it_is_due_when_people_have_labelled_enough(
    vigil: Any, home: Path, library: Library, tmp_path: Path
) -> None:
    told = vigil("model", "due", "--reviewed", 10)
    assert told.code == 4
    assert told.lines[0].split() == ["model", "data", "set", "reviewed", "labelled", "due", "why"]
    assert told.lines[1].split()[:6] == ["toys@1", "yard", "0", "of", "10", "0"]
    assert vigil("model", "retrain", "--reviewed", 10).lines == [
        "nothing is due; see: vigil model due"
    ]

    more = tmp_path / "more"
    library.add(toys.toys(more, 30, seed=4), Files(root=more, carry="link"))
    told = vigil("model", "due", "toys", "--reviewed", 10)
    assert told.code == 0
    assert "people labelled" in told.lines[1]
    assert "(from 10 on)" in told.lines[1]
    (kept,) = json.loads((home / FILE).read_text())  # for `vigil status`
    assert (kept["model"], kept["drifts"], kept["needed"]) == ("toys@1", [], 20)
    assert kept["labelled"] > 10


@pytest.mark.usefixtures("library")
def test_mistakes_are_told_in_one_line(vigil: Any, home: Path, tmp_path: Path) -> None:
    assert "there are: toys" in vigil("model", "due", "cows").failure
    other = replace(toys.CARD, name="others")
    Registry(home / "models").add(seeing(tmp_path / "o.onnx", 1.0), other)
    assert vigil("model", "due", "others").failure.startswith("others has not learnt from")
    with alone(open_home()):
        assert "being trained anew already" in vigil("model", "retrain", "--reviewed", 99).failure
