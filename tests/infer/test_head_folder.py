"""Heads as the watch opens them: from their folder, on the vectors that they were learnt on."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.infer.test_head import WORDS, head_of, vectors_of

from vigil.core import Box, Image, ModelError
from vigil.infer.head_folder import ALWAYS_UNSURE, KeptHead, open_head, version_in_use
from vigil.infer.head_panel import HeadPanel
from vigil.infer.head_views import LEAST, WIDEST, around, views_of
from vigil.media.pixels import frame_of_array


def write(folder: Path, version: int = 1, **verdict: object) -> Path:
    place = folder / "flame" / str(version)
    place.mkdir(parents=True)
    about = {"embedder": "colours", "verdict": verdict}
    (place / "about.json").write_text(json.dumps(about))
    head_of(*WORDS).save(place / "head.npz")
    (folder / "flame" / "current").write_text(f"{version}\n")
    return folder


class Counting:
    """Gives the same vectors for everything, and counts how often it was asked."""

    mark = "e:1"

    def __init__(self) -> None:
        self.shown = 0

    def embed(self, images: list[Image]) -> np.ndarray:
        self.shown += len(images)
        return vectors_of(len(images))


def test_the_version_in_use_or_the_one_named_is_opened(tmp_path: Path) -> None:
    write(write(tmp_path), 2, band=[0.2, 0.8])
    assert version_in_use(tmp_path, "flame") == 2
    newest = open_head(tmp_path, "flame")
    assert (newest.id, newest.band, newest.embedder) == ("flame@2", (0.2, 0.8), "colours")
    assert newest.unsure_from == 0.2
    first = open_head(tmp_path, "flame", 1)
    assert (first.band, first.unsure_from) == (ALWAYS_UNSURE, 0.3)
    assert version_in_use(tmp_path, "smoke") is None


@pytest.mark.parametrize(
    ("name", "version", "told"),
    [
        ("smoke", None, "no algorithm 'smoke' that may be used"),
        ("flame", 7, "no algorithm 'flame@7' that may be used"),
        ("../flame", None, "no algorithm's name"),
    ],
)
def test_what_is_not_there_is_told(
    tmp_path: Path, name: str, version: int | None, told: str
) -> None:
    with pytest.raises(ModelError, match=told):
        open_head(write(tmp_path), name, version)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("current", "one"),
        ("1/about.json", "{"),
        ("1/about.json", "{}"),
        ("1/about.json", '{"embedder": "colours", "verdict": "good"}'),
        ("1/head.npz", "x"),
    ],
)
def test_damage_is_told(tmp_path: Path, file: str, content: str) -> None:
    write(tmp_path)
    (tmp_path / "flame" / file).write_text(content)
    with pytest.raises(ModelError, match="damaged"):
        open_head(tmp_path, "flame")


def test_all_heads_of_an_embedder_are_asked_about_one_embedding() -> None:
    one = KeptHead(algorithm="flame", version=1, head=head_of(*WORDS), embedder="colours")
    three = replace(one, algorithm="waste", head=head_of("glass", "metal", "paper"))
    embedder = Counting()
    picture = np.zeros((4, 4, 3), np.uint8)
    two, several = HeadPanel([one, three], {"colours": embedder}).ask([picture] * 5)
    assert (two.shape, several.shape) == ((5, 2), (5, 3))
    assert embedder.shown == 5
    embedder.mark = "e:2"
    with pytest.raises(ModelError, match="make a new version"):
        HeadPanel([one], {"colours": embedder})


@pytest.mark.parametrize(
    "box", [Box(0, 0, 3, 3), Box(630, 350, 640, 360), Box(5, 10, 600, 30), Box(-9, 90, 80, 400)]
)
def test_a_region_is_never_small_long_or_outside(box: Box) -> None:
    region = around(box, 640, 360)
    assert region.width >= LEAST * 640 - 1e-6
    assert region.height >= LEAST * 360 - 1e-6
    longest = max(region.width / region.height, region.height / region.width)
    assert longest <= WIDEST + 1e-6
    assert min(region.x1, region.y1) >= 0
    assert region.x2 <= 640 + 1e-6
    assert region.y2 <= 360 + 1e-6


def test_the_whole_view_comes_first_and_what_is_nearly_all_of_it_is_not_shown_twice() -> None:
    frame = frame_of_array(np.zeros((360, 640, 3), np.uint8), index=0, time_s=0.0)
    small, large = Box(10, 10, 30, 40), Box(0, 0, 630, 350)
    views = views_of(frame, [small, large])
    assert [box for box, _ in views] == [None, small]
    assert [image.shape[0] for _, image in views] == [320, 162]
