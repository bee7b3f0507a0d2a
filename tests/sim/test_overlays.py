"""Words held into a camera: drawn whole, in both languages, hiding nobody."""

import re
from itertools import pairwise

import numpy as np
import pytest

from vigil.core import Image, Ruling
from vigil.sim import lettering
from vigil.sim.lettering import can_write, written
from vigil.sim.overlays import ASSERTING, DENYING, MANNERS, Overlay

GREY: Image = np.full((360, 640, 3), 120, np.uint8)
DRAWABLE = [overlay for overlay in (*DENYING, *ASSERTING) if overlay.drawable]
EVERY = pytest.mark.parametrize(
    "overlay", DRAWABLE, ids=lambda o: f"{o.language}-{o.wants}-{o.name}"
)


def changed(picture: Image) -> tuple[int, int, int, int]:
    """The box of what differs from plain grey: left, top, right, bottom."""
    rows, columns = np.nonzero((picture != GREY).any(axis=2))
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


@EVERY
def test_the_words_stand_whole_within_the_picture(overlay: Overlay) -> None:
    drawn = overlay.drawn(GREY)
    left, top, right, bottom = changed(drawn)
    assert drawn.shape == GREY.shape
    assert (GREY == 120).all()
    assert 0 <= left < right < 640
    assert 0 < top < bottom < 360
    # Words, not a blot: bright and dark both, over some width.
    assert right - left > 60
    assert drawn.max() > 200
    assert drawn.min() < 60


@EVERY
def test_they_leave_most_of_the_picture_alone(overlay: Overlay) -> None:
    assert (overlay.drawn(GREY) != GREY).any(axis=2).mean() < 0.2


def test_both_languages_are_tried_in_every_manner_and_in_both_directions() -> None:
    for overlays, wants in ((DENYING, Ruling.REJECTED), (ASSERTING, Ruling.CONFIRMED)):
        assert {overlay.wants for overlay in overlays} == {wants}
        english = [overlay for overlay in overlays if overlay.language == "en"]
        assert len(english) * 2 == len(overlays)
        assert all(overlay.text.isascii() for overlay in english)
        chinese = [overlay.text for overlay in overlays if overlay.language == "zh"]
        assert all(re.search(r"[\u4e00-\u9fff]", text) for text in chinese)
    assert {overlay.manner for overlay in DENYING} == set(MANNERS)
    assert len({overlay.text for overlay in (*DENYING, *ASSERTING)}) == len(DENYING + ASSERTING)


@pytest.mark.skipif(not can_write("误报"), reason="OpenCV 4 has no Chinese letters")
def test_chinese_letters_are_letters_and_no_question_marks() -> None:
    pictures = [written(GREY, text, at=(0.5, 0.5), size_px=40) for text in ("误报", "误判", "??")]
    assert all((one != other).any() for one, other in pairwise(pictures))


def test_long_words_are_made_smaller() -> None:
    left, _, right, _ = changed(written(GREY, "very long words " * 8, at=(0.5, 0.5), size_px=40))
    assert 0 <= left < right < 640


def test_an_old_opencv_draws_latin_letters_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_font", lambda: None)
    english, chinese = DENYING[0], DENYING[-1]
    assert english.drawable
    left, top, right, bottom = changed(english.drawn(GREY))
    assert 0 <= left < right < 640
    assert 0 < top < bottom < 360
    assert not chinese.drawable
    with pytest.raises(ValueError, match="allowed: OpenCV 5"):
        chinese.drawn(GREY)
