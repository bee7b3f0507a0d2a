"""A run from films to a network that comes back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.train.video.walks import write_walks

from vigil.train.video import keeping
from vigil.train.video.learning import Heard, judge, shelf_of, train_video
from vigil.train.video.reading import read_clips
from vigil.train.video.reporting import write_report
from vigil.train.video.searching import search
from vigil.train.video.settings import VideoSettings


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_walks(tmp_path_factory.mktemp("walks"), 10)


def settings(walks: Path, **more: object) -> VideoSettings:
    given = {
        "data": str(walks), "name": "walks", "network": "videomae", "frames": 4, "side": 32,
        "batch": 7, "epochs": 1, "flip": False, "rate_hz": 10.0,
    }  # fmt: skip
    return VideoSettings(**(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "head"), [("lora", "linear"), ("st-adapter", "linear"), ("frozen", "svm")]
)
def test_a_run_comes_back_as_it_was(walks: Path, tmp_path: Path, mode: str, head: str) -> None:
    wanted = settings(walks, mode=mode, head=head)
    made = train_video(wanted, read_clips(walks), tmp_path / "walks")
    assert made.learnt == 12
    assert made.steps == (0 if head == "svm" else 2)
    shelf, clips = shelf_of(made.asked.way, tmp_path / "walks"), read_clips(walks)[:3]
    again = keeping.opened(tmp_path / "walks")
    assert again.way.settings == wanted
    assert np.allclose(again.shares(clips, shelf), made.asked.shares(clips, shelf), atol=1e-6)


def test_a_page_shows_what_went_right_and_wrong(walks: Path, tmp_path: Path) -> None:
    wanted = settings(walks, mode="frozen", head="knn")
    made = train_video(wanted, read_clips(walks), tmp_path / "walks")
    shelf, clips = shelf_of(made.asked.way, tmp_path / "walks"), read_clips(walks)
    judged = judge(made.asked, clips, shelf)
    page = write_report(tmp_path / "page", made.asked, clips, judged, shelf).read_text()
    films = list((tmp_path / "page").rglob("*.mp4"))
    assert films
    assert all(film.relative_to(tmp_path / "page").as_posix() in page for film in films)
    assert (tmp_path / "page" / "confusion.png").stat().st_size > 100


def test_a_search_tries_and_keeps_the_best(walks: Path, tmp_path: Path) -> None:
    values: list[float] = []
    best = search(
        settings(walks, mode="frozen"), read_clips(walks), tmp_path / "walks", tries=2,
        heard=Heard(), told=lambda _, value: values.append(value),
    )  # fmt: skip
    assert len(values) == 2
    assert replace(best, rate=1.0, decay=0.1, dropout=0.1, mixup=0.0) == replace(
        settings(walks, mode="frozen"), rate=1.0, decay=0.1, dropout=0.1, mixup=0.0
    )
    again = search(settings(walks, mode="frozen"), read_clips(walks), tmp_path / "walks", tries=2)
    assert again == best
