"""Whether a camera still looks where it usually does."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import DataError, Image
from vigil.flywheel.usual import UsualViews, look_at, luma_of
from vigil.stages.sense.view import MOST_VIEWS


def place(seed: int = 0) -> Image:
    """RGB (240, 320, 3): a ground with sharp-edged things, as places have."""
    chance = np.random.default_rng(seed)
    picture = np.full((240, 320, 3), 120, np.uint8)
    for _ in range(60):
        x, y = int(chance.integers(0, 300)), int(chance.integers(0, 220))
        wide, high = (int(each) for each in chance.integers(8, 70, 2))
        colour = tuple(int(each) for each in chance.integers(20, 235, 3))
        cv2.rectangle(picture, (x, y), (x + wide, y + high), colour, -1)
    return picture


def moved(picture: Image, share: float) -> Image:
    wide = round(share * picture.shape[1])
    return np.ascontiguousarray(np.concatenate([picture[:, wide:], place(9)[:, :wide]], axis=1))


HAND = cv2.GaussianBlur(np.random.default_rng(0).integers(80, 110, (240, 320, 3), np.uint8),
                        (0, 0), 15)  # fmt: skip


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (place(), ""),
        ((place() * 0.6).astype(np.uint8), ""),
        (np.clip(place() + np.random.default_rng(0).normal(0, 4, (240, 320, 3)), 0, 255)
         .astype(np.uint8), ""),
        (moved(place(), 0.1), ""),
        (moved(place(), 0.4), "the view has moved by 40%"),
        (place(7), "another view"),
        (np.zeros((240, 320, 3), np.uint8), "dark"),
        (HAND, "something hides"),
        (cv2.GaussianBlur(place(), (0, 0), 5), "blurred"),
    ],
)  # fmt: skip
def test_what_is_amiss_is_told(now: Image, why: str) -> None:
    found = look_at(luma_of(now), [luma_of(place())])
    assert found.away.startswith(why) if not why else why in found.away
    assert bool(found.away) == bool(why)


def test_without_a_usual_view_only_what_no_camera_should_show_is_told() -> None:
    assert look_at(luma_of(place()), []).away == ""
    assert not look_at(luma_of(place()), []).compared
    assert "blank" in look_at(luma_of(HAND), []).away
    assert "dark" in look_at(luma_of(np.zeros((90, 160, 3), np.uint8)), []).away


def test_one_of_several_usual_views_is_enough_at_any_size(tmp_path: Path) -> None:
    usual = UsualViews(tmp_path / "gate")
    usual.keep(place(1))
    usual.keep(place(2))
    found = usual.look(cv2.resize(place(2), (640, 480)))
    assert found.away == ""
    assert found.likeness > 0.5
    assert usual.look(place(3)).away


def test_of_too_many_the_oldest_goes(tmp_path: Path) -> None:
    usual = UsualViews(tmp_path / "gate")
    for seed in range(MOST_VIEWS + 1):
        usual.keep(place(seed))
    assert len(usual.lumas()) == MOST_VIEWS
    assert usual.look(place(0)).away
    assert not usual.look(place(MOST_VIEWS)).away


def test_what_shows_nothing_is_not_kept_and_what_is_no_picture_not_read(tmp_path: Path) -> None:
    usual = UsualViews(tmp_path / "gate")
    with pytest.raises(DataError, match="too little to be known again"):
        usual.keep(HAND)
    usual.folder.mkdir()
    (usual.folder / "1.png").write_bytes(b"text")
    with pytest.raises(DataError, match=r"1\.png: no picture"):
        usual.look(place())
