from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import Box, Event, VigilError
from vigil.media.encode import VideoWriter
from vigil.pipeline.annotate import EVENT
from vigil.pipeline.storyboard import CAPTION, MARGIN, TILE_WIDTH, moment_of, write_storyboard
from vigil.stages.ingest.file import FileSource


def event(start_s: float, end_s: float, *path: tuple[float, Box]) -> Event:
    return Event(
        id=str(start_s), source="gate", rule="presence", claim="A person is there.",
        start_s=start_s, end_s=end_s, path=path,
    )  # fmt: skip


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    with VideoWriter(path, 320, 180, 5.0) as writer:
        for number in range(20):
            writer.write(np.full((180, 320, 3), 60 + number, np.uint8))
    return path


def board(film: Path, out: Path, *events: Event) -> np.ndarray:
    write_storyboard(out, FileSource(path=film).packets(), events)
    return cv2.cvtColor(cv2.imread(str(out)), cv2.COLOR_BGR2RGB)


def test_each_event_has_a_still_with_its_box(film: Path, tmp_path: Path) -> None:
    box = Box(100, 40, 200, 140)
    found = board(
        film, tmp_path / "a.png", event(1.0, 3.0, (2.0, box)), event(2.0, 2.0, (2.0, box))
    )
    scale = TILE_WIDTH / 320
    row, column = MARGIN + round(90 * scale), MARGIN + round(100 * scale)
    for left in (0, TILE_WIDTH + MARGIN):
        edge = found[row, left + column - 3 : left + column + 4].astype(int)
        assert np.abs(edge - EVENT).max(axis=1).min() < 40


def test_its_words_stand_below_the_picture(film: Path, tmp_path: Path) -> None:
    found = board(film, tmp_path / "a.png", event(1.0, 3.0))
    height = round(180 * TILE_WIDTH / 320)
    still = found[MARGIN : MARGIN + height, MARGIN : MARGIN + TILE_WIDTH]
    caption = found[MARGIN + height : MARGIN + height + CAPTION, MARGIN : MARGIN + TILE_WIDTH]
    assert int(still.max()) - int(still.min()) < 12
    assert caption.max() > 200


def test_a_film_without_events_has_its_strip_of_time(film: Path, tmp_path: Path) -> None:
    assert board(film, tmp_path / "a.png").shape[0] < 120


def test_a_still_is_taken_where_the_box_is_known() -> None:
    box = Box(0, 0, 1, 1)
    assert moment_of(event(1.0, 9.0)) == 2.0
    assert moment_of(event(1.0, 9.0, (1.2, box), (1.9, box), (5.0, box))) == 1.9
    assert moment_of(event(1.0, 9.0, (6.0, box))) == 6.0


def test_a_picture_that_cannot_be_written_is_told_in_one_line(film: Path, tmp_path: Path) -> None:
    with pytest.raises(VigilError, match="cannot be written"):
        write_storyboard(tmp_path / "no" / "a.png", FileSource(path=film).packets(), [])
