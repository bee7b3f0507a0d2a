"""`vigil model promote`, as a person uses it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.data.formats import Files
from vigil.data.library import Library
from vigil.infer.registry import Registry


@pytest.fixture
def models(home: Path, tmp_path: Path) -> Registry:
    """Version 1 sees the left half and is in use, version 2 sees all; a data set of people."""
    found = Registry(home / "models")
    card = replace(toys.CARD, score=0.3)
    found.add(seeing(tmp_path / "half.onnx", 0.5), card)
    found.add(seeing(tmp_path / "good.onnx", 1.0), card, activate=False)
    things = toys.toys(tmp_path / "made", 240, seed=5)
    Library(home / "data" / "yard").add(things, Files(root=tmp_path / "made", carry="link"))
    return found


def test_better_goes_in_and_worse_stays_out(vigil: Any, models: Registry) -> None:
    told = vigil("model", "promote", "toys@2", "--dataset", "yard")
    assert told.lines[0].split() == ["current", "new", "things"]
    assert told.lines[-1] == "toys@2 is in use; to take it back: vigil model roll-back toys"
    assert models.resolve("toys")[0].version == 2

    refused = vigil("model", "promote", "toys@1", "--dataset", "yard")
    assert refused.code == 3
    assert "toys@1 is not put to use:" in refused.lines
    assert any("AP50" in line and "is not above" in line for line in refused.lines)
    assert models.resolve("toys")[0].version == 2


@pytest.mark.usefixtures("models")
def test_mistakes_are_told_in_one_line(vigil: Any) -> None:
    assert "there are: toys" in vigil("model", "promote", "cows@1", "--dataset", "yard").failure
    assert "there are: yard" in vigil("model", "promote", "toys@2", "--dataset", "barn").failure
