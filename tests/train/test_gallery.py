"""The page of failures: whole by itself, and safe whatever things are called."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import Box, DataError
from vigil.train.failures import Failure, Kind
from vigil.train.gallery import MOST, SIDE_PX, Headline, write_gallery

NAME = 'gate <script>alert("x")</script>'
HEADLINE = Headline(
    title="toys@1: what it gets wrong", about="yard, holdout", figures={"AP50": 0.5},
    shares={f"camera/{NAME}": 0.25, "light/dark": 0.5},
    counts={f"camera/{NAME}": 4, "light/dark": 2}, share="recall · 召回率",
)  # fmt: skip


def failure(path: Path, kind: Kind = Kind.MISSED, score: float = 0.0) -> Failure:
    return Failure(
        kind=kind, word="per/son", told="", score=score, path=path,
        slices=(f"camera/{NAME}", "light/dark"), truth=Box(100, 40, 130, 110),
    )  # fmt: skip


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), np.full((180, 320, 3), 90, np.uint8))
    return path


def test_pictures_stand_by_word_kind_camera_and_condition(tmp_path: Path, picture: Path) -> None:
    failures = [failure(picture), failure(picture, Kind.FALSE, 0.9)]
    page = write_gallery(tmp_path / "page", HEADLINE, failures)
    text = page.read_text(encoding="utf-8")
    drawn = sorted((page.parent / "pictures").iterdir())
    assert len(drawn) == 2
    assert all(f'src="pictures/{path.name}"' in text for path in drawn)
    assert max(cv2.imread(str(drawn[0])).shape[:2]) == SIDE_PX
    assert text.count("<h3>") == 2
    assert "in the dark · 夜间" in text
    assert "per/son: missed · 漏检, 1" in text
    assert "<script" not in text
    assert "http://" not in text


def test_an_earlier_page_goes_and_too_many_are_counted(tmp_path: Path, picture: Path) -> None:
    folder = tmp_path / "page"
    write_gallery(folder, HEADLINE, [failure(picture)] * (MOST + 5))
    assert f"{MOST} of {MOST + 5} are shown" in (folder / "index.html").read_text("utf-8")
    write_gallery(folder, HEADLINE, [])
    assert not list((folder / "pictures").iterdir())
    assert "Nothing went wrong here." in (folder / "index.html").read_text("utf-8")


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path, picture: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.png: not a picture"):
        write_gallery(tmp_path / "page", HEADLINE, [failure(tmp_path / "gone.png")])
    with pytest.raises(DataError, match=r"one\.png"):
        write_gallery(picture, HEADLINE, [])
