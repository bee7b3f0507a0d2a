"""Folders of images as sources."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import SourceRefused
from vigil.media.decoding import Decoder
from vigil.stages.ingest.images import ImageFolder, natural_order


def put_image(path: Path, red: int) -> None:
    cv2.imwrite(str(path), np.full((48, 64, 3), (0, 0, red), np.uint8))


def test_images_come_in_natural_order_at_the_rate(tmp_path: Path) -> None:
    for index, name in enumerate(["a10.png", "a2.jpg", "a1.png"]):
        put_image(tmp_path / name, 250 - 100 * index)
    packets = list(ImageFolder(path=tmp_path, rate=2.0, start_s=50).packets())

    assert [p.time_s for p in packets] == [50.0, 50.5, 51.0]
    assert [p.encoding.codec for p in packets] == ["png", "mjpeg", "png"]
    frames = [Decoder(p.encoding).decode_alone(p) for p in packets]
    reds = [frame.rgb(8)[..., 0].mean() for frame in frames if frame]
    assert reds == pytest.approx([50, 150, 250], abs=3)


def test_text_with_the_extension_of_an_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("#EXTM3U\n/etc/passwd\n")
    with pytest.raises(SourceRefused, match=r"a\.jpg is neither a JPEG nor a PNG image"):
        list(ImageFolder(path=tmp_path).packets())


def test_an_empty_or_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="holds no images"):
        list(ImageFolder(path=tmp_path).packets())
    with pytest.raises(SourceRefused, match="no such folder"):
        list(ImageFolder(path=tmp_path / "absent").packets())


def test_a_rate_of_nothing_is_not_allowed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rate: 0"):
        ImageFolder(path=tmp_path, rate=0)


def test_numbers_sort_as_numbers() -> None:
    names = ["b1", "a10b", "A2", "a02", "10", "9", "x"]
    assert sorted(names, key=natural_order) == ["9", "10", "A2", "a02", "a10b", "b1", "x"]
