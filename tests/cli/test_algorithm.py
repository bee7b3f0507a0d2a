"""`vigil algorithm`, on real pictures and a real model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Data = Callable[[str], Path]


@pytest.fixture
def folders(data: Data, tmp_path: Path, vigil: Any) -> Path:
    """Twelve pictures of fire and twelve without, and a model that knows neither."""
    for word in ("fire", "normal"):
        (tmp_path / "pictures" / word).mkdir(parents=True)
        for file in sorted(data(f"images/fire/{word}").glob("*.jpg"))[:12]:
            shutil.copy(file, tmp_path / "pictures" / word)
    vigil("model", "add", data("models/embed/mobilenet_v2_1.0_224_quant.tflite"))
    return tmp_path / "pictures"


@pytest.mark.data
def test_new_says_how_well_it_is_told_and_show_keeps_its_history(
    vigil: Any, folders: Path, home: Path
) -> None:
    words = ("--claim", "There is a flame.", "--images", folders / "fire")
    made = vigil("algorithm", "new", "flame", *words, "--negatives", folders / "normal")
    assert made.code == 0
    assert made.lines[0].startswith("flame@1: flame: precision ")
    assert made.lines[1].startswith("usable after ")
    vigil("algorithm", "new", "flame", "--claim", "Flames or not.", "--images", folders)
    shown = vigil("algorithm", "show", "flame").out
    assert "Flames or not." in shown
    assert "in use" in shown
    about = json.loads((home / "algorithms" / "flame" / "2" / "about.json").read_text())
    assert about["words"] == ["fire", "normal"]
    assert len(about["examples"]) == 24


@pytest.mark.data
def test_too_few_examples_are_refused_with_a_reason(vigil: Any, folders: Path) -> None:
    for folder in folders.iterdir():
        for file in sorted(folder.iterdir())[2:]:
            file.unlink()
    said = vigil("algorithm", "new", "flame", "--claim", "x", "--images", folders)
    assert said.code == 3
    assert "can't yet, because there are too few different examples" in said.out
    assert "refused" in vigil("algorithm", "show", "flame").out


def test_mistakes_are_told_in_one_line(vigil: Any, tmp_path: Path) -> None:
    new = ("algorithm", "new", "flame", "--claim", "x", "--images")
    assert "give --negatives" in vigil(*new, tmp_path).failure
    assert "no pictures" in vigil(*new, tmp_path, "--negatives", tmp_path).failure
    none = tmp_path / "none"
    assert "no such folder" in vigil(*new, none, "--negatives", none).failure
    assert "there are: none" in vigil("algorithm", "show", "flame").failure
    assert "no algorithm's name" in vigil("algorithm", "show", "A b").failure
