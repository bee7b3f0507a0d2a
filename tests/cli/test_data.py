"""`vigil data`."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.data.formats import pool

from vigil.data.formats import Files, format_called


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    root = pool.make(tmp_path / "pool")
    things = [thing for seed in (1, 2, 3, 5) for thing in pool.data_set(Random(seed))]
    once = list({thing.medium.path: thing for thing in things}.values())
    format_called("coco").write(tmp_path / "coco", once, Files(root=root))
    return tmp_path / "coco"


def test_in_and_out_by_another_format(vigil: Any, coco: Path, tmp_path: Path) -> None:
    assert "new of coco" in vigil("data", "import", "yard", coco).out
    assert " 0 new of coco" in vigil("data", "import", "yard", coco).out
    shown = vigil("data", "show", "yard").lines
    assert shown[0] == "4 pictures, 2 videos"
    for kind in ("label_studio", "cvat"):
        vigil("data", "export", "yard", tmp_path / kind, "--as", kind)
        vigil("data", "import", f"from-{kind}", tmp_path / kind)
        again = vigil("data", "show", f"from-{kind}").lines
        paths = [line for line in shown if " path " in line or " box " in line]
        assert [line for line in again if " path " in line or " box " in line] == paths


def test_frozen_and_exported_by_version(vigil: Any, coco: Path, tmp_path: Path) -> None:
    vigil("data", "import", "yard", coco, "--labeler", "human", "--by", "ana")
    version = vigil("data", "freeze", "yard").out.split("@")[1].split(":")[0]
    assert vigil("data", "freeze", "yard").out.split("@")[1].split(":")[0] == version
    assert "pictures" in vigil("data", "show", "yard", "--version", version[:6]).out
    vigil("data", "export", "yard", tmp_path / "out", "--as", "coco", "--version", version)
    assert any((tmp_path / "out" / "annotations").iterdir())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import", "a/b", "."), "no name of a data set"),
        (("import", "yard", "/nowhere"), "not there"),
        (("import", "yard", ".", "--as", "koko"), "allowed: coco"),
        (("show", "none"), "there are: none"),
        (("freeze", "none"), "there are: none"),
        (("export", "none", "/", "--as", "coco"), "something already"),
    ],
)
def test_mistakes_are_told_in_one_line(vigil: Any, words: tuple[str, ...], told: str) -> None:
    assert told in vigil("data", *words).failure
