"""`vigil video search`, as a person uses it."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.brain.clip_models import colour_pair
from tests.pipeline.test_film_search import write_colours


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """Encoders of pictures and words that know three colours."""
    return colour_pair(tmp_path / "pair")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    (folder / "门口").mkdir(parents=True)
    write_colours(folder / "a.mp4", "red green")
    write_colours(folder / "门口" / "b.mp4", "blue red")
    return folder


def found(answer: Any) -> list[tuple[str, float]]:
    return [(Path(hit["file"]).name, hit["time_s"]) for hit in json.loads(answer.out)["found"]]


def test_words_find_moments_and_the_second_search_embeds_nothing(
    vigil: Any, films: Path, pair: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.jpg"
    first = vigil(
        "video", "search", films, "--text", "green", "--embedder", pair, "--out", sheet,
        "--best", 1, "--json",
    )  # fmt: skip
    assert first.code == 0, first.err
    ((name, time_s),) = found(first)
    assert name == "a.mp4"
    assert 4 <= time_s < 8
    assert json.loads(first.out)["embedded"] == 2
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture[100, 250].argmax() == 1

    second = vigil(
        "video", "search", films, "--text", "blue", "--embedder", pair, "--best", 1, "--json"
    )
    ((name, time_s),) = found(second)
    assert (name, time_s < 4) == ("b.mp4", True)
    assert json.loads(second.out)["embedded"] == 0


def test_an_example_finds_others_but_not_itself(
    vigil: Any, films: Path, pair: Path, tmp_path: Path
) -> None:
    told = vigil(
        "video", "search", films, "--like", films / "a.mp4", "--end", 3.9, "--embedder", pair,
        "--best", 2, "--json",
    )  # fmt: skip
    name, time_s = found(told)[0]
    assert name == "b.mp4"
    assert time_s >= 4  # red
    assert all(name != "a.mp4" or time_s > 3.9 for name, time_s in found(told))

    picture = tmp_path / "red.png"
    cv2.imwrite(str(picture), np.full((20, 20, 3), (9, 9, 220), np.uint8))
    rows = vigil(
        "video", "search", films, films / "a.mp4", "--like", picture, "--embedder", pair,
        "--index", tmp_path / "kept", "--best", 2,
    ).lines  # fmt: skip
    assert rows[0].split() == ["cosine", "time", "film"]
    assert sorted(Path(row.split()[3]).name for row in rows[1:]) == ["a.mp4", "b.mp4"]
    assert len(list((tmp_path / "kept").rglob("*.npz"))) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--like, --text: one of them is needed, and only one"),
        (("--text", "red", "--like", "a.mp4"), "one of them is needed, and only one"),
        (("--like", "a.mp4", "--start", 3, "--end", 2), "--end: found 2; allowed: after --start"),
        (("--like", "a.png", "--start", 3), "--start, --end: are of a film; a.png is a picture"),
        (("--like", "gone.mp4"), "gone.mp4: no such file or directory"),
        (("--text", "red", "--out", "found.mp4"), "--out: found found.mp4; allowed: .jpg"),
    ],
)
def test_mistakes_are_told_in_one_line(
    vigil: Any, films: Path, pair: Path, options: tuple[str, ...], told: str
) -> None:
    assert told in vigil("video", "search", films, "--embedder", pair, *options).failure


def test_an_embedder_without_words_is_told(vigil: Any, films: Path, tmp_path: Path) -> None:
    no_text = vigil("video", "search", films, "--text", "red", "--embedder", "mobilenet")
    assert (
        "--text: mobilenet knows no text; allowed: --embedder with a folder of" in no_text.failure
    )
    (tmp_path / "empty").mkdir()
    empty = vigil("video", "search", tmp_path / "empty", "--like", "a.mp4", "--embedder", "x")
    assert "empty: no films in it" in empty.failure
