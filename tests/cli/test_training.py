"""`vigil model train`, as a person uses it."""

from pathlib import Path
from typing import Any

import pytest
from tests.train import toys

from vigil.core import Labeler
from vigil.data.formats import Files, format_called


@pytest.fixture
def yard(vigil: Any, tmp_path: Path) -> str:
    """A data set of the user."""
    things = list(toys.toys(tmp_path / "made", 24))
    format_called("coco").write(tmp_path / "coco", things, Files(root=tmp_path / "made"))
    vigil("data", "import", "yard", tmp_path / "coco", "--labeler", Labeler.HUMAN.value)
    return "yard"


def test_a_model_is_made_and_waits_to_be_used(vigil: Any, yard: str) -> None:
    options = ("--name", "toy-finder", "--licence", "CC0-1.0", "--side", 64, "--epochs", 1)
    told = vigil("model", "train", yard, *options).lines
    assert "pictures learnt in" in told[0]
    assert told[1].split() == ["numbers", "AP50", "precision", "recall", "ms"]
    assert sum("kept" in line for line in told) == 1
    assert told[-1].endswith("vigil model use toy-finder 1")
    page = Path(told[-2].partition(": ")[2])
    assert "toy-finder@1: what it gets wrong" in page.read_text(encoding="utf-8")

    shown = vigil("model", "show", "toy-finder@1").out
    assert "licence_weights: CC0-1.0" in shown
    assert "- disc" in shown
    listed = vigil("model", "list").lines[1].split()
    assert listed[:3] == ["toy-finder", "-", "1"]  # there, but not in use
    vigil("model", "use", "toy-finder", 1)
    vigil("model", "verify", "toy-finder")

    less = ("--name", "lean", "--after", "toy-finder@1", "--prune", 0.5)
    told = vigil("model", "train", yard, *less, *options[2:]).lines
    before, gone = (int(each.replace(",", "")) for each in told[1].split()[1:4:2])
    assert before / 2 < gone < before
    assert "prune-0.5" in vigil("model", "show", "lean@1").out

    more = ("--name", "lean", "--after", "lean@1", "--words", "square,cross")
    told = vigil("model", "train", yard, *more, *options[2:], "--replay", 4).lines
    assert "what lean@1 knew" in told[-1]
    shown = vigil("model", "show", "lean@2").out
    assert "parent: lean@1" in shown
    assert shown.index("- disc") < shown.index("- square") < shown.index("- cross")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("yard", "--name", "Toy Finder"), "name: found 'Toy Finder'; allowed: a-z"),
        (("yard", "--name", "t", "--side", 100), "side: 100; allowed: a multiple of 32"),
        (
            ("yard", "--name", "t", "--network", "yolo"),
            "network: found 'yolo'; allowed: sentry, yolox-nano, d",
        ),
        (("yard", "--name", "t", "--weights", "x"), "weights: sentry has no published ones"),
        (
            ("yard", "--name", "t", "--network", "dfine-n", "--weights", "there"),
            "there/config.json: no settings of a network that can be read",
        ),
        (("yard", "--name", "t", "--replay", 3), "nothing to replay; it needs: --after MODEL"),
        (("yard", "--name", "t", "--prune", 0.3), "nothing learnt to choose by; it needs: --after"),
        (("yard", "--name", "t", "--weights", "x", "--after", "a"), "allowed without: --after"),
        (("yard", "--name", "t", "--teacher", "bob"), "no model 'bob'"),
        (("yard", "--name", "t", "--words", "cow"), "split 'train': no box of cow"),
        (("yard", "--name", "t", "--version", "abc"), "no data set 'abc'"),
        (("barn", "--name", "t"), "no data set 'barn'; there are: yard"),
    ],
)
@pytest.mark.usefixtures("yard")
def test_mistakes_are_told_in_one_line(
    vigil: Any, options: tuple[str | int, ...], told: str
) -> None:
    failed = vigil("model", "train", *options, "--licence", "CC0-1.0").failure
    assert told in failed
