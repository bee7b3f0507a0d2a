"""A film in a few pictures, also by what an embedder finds alike."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vigil.core import Image
from vigil.media.encode import H264Options, VideoWriter
from vigil.pipeline.summary import summarise, write_short_film


class ByRedness:
    """Pictures are alike when they are equally red: which place it is does not matter."""

    def embed(self, images: Sequence[Image]) -> np.ndarray:
        angles = [image[..., 0].mean() / 255 for image in images]
        return np.array([(np.cos(a), np.sin(a)) for a in angles], np.float32)


def place(seed: int, red: int) -> Image:
    coarse = np.random.default_rng(seed).uniform(0, 250, (6, 8, 3)).astype(np.float32)
    picture = np.asarray(np.clip(cv2.resize(coarse, (160, 96)), 0, 255), np.uint8)
    picture[..., 0] = red
    return picture


def write(path: Path, places: Sequence[tuple[int, int]]) -> Path:
    with VideoWriter(path, 160, 96, 10, options=H264Options(preset="ultrafast")) as writer:
        for seed, red in places:
            for _ in range(20):
                writer.write(place(seed, red))
    return path


def test_an_embedder_says_what_is_alike(tmp_path: Path) -> None:
    film = write(tmp_path / "film.mp4", [(1, 20), (2, 20), (3, 240), (4, 240)])
    assert [one.shot for one in summarise(film, 9).chosen] == [0, 1, 2, 3]
    by_redness = summarise(film, 9, embedder=ByRedness()).chosen
    assert len(by_redness) == 2
    assert [one.shot // 2 for one in by_redness] == [0, 1]


def test_who_walks_through_a_still_view_is_shown(tmp_path: Path) -> None:
    """Though it is one shot, and hardly a pixel changes."""
    film, view = tmp_path / "film.mp4", place(1, 90)
    with VideoWriter(film, 160, 96, 10, options=H264Options(preset="ultrafast")) as writer:
        for number in range(80):
            picture = view.copy()
            if 30 <= number < 50:
                x = 4 * (number - 30) + 10
                picture[30:80, x : x + 18] = 250 if number < 40 else 5
            writer.write(picture)
    found = summarise(film, 9)
    assert len(found.shots) == 1
    seen = [one.time_s for one in found.chosen]
    assert any(3.0 <= time_s < 4.0 for time_s in seen)
    assert any(4.0 <= time_s < 5.0 for time_s in seen)
    assert sum(not 3.0 <= time_s < 5.0 for time_s in seen) == 1


def test_a_short_film_stays_within_the_shots_it_shows(tmp_path: Path) -> None:
    film = write(tmp_path / "film.mp4", [(1, 20), (2, 240), (3, 20)])
    found = summarise(film, 1)
    out = tmp_path / "short.mp4"
    lasts_s = write_short_film(film, found, out)
    assert 0.5 < lasts_s < 1.7
    again = summarise(out, 9)
    assert len(again.shots) == 1
    assert abs(again.pictures - lasts_s * 10) < 2
