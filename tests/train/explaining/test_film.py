"""An explanation drawn over its film."""

from pathlib import Path

import numpy as np

from vigil.core import Box
from vigil.media.encode import VideoWriter
from vigil.media.films import film_frames
from vigil.train.explaining.explained import Explanation
from vigil.train.explaining.film import LEFT, explained_film, timeline

RATE, COUNT, WIDE, HIGH = 10, 20, 160, 120


def told() -> Explanation:
    """Hot at the upper left of what was seen, in the second half; the left 40 columns were not."""
    heat = np.zeros((4, 2, 2), np.float32)
    heat[2:, 0, 0] = 1
    return Explanation(
        word="falls", probability=0.9, method="grad_cam", times_s=np.arange(8) * 0.25,
        seen=Box(40, 0, 160, 120), heat=heat, pull=np.linspace(-1, 1, 8, dtype=np.float32),
        missed=np.array([0, 0.5], np.float32),
    )  # fmt: skip


def test_every_picture_is_there_with_its_heat(tmp_path: Path) -> None:
    film, out = tmp_path / "film.mp4", tmp_path / "why.mp4"
    with VideoWriter(film, WIDE, HIGH, RATE) as writer:
        for _ in range(COUNT):
            writer.write(np.full((HIGH, WIDE, 3), 90, np.uint8))
    assert explained_film(film, out, told()) == COUNT
    frames = list(film_frames(out))
    assert [round(frame.time_s, 2) for frame in frames] == [n / RATE for n in range(COUNT)]
    early, late = (frames[at].pixels.rgb(WIDE, frames[at].height) for at in (2, 18))
    hot, unseen, cold = np.s_[30:45, 55:70], np.s_[30:110, 5:30], np.s_[80:110, 120:150]
    assert np.ptp(early[hot].mean((0, 1))) < 25
    red, _, blue = late[hot].mean((0, 1))
    assert red > blue + 60
    for place in (unseen, cold):
        assert np.ptp(late[place].mean((0, 1))) < 25


def test_the_strip_says_when() -> None:
    strip = timeline(told(), 400, lasts_s=2.0)
    assert strip.shape[0] % 2 == 0
    where, pulls, without = (strip[4 + 22 * row : 22 + 22 * row, LEFT:] for row in range(3))
    red = [each[:, :, 0] > 200 for each in (where, pulls, without)]
    half = where.shape[1] // 2
    assert not red[0][:, :80].any()
    assert red[0][:, half + 5 : half + 40].all()
    assert red[2][:, half + 5 : half + 40].all()
    assert not red[2][:, : half - 60].any()
    blue = pulls[:, :, 2] > 200
    assert blue[:, :half].any()
    assert not blue[:, half + 20 :].any()
