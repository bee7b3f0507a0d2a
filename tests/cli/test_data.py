"""`vigil data`."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.data.formats import pool

from vigil.core import Box
from vigil.data.formats import Files, format_called
from vigil.media.encode import VideoWriter


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    root = pool.make(tmp_path / "pool")
    things = [thing for seed in (1, 2, 3, 5) for thing in pool.data_set(Random(seed))]
    once = list({thing.medium.path: thing for thing in things}.values())
    format_called("coco").write(tmp_path / "coco", once, Files(root=root))
    return tmp_path / "coco"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds of grey that brightens."""
    path = tmp_path / "films" / "dawn.mp4"
    path.parent.mkdir()
    with VideoWriter(path, 64, 48, 10) as writer:
        for level in range(20):
            writer.write(np.full((48, 64, 3), 40 + 10 * level, np.uint8))
    return path


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


def test_films_come_in_as_pictures(vigil: Any, film: Path) -> None:
    told = vigil("data", "import", "gate", film.parent, "--as", "files", "--every", "0.5").out
    assert told.startswith("gate: 4 new of files")
    assert vigil("data", "import", "gate", film.parent, "--as", "files", "--every", "0.5").out == (
        told.replace("4 new", "0 new")
    )
    assert vigil("data", "show", "gate").lines[0] == "4 pictures, 0 videos"


def test_labels_are_renamed_on_their_way_in(vigil: Any, coco: Path) -> None:
    labels = [label for thing in format_called("coco").read(coco) for label in thing.labels]
    word = next(label.word for label in labels if isinstance(label.shape, Box))
    asked = ("--words", f"thing={word}", "--split", "train")
    vigil("data", "import", "one", coco, *asked)
    shown = vigil("data", "show", "one").lines
    assert [line.split()[0] for line in shown if " box " in line] == ["thing"]
    assert shown[1] == "train 6"


def test_views_are_rendered_with_their_truth(vigil: Any) -> None:
    asked = ("--words", "person", "--words", "vehicle=car|truck", "--views", 4, "--pictures", 1)
    told = vigil("data", "render", "views", *asked, "--width", 160, "--split", "train").out
    assert told.strip() == "views: 4 new pictures of 4 views"
    shown = vigil("data", "show", "views").out
    assert "train 4" in shown
    assert "person" in shown
    version = vigil("data", "freeze", "views", "--keep-splits").out
    assert version.strip().endswith("train 4")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import", "a/b", "."), "no name of a data set"),
        (("import", "yard", "/nowhere"), "not there"),
        (("import", "yard", ".", "--as", "koko"), "allowed: coco"),
        (("render", "yard", "--words", "a=|"), "--words"),
        (("show", "none"), "there are: none"),
        (("freeze", "none"), "there are: none"),
        (("export", "none", "/", "--as", "coco"), "something already"),
    ],
)
def test_mistakes_are_told_in_one_line(vigil: Any, words: tuple[str, ...], told: str) -> None:
    assert told in vigil("data", *words).failure
