"""The size of a picture is read from its head, and is what a decoder makes of it."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import SourceRefused
from vigil.media.picture_size import picture_size


def encoded(ending: str, width: int, height: int) -> bytes:
    done, data = cv2.imencode(ending, np.full((height, width, 3), 90, np.uint8))
    assert done
    return data.tobytes()


def with_orientation(jpeg: bytes, orientation: int, order: str) -> bytes:
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    tiff += struct.pack(f"{order}HHHIHH", 1, 0x0112, 3, 1, orientation, 0) + bytes(4)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


@pytest.mark.parametrize("ending", [".jpg", ".png", ".bmp", ".webp"])
def test_every_kind_tells_its_size(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    file.write_bytes(encoded(ending, 211, 35))
    assert picture_size(file) == (211, 35)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_that_lies_on_its_side_is_measured_upright(
    tmp_path: Path, orientation: int, order: str
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(with_orientation(encoded(".jpg", 40, 24), orientation, order))
    shown = cv2.imread(str(file))
    assert shown is not None
    assert picture_size(file) == (shown.shape[1], shown.shape[0])


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00", b"hello" * 20])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    with pytest.raises(SourceRefused, match=r"a\.jpg"):
        picture_size(file)


def test_a_picture_cut_off_within_its_head_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(encoded(".jpg", 40, 24)[:60])
    with pytest.raises(SourceRefused):
        picture_size(file)
