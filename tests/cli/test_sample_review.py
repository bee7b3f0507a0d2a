"""`vigil sample mine`, `next`, `label` and `skip`."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.flywheel.kept_samples import keep, store_in

from vigil.core import Sample
from vigil.data.library import Library


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIGIL_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def kept(home: Path) -> list[Sample]:
    samples = store_in(home)
    made = [keep(samples, hue=40 * row, score=0.9 - row / 10) for row in range(4)]
    samples.database.close()
    return made


def believed(home: Path, name: str = "reviewed") -> list[list[str]]:
    things = Library(home / "data" / name).things()
    return [[label.word for label in thing.labels] for thing in things]


def test_from_the_queue_to_a_data_set(vigil: Any, home: Path, kept: list[Sample]) -> None:
    assert "3 chosen" in vigil("sample", "mine", "--budget", 3).out
    shown = vigil("sample", "next", "--by", "ana").out
    key = shown.splitlines()[0]
    assert f"{key}.jpg" in shown
    assert "1: car 0 5 8 60 0.60" in shown
    other = vigil("sample", "next", "--by", "ben").lines[0]
    assert other != key
    assert vigil("sample", "label", key, "--confirm", "--by", "ana").out.endswith(
        "car, person → reviewed\n"
    )
    vigil(
        "sample", "label", other, "--word", "1=truck", "--drop", 2, "--box", "dog=1,2,30,40",
        "--box", "1=0,0,20,20", "--by", "ben",
    )  # fmt: skip
    assert believed(home) == [["car", "person"], ["truck", "dog"]]
    third = json.loads(vigil("sample", "next", "--by", "ana", "--json").out)
    assert third["labels"][0]["word"] == "car"
    assert Path(third["file"]).is_file()
    vigil("sample", "label", third["id"], "--nothing", "--by", "ana", "--into", "yard")
    assert believed(home, "yard") == [[]]
    last = vigil("sample", "next", "--by", "ana").lines[0]
    assert "skipped" in vigil("sample", "skip", last, "--by", "ana").out
    empty = vigil("sample", "next", "--by", "ana")
    assert (empty.code, empty.out) == (3, "")
    assert {sample.id for sample in kept} == {key, other, third["id"], last}


def test_the_data_set_counts_what_people_said(vigil: Any, kept: list[Sample]) -> None:
    vigil("sample", "label", kept[0].id, "--word", "2=bicycle", "--by", "ana")
    shown = vigil("data", "show", "reviewed").out
    assert "bicycle" in shown
    assert "human" in shown
    assert "model" not in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("label", "{}"), "say one of: --confirm, --nothing"),
        (("label", "{}", "--confirm", "--nothing"), "say one of"),
        (("label", "{}", "--word", "truck"), "say N=truck"),
        (("label", "{}", "--word", "x=truck"), "'x' is no number"),
        (("label", "{}", "--word", "7=truck"), "allowed: 1 to 2"),
        (("label", "{}", "--box", "1=0,0,5"), "N=X1,Y1,X2,Y2"),
        (("label", "{}", "--box", "dog=0,0,nan,9"), "finite"),
        (("label", "{}", "--box", "dog=0,0,900,9"), "within 0,0,160,90"),
        (("label", "{}", "--box", "=0,0,9,9"), "is no word"),
        (("label", "none", "--confirm"), "no sample 'none'"),
        (("skip", "none"), "no sample 'none'"),
        (("label", "{}", "--confirm", "--into", "a/b"), "no name of a data set"),
        (("mine", "--embedder", "none"), "none"),
    ],
)
def test_mistakes_are_told_in_one_line(
    vigil: Any, kept: list[Sample], words: tuple[str, ...], told: str
) -> None:
    assert told in vigil("sample", *(each.format(kept[0].id) for each in words)).failure
