"""Example pictures from folders."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import DataError
from vigil.flywheel.pictures import examples_in, read_picture


def write(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (40, 30)) -> None:
    width, height = size
    assert cv2.imwrite(str(path), np.full((height, width, 3), colour[::-1], np.uint8))


def test_pictures_come_by_name_in_red_green_blue(tmp_path: Path) -> None:
    write(tmp_path / "b.png", (0, 0, 255))
    write(tmp_path / "a.PNG", (255, 0, 0))
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".hidden.png").write_text("nor this")
    found = examples_in(tmp_path, "red")
    assert [example.file for example in found] == ["a.PNG", "b.png"]
    assert found[0].image[0, 0].tolist() == [255, 0, 0]
    assert found[0].sha256 != found[1].sha256
    assert {example.word for example in found} == {"red"}


def test_large_pictures_are_kept_as_small_as_an_embedder_needs(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg", (9, 9, 9), (1280, 640))
    assert read_picture(tmp_path / "a.jpg").shape == (320, 640, 3)


@pytest.mark.parametrize("content", [b"", b"#EXTM3U\nfile:///etc/passwd", b"\xff\xd8\xff broken"])
def test_what_only_looks_like_a_picture_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "trick.jpg").write_bytes(content)
    with pytest.raises(DataError, match=r"trick\.jpg: no picture"):
        examples_in(tmp_path, "x")


def test_an_empty_or_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pictures"):
        examples_in(tmp_path, "x")
    with pytest.raises(DataError, match="no such folder"):
        examples_in(tmp_path / "none", "x")
