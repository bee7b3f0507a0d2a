"""Stills of a source at different moments."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import SourceLost, SourceRefused
from vigil.flywheel.stills import stills_of
from vigil.media.encode import H264Options, VideoWriter
from vigil.stages.ingest.file import FileSource
from vigil.stages.ingest.images import ImageFolder
from vigil.testing.films import pictures, write_tiny_film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_film(tmp_path_factory.mktemp("film") / "it.mp4", 12, [(0, 12)])


def block_at(still: np.ndarray) -> float:
    """Where the walker is, as a share of the width."""
    dark = np.flatnonzero((still[80:110].mean(axis=(0, 2))) < 40)
    return float(dark.mean()) / still.shape[1]


def test_stills_of_a_file_are_spread_over_it(film: Path) -> None:
    found = stills_of(FileSource(path=film), count=4)
    assert [still.shape for still in found] == [(144, 192, 3)] * 4
    np.testing.assert_allclose([block_at(s) for s in found], [0.1, 0.35, 0.6, 0.85], atol=0.1)


def test_a_file_with_one_key_frame_is_decoded_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "one.mp4"
    options = H264Options(key_every=1000, preset="ultrafast")
    with VideoWriter(path, 192, 144, 10, options=options) as writer:
        for picture in pictures(12, [(0, 12)]):
            writer.write(picture)
    found = stills_of(FileSource(path=path), count=4)
    np.testing.assert_allclose([block_at(s) for s in found], [0.1, 0.35, 0.6, 0.85], atol=0.1)


def test_masks_are_black_and_a_large_picture_is_drawn_smaller(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.full((600, 1200, 3), 200, np.uint8))
    masks = [((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))]
    (still,) = stills_of(ImageFolder(path=tmp_path), masks=masks, count=5)
    assert still.shape == (320, 640, 3)
    assert not still[:, :315].any()
    assert (still[:, 330:] > 190).all()


def test_a_live_source_gives_moments_that_are_apart(tmp_path: Path) -> None:
    film = write_tiny_film(tmp_path / "it.mp4", 3, [(-3, 3)])
    source = FileSource(path=film, realtime=True)
    found = stills_of(source, count=2, every_s=0.5)
    assert len(found) == 2
    assert block_at(found[1]) > block_at(found[0])


def test_a_live_source_without_end_is_left_in_time(film: Path) -> None:
    source = FileSource(path=film, realtime=True, loop=True)
    assert len(stills_of(source, count=50, every_s=0.5, within_s=1.5)) in (1, 2, 3)


def test_a_source_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused):
        stills_of(FileSource(path=tmp_path / "none.mp4"))
    write_tiny_film(tmp_path / "it.mp4", 2)
    with pytest.raises(SourceLost, match=r"it\.mp4: no picture came"):
        stills_of(FileSource(path=tmp_path / "it.mp4", realtime=True, start_s=0), within_s=0.0)
