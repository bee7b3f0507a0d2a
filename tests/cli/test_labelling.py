"""`vigil data label`."""

from pathlib import Path
from typing import Any

import pytest
from tests.flywheel.painted import library_of, picture

from vigil.core import Box

TEACHER = ("--teacher", "detector:yolox-nano-416", "--words", "person")


@pytest.fixture
def yard(home: Path) -> str:
    library_of(home / "data" / "yard", [(picture([("hen", 0.5, Box(9, 9, 60, 60))]), [])])
    return "yard"


@pytest.fixture
def yolox(vigil: Any, data: Any) -> None:
    vigil("model", "add", data("models/detect/yolox_nano_416.onnx"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("none", *TEACHER), "no data set 'none'; there are: yard"),
        (("yard", "--teacher", "oracle:x", "--words", "person"), "allowed: detector:MODEL"),
        (("yard", "--teacher", "detector:none", "--words", "person"), "no model 'none'"),
        (("yard", *TEACHER, "--words", "=x"), "allowed: WORD, WORD=NAME"),
    ],
)
def test_mistakes_are_told_in_one_line(
    vigil: Any, yard: str, words: tuple[str, ...], told: str
) -> None:
    assert told in vigil("data", "label", *words).failure


@pytest.mark.data
def test_a_word_that_the_teacher_does_not_know_is_a_mistake(
    vigil: Any, yard: str, yolox: None
) -> None:
    words = ("--teacher", "detector:yolox-nano-416", "--words", "helmet")
    assert "knows no helmet" in vigil("data", "label", yard, *words).failure


@pytest.mark.data
def test_nothing_to_be_seen_is_a_failure(vigil: Any, yard: str, yolox: None) -> None:
    told = vigil("data", "label", yard, *TEACHER)
    assert told.code == 2
    assert "not one label: 1 pictures and frames were read" in told.err
    assert "person: nothing found" in told.err


@pytest.mark.data
def test_real_people_are_labelled_once(vigil: Any, yolox: None, data: Any) -> None:
    ppe = data("images/ppe")
    vigil("data", "import", "site", ppe / "test" / "images")
    told = vigil("data", "label", "site", *TEACHER)
    assert "person" in told.out
    assert "0 of them now; 0 things" in vigil("data", "label", "site", *TEACHER).out
    assert "person  box   model" in vigil("data", "show", "site").out
