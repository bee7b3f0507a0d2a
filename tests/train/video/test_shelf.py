"""Clips that are decoded once."""

from pathlib import Path

import numpy as np
import pytest
from tests.train.video.walks import write_walk

from vigil.core import SourceError
from vigil.train.video import shelf as shelf_file
from vigil.train.video.clips import VideoClip
from vigil.train.video.shelf import Shelf


def shelf(folder: Path, *, room_gb: float = 1.0, rate_hz: float = 5.0) -> Shelf:
    return Shelf(folder, side=32, rate_hz=rate_hz, sound=0, room_gb=room_gb)


def test_pictures_come_at_a_rate_and_a_size_and_only_of_the_clip(tmp_path: Path) -> None:
    film = write_walk(tmp_path / "a.mp4", "left", 0, seconds=2.0)
    kept = shelf(tmp_path / "clips").kept(VideoClip(path=film, start_s=0.5, end_s=1.5))
    assert kept.times == pytest.approx([0.5, 0.7, 0.9, 1.1, 1.3], abs=0.01)
    assert kept.picture(4).shape == (37, 49, 3)
    assert kept.mel is None


def test_what_is_kept_is_not_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = VideoClip(path=write_walk(tmp_path / "a.mp4", "left", 0))
    first = shelf(tmp_path / "clips").kept(clip)
    crowded = shelf(tmp_path / "crowded", room_gb=0.0)
    crowded.kept(clip)
    monkeypatch.setattr(shelf_file, "picture_times", lambda _: 1 / 0)
    again = shelf(tmp_path / "clips").kept(clip)
    assert np.array_equal(again.picture(1), first.picture(1))
    with pytest.raises(ZeroDivisionError):
        crowded.kept(clip)


def test_a_file_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    clip = VideoClip(path=write_walk(tmp_path / "a.mp4", "left", 0))
    shelf(tmp_path / "clips").kept(clip)
    (file,) = (tmp_path / "clips").rglob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    assert len(shelf(tmp_path / "clips").kept(clip).times) == 5


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = VideoClip(path=write_walk(tmp_path / "a.mp4", "left", 0))
    (tmp_path / "b.mp4").write_text("no film")
    bad = [
        VideoClip(path=tmp_path / "b.mp4"),
        VideoClip(path=tmp_path / "gone.mp4"),
        VideoClip(path=good.path, start_s=60.0),
    ]
    lines: list[str] = []
    found = shelf(tmp_path / "clips").readable([*bad, good], refused=lines.append)
    assert found == [good]
    assert len(lines) == 3
    assert all("\n" not in line for line in lines)
    with pytest.raises(SourceError):
        shelf(tmp_path / "clips").kept(bad[0])


def test_real_sound_comes_with_its_pictures(tmp_path: Path, data: object) -> None:
    film = data("action/mmaction2/test.avi")  # type: ignore[operator]
    both = [
        shelf(tmp_path / "clips").kept(VideoClip(path=film, start_s=start_s, end_s=start_s + 1))
        for start_s in (0.5, 1.0)
    ]
    first, later = (kept.mel for kept in both)
    assert first is not None
    assert later is not None
    for kept, mel in zip(both, (first, later), strict=True):
        rows, mels = mel.shape
        assert (rows / 100, mels) == (pytest.approx(kept.span.seconds, abs=0.02), 80)
        assert mel.std() > 1  # silence has none
    # What both clips heard is the same, a row for each hundredth of a second.
    after = round(100 * (both[1].span.start_s - both[0].span.start_s))
    np.testing.assert_allclose(later[5:50], first[after + 5 : after + 50], atol=0.1)
