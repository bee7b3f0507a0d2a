"""Moments of films that look like an example."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Image
from vigil.media.encode import H264Options, VideoWriter
from vigil.pipeline.film_search import FilmIndex, Moments, contact_sheet, indexed, nearest_moments

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}


class Means:
    """The mean colour; counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, images: Sequence[Image]) -> np.ndarray:
        self.asked += len(images)
        return np.stack([image.reshape(-1, 3).mean(0) for image in images]).astype(np.float32)


def write_colours(path: Path, words: str, *, seconds: int = 4) -> Path:
    """So many seconds of each colour."""
    options = H264Options(preset="ultrafast")
    with VideoWriter(path, 64, 48, 5, options=options) as writer:
        for word in words.split():
            for _ in range(5 * seconds):
                writer.write(np.full((48, 64, 3), COLOURS[word], np.uint8))
    return path


@pytest.fixture
def films(tmp_path: Path) -> list[Path]:
    return [
        write_colours(tmp_path / "交通 1.mp4", "red green red"),
        write_colours(tmp_path / "b.mp4", "blue green"),
    ]


def test_the_nearest_moments_are_told_once_each(films: list[Path], tmp_path: Path) -> None:
    there = indexed(FilmIndex(tmp_path / "kept", Means, "means"), films)
    assert [len(film.times) for film in there] == [12, 8]
    green = np.array([[0.12, 0.99, 0.12]], np.float32)
    hits = nearest_moments(there, green, 2)
    assert {hit.path for hit in hits} == set(films)  # once in each
    assert all(hit.score > 0.97 and 4 <= hit.time_s < 8 for hit in hits)
    assert len(nearest_moments(there, green, 9, apart_s=0)) == 9


def test_a_film_is_embedded_once_and_anew_when_it_changes(
    films: list[Path], tmp_path: Path
) -> None:
    means, kept = Means(), tmp_path / "kept"
    first = FilmIndex(kept, lambda: means, "means").moments(films[0])
    again = FilmIndex(kept, lambda: pytest.fail("is opened again"), "means").moments(films[0])
    assert means.asked == len(first.times)
    np.testing.assert_array_equal(first.vectors, again.vectors)

    other = FilmIndex(kept, lambda: means, "other weights")
    other.moments(films[0])
    write_colours(films[0], "blue")
    assert len(FilmIndex(kept, lambda: means, "means").moments(films[0]).times) == 4
    assert means.asked == 2 * len(first.times) + 4


def test_a_file_that_was_cut_short_is_made_anew(films: list[Path], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    whole = FilmIndex(kept, Means, "means").moments(films[1])
    (file,) = kept.rglob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    index = FilmIndex(kept, Means, "means")
    np.testing.assert_array_equal(index.moments(films[1]).vectors, whole.vectors)
    assert index.embedded == 1


def test_what_is_no_film_is_told_in_a_line(films: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_text("no film")
    lines: list[str] = []
    there = indexed(
        FilmIndex(tmp_path / "kept", Means, "means"), [broken, films[1]], refused=lines.append
    )
    assert [film.path for film in there] == [films[1]]
    assert lines[0].startswith(f"{broken}: ")


def test_a_stretch_has_its_moments_or_the_nearest(tmp_path: Path) -> None:
    film = Moments(path=tmp_path, times=np.array([0.5, 1.5, 2.5]), vectors=np.eye(3, dtype="f4"))
    assert film.within(1, 3).tolist() == [False, True, True]
    assert film.within(1.6, 1.8).tolist() == [False, True, False]
    assert film.within(1.6, None).tolist() == [False, False, True]


def test_the_sheet_shows_what_was_found_in_order(films: list[Path], tmp_path: Path) -> None:
    there = indexed(FilmIndex(tmp_path / "kept", Means, "means"), films)
    examples = np.array([[0.98, 0.13, 0.13], [0.13, 0.13, 0.98]], np.float32)
    hits = nearest_moments(there, examples, 3)
    sheet = contact_sheet(hits)
    for column, hit in enumerate(hits):
        left = 14 + column * (480 + 14)
        shown = sheet[100, left + 240]
        wanted = COLOURS["blue" if hit.path == films[1] else "red"]
        assert np.abs(shown.astype(int) - wanted).max() < 12
