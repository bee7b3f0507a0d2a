"""`vigil data label`."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.flywheel.painted import library_of, picture

from vigil.core import Box
from vigil.testing.fake_answers import Asked, GroundingOracle, filled
from vigil.testing.fake_brain import FakeBrain

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
        (("yard", "--teacher", "oracle:x", "--words", "person"), "allowed: detector:MODEL, words"),
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


def test_a_large_model_draws_and_another_checks(vigil: Any, yard: str) -> None:
    def drawn(asked: Asked) -> list[tuple[str, Box, float]]:
        return [("hen", Box(0.1, 0.1, 0.5, 0.5), 0.9), ("hen", Box(0.6, 0.6, 0.9, 0.9), 0.3)]

    def ruling(asked: Asked) -> dict[str, Any]:
        return filled(asked.schema or {}, ruling="confirmed", confidence=0.9)

    with FakeBrain(GroundingOracle(drawn)) as painter, FakeBrain(ruling) as judge:
        words = ("--words", "hen=a brown hen", "--check", judge.url, "--budget", 1)
        told = vigil("data", "label", yard, "--teacher", f"boxes:{painter.url}", *words)
        assert judge.counts.answered == 1
    assert told.code == 0
    (row,) = (line.split() for line in told.lines if line.startswith("hen"))
    #      word  found best   sure checked confirmed dropped labels
    assert row == ["hen", "2", "0.90", "1", "1", "1", "0", "2"]
    shown = vigil("data", "show", yard).out
    assert "hen   box   brain       2" in shown


@pytest.mark.data
def test_an_algorithm_names_pictures(vigil: Any, data: Any, tmp_path: Path) -> None:
    vigil("model", "add", data("models/embed/mobilenet_v2_1.0_224_quant.tflite"))
    for word in ("fire", "normal"):
        for number, file in enumerate(sorted(data(f"images/fire/{word}").glob("*.jpg"))[:16]):
            folder = tmp_path / (word if number < 12 else "fresh")
            folder.mkdir(exist_ok=True)
            shutil.copy(file, folder / f"{word}-{file.name}")
    shown = ("--images", tmp_path / "fire", "--negatives", tmp_path / "normal")
    vigil("algorithm", "new", "flame", "--claim", "There is a flame.", *shown)
    vigil("data", "import", "fresh", tmp_path / "fresh", "--as", "files")
    words = ("--words", "burning=flame", "--words", "calm=other")
    told = vigil("data", "label", "fresh", "--teacher", "head:flame", *words)
    assert told.code == 0
    counts = Counter(line.split()[0] for line in vigil("data", "show", "fresh").lines[1:])
    assert counts == {"word": 1, "burning": 1, "calm": 1}


def test_killed_without_warning_it_goes_on_where_it_was(
    vigil: Any, start: Any, until: Any, home: Path
) -> None:
    pictures = [(picture([], shade=number), []) for number in range(40)]
    library_of(home / "data" / "yard", pictures)

    def drawn(asked: Asked) -> list[tuple[str, Box, float]]:
        return [("hen", Box(0.1, 0.1, 0.5, 0.5), 0.9)]

    with FakeBrain(GroundingOracle(drawn), latency_s=0.2, slots=2) as brain:
        words = ("data", "label", "yard", "--teacher", f"boxes:{brain.url}", "--words", "hen")
        process = start(*words)
        until(lambda: brain.counts.answered >= 12)
        process.kill()
        process.wait()
        before = brain.counts.answered
        told = vigil(*words)
        assert told.code == 0
        # Asked again are those of the batch that was cut short, at the most.
        assert 40 <= brain.counts.answered <= 40 + 8 + 2
        assert brain.counts.answered - before < 40
    assert "hen   box   brain      40" in vigil("data", "show", "yard").out
