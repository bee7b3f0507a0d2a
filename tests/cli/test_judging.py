"""`vigil model judge`, as a person uses it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.data.formats import Files
from vigil.data.library import Library
from vigil.infer.registry import Registry


@pytest.fixture(autouse=True)
def half_blind(home: Path, tmp_path: Path) -> None:
    """A model that sees the left half, and a data set of people."""
    card = replace(toys.CARD, score=0.3)
    Registry(home / "models").add(seeing(tmp_path / "half.onnx", 0.5), card)
    things = toys.toys(tmp_path / "made", 40, seed=5)
    Library(home / "data" / "yard").add(things, Files(root=tmp_path / "made", carry="link"))


def test_it_says_how_good_and_shows_what_is_wrong(vigil: Any, tmp_path: Path) -> None:
    told = vigil("model", "judge", "toys", "yard", "--out", tmp_path / "page")
    assert told.code == 0
    assert told.lines[0].startswith("toys@1 on ")
    assert told.lines[1].split() == ["slice", "n", "recall"]
    shares = {line.split()[0]: float(line.split()[2]) for line in told.lines[2:-1]}
    assert 0 < shares["light/day"] < 0.8
    assert told.lines[-1].endswith(str(tmp_path / "page" / "index.html"))
    text = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    assert "missed · 漏检" in text
    assert list((tmp_path / "page" / "pictures").glob("*.jpg"))


def test_a_split_that_is_none_is_told(vigil: Any, home: Path) -> None:
    said = vigil("model", "judge", "toys", "yard", "--split", "barn").failure
    assert said.endswith("barn: no box of disc, square")
    assert not (home / "judged").exists()
