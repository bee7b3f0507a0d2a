"""Cuts and fades of composed films are told where they are; flashes, pans and lamps are not."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Frame, Image
from vigil.media.encode import H264Options, VideoWriter
from vigil.media.films import film_frames
from vigil.media.key_frames import by_change, descriptors, k_centre, middles
from vigil.media.pixels import ArrayPixels
from vigil.media.shots import Measured, ShotSettings, find_shots, measure

RATE = 20.0


def view(seed: int, *, brightness: float = 1.0) -> Image:
    """A coloured place, unlike that of any other seed."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(30, 220, (6, 8, 3)).astype(np.float32)
    picture = cv2.resize(coarse, (96, 64), interpolation=cv2.INTER_CUBIC) * brightness
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def shot(seed: int, count: int) -> list[Image]:
    """A camera's: grain, and somebody who walks by."""
    random = np.random.default_rng([seed, 1])
    pictures = []
    for number in range(count):
        picture = view(seed) + random.normal(0, 3, (64, 96, 3))
        picture[20:50, number % 80 : number % 80 + 10] = 30
        pictures.append(np.asarray(np.clip(picture, 0, 255), np.uint8))
    return pictures


def faded(pictures: list[Image], *, into: bool, steps: int = 10) -> list[Image]:
    """The same, out of black at its beginning or into black at its end."""
    shares = [min(1.0, (number + 1) / (steps + 1)) for number in range(len(pictures))]
    return [
        np.asarray(picture * share, np.uint8)
        for picture, share in zip(pictures, shares[::-1] if into else shares, strict=True)
    ]


def frames(pictures: Iterable[Image]) -> Iterable[Frame]:
    for number, picture in enumerate(pictures):
        high, wide = picture.shape[:2]
        yield Frame(
            source="film",
            index=number,
            time_s=number / RATE,
            width=wide,
            height=high,
            pixels=ArrayPixels(picture),
        )


def measured(pictures: Iterable[Image]) -> Measured:
    return measure(frames(pictures))


def starts(pictures: Sequence[Image], settings: ShotSettings | None = None) -> list[int]:
    """Pictures at which shots begin, but for the first."""
    found = find_shots(measured(pictures), settings or ShotSettings())
    return [round(each.start_s * RATE) for each in found[1:]]


@pytest.mark.parametrize("method", ["adaptive", "content", "histogram"])
def test_cuts_are_told_to_the_picture(method: str) -> None:
    lengths = [30, 25, 40, 20]
    pictures = [one for seed, length in enumerate(lengths) for one in shot(seed, length)]
    settings = ShotSettings(method=method)  # type: ignore[arg-type]
    assert starts(pictures, settings) == [30, 55, 95]


def test_shots_cover_the_film_without_gaps() -> None:
    pictures = shot(1, 30) + shot(2, 30) + shot(3, 30)
    found = find_shots(measured(pictures))
    assert found[0].start_s == 0.0
    assert found[-1].end_s == pytest.approx(89 / RATE)
    assert [one.end_s for one in found[:-1]] == [one.start_s for one in found[1:]]
    assert [one.begins for one in found] == ["start", "cut", "cut"]


def test_a_fade_through_black_is_one_boundary_in_the_middle_of_the_black() -> None:
    black = [np.zeros((64, 96, 3), np.uint8)] * 10
    pictures = faded(shot(1, 40), into=True) + black + faded(shot(2, 40), into=False)
    (_, second) = find_shots(measured(pictures))
    assert second.begins == "fade"
    assert second.start_s == pytest.approx(44.5 / RATE, abs=2 / RATE)
    unfaded = find_shots(measured(pictures), ShotSettings(fades=False))
    assert "fade" not in [one.begins for one in unfaded]


def test_black_at_the_ends_of_a_film_parts_nothing() -> None:
    black = [np.zeros((64, 96, 3), np.uint8)] * 15
    pictures = black + faded(faded(shot(1, 60), into=False), into=True) + black
    assert starts(pictures) == []
    assert starts(black) == []


def test_a_flash_is_no_cut() -> None:
    pictures = shot(1, 60)
    for at in (20, 40, 41):
        pictures[at] = np.asarray(np.clip(pictures[at] * 0.3 + 180.0, 0, 255), np.uint8)
    assert starts(pictures) == []


def test_a_lamp_that_is_switched_is_no_cut() -> None:
    pictures = shot(1, 60)
    pictures[30:] = [np.asarray(one * 0.6, np.uint8) for one in pictures[30:]]
    assert starts(pictures) == []
    assert starts(pictures, ShotSettings(same_view=1.1)) == [30]


def test_a_fast_pan_is_no_cut() -> None:
    wide = np.concatenate([view(seed) for seed in range(12)], axis=1)
    pictures = [wide[:, x : x + 96] for x in range(0, wide.shape[1] - 96, 12)]
    assert starts(pictures) == []


def test_of_cuts_too_close_together_the_strongest_counts() -> None:
    pictures = shot(1, 30) + shot(2, 4) + shot(3, 30)
    assert len(starts(pictures)) == 1
    assert starts(pictures, ShotSettings(shortest_s=0.1)) == [30, 34]


def test_without_colour_a_hue_says_nothing() -> None:
    """Grey with a breath of colour, which grain turns around the whole circle."""
    random = np.random.default_rng(0)
    grey = [np.asarray(128 + random.integers(-2, 3, (64, 96, 3)), np.uint8) for _ in range(10)]
    assert measured(grey).content[1:].max() < 5


def test_a_film_of_nothing_has_no_shots() -> None:
    with pytest.raises(ValueError, match="no pictures"):
        measured([])


def test_one_picture_is_one_shot() -> None:
    assert find_shots(measured(shot(1, 1))) == [(0.0, 0.0, "start")]


def test_encoded_films_are_cut_where_they_were_put_together(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with VideoWriter(path, 96, 64, RATE, options=H264Options(preset="ultrafast")) as writer:
        for picture in shot(1, 33) + shot(2, 27) + shot(3, 30):
            writer.write(picture)
    found = find_shots(measure(film_frames(path)))
    assert [round(one.start_s * RATE) for one in found] == [0, 33, 60]


def test_each_shot_has_its_key_picture() -> None:
    kept = measured(shot(1, 30) + shot(2, 30))
    assert middles(find_shots(kept), kept).tolist() == [15, 44]


def test_key_pictures_by_change_are_as_many_as_there_are_views() -> None:
    kept = measured(shot(1, 20) + shot(2, 20) + shot(1, 20))
    assert by_change(kept).tolist() == [0, 20, 40]


def test_the_most_different_pictures_are_of_different_views() -> None:
    kept = measured(shot(1, 50) + shot(2, 5) + shot(3, 20))
    chosen = sorted(k_centre(descriptors(kept), 3).tolist())
    assert chosen[0] < 50 <= chosen[1] < 55 <= chosen[2]


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=12),
    st.integers(1, 5),
)
def test_no_choice_halves_the_distance_of_k_centre(
    points: list[tuple[float, float]], count: int
) -> None:
    cloud = np.array(points, np.float32)

    def radius(chosen: Sequence[int]) -> float:
        apart = np.linalg.norm(cloud[:, None] - cloud[list(chosen)][None], axis=2)
        return float(apart.min(axis=1).max())

    chosen = k_centre(cloud, count)
    assert len(set(chosen.tolist())) == len(chosen) <= count
    best = min(radius(some) for some in combinations(range(len(cloud)), min(count, len(cloud))))
    assert radius(chosen.tolist()) <= 2 * best + 1e-3


def test_what_is_no_farther_than_asked_for_is_left_out() -> None:
    line = np.array([[0], [1], [2], [3], [4], [10]], np.float32)
    assert sorted(k_centre(line, 9, first=0, apart=3.0).tolist()) == [0, 4, 5]


def test_of_equal_points_one_is_enough() -> None:
    assert k_centre(np.ones((5, 3), np.float32), 4).tolist() == [0]
    assert k_centre(np.ones((0, 3), np.float32), 4).tolist() == []
