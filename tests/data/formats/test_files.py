"""Plain pictures, to be labelled here."""

from pathlib import Path

import cv2
import numpy as np

from vigil.data.formats import Files, format_at
from vigil.data.library import Library


def test_pictures_come_in_without_labels_and_a_folder_is_a_camera(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "gate").mkdir(parents=True)
    for number, name in enumerate(("a.png", "gate/b.jpg", "gate/c.jpg")):
        cv2.imwrite(str(source / name), np.full((20, 30, 3), 50 * number, np.uint8))
    (source / "notes.txt").write_text("no picture")
    kind, reader = format_at(source)
    assert kind == "files"
    library = Library(tmp_path / "library")
    assert library.add(reader.read(source), Files(root=source)) == 3
    things = list(library.things())
    assert [thing.medium.group for thing in things] == ["", "gate", "gate"]
    assert [thing.labels for thing in things] == [()] * 3
    assert (things[0].medium.width, things[0].medium.height) == (30, 20)
    reader.write(tmp_path / "out", reader.read(source), Files(root=source))
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.*")) == [
        "a.png", "b.jpg", "c.jpg",
    ]  # fmt: skip
