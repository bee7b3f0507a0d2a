"""`vigil video`."""

import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from vigil.core import Image
from vigil.media.encode import H264Options, VideoWriter

RATE = 10


def view(seed: int) -> Image:
    coarse = np.random.default_rng(seed).uniform(30, 220, (6, 8, 3)).astype(np.float32)
    return np.asarray(np.clip(cv2.resize(coarse, (160, 96)), 0, 255), np.uint8)


@pytest.fixture(scope="module")
def cut_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three places, the first one again at the end, three seconds each."""
    path = tmp_path_factory.mktemp("影片") / "四段.mp4"
    with VideoWriter(path, 160, 96, RATE, options=H264Options(preset="ultrafast")) as writer:
        for seed in (1, 2, 3, 1):
            for _ in range(30):
                writer.write(view(seed))
    return path


@pytest.fixture(scope="module")
def moving_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything goes two pixels to the right from one picture to the next."""
    path = tmp_path_factory.mktemp("moving") / "film.mp4"
    coarse = np.random.default_rng(1).uniform(20, 230, (24, 80)).astype(np.float32)
    wide = cv2.cvtColor(cv2.resize(coarse, (640, 192)).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    with VideoWriter(path, 320, 192, RATE, options=H264Options(crf=12)) as writer:
        for number in range(20):
            writer.write(np.ascontiguousarray(wide[:, 200 - 2 * number : 520 - 2 * number]))
    return path


def seconds_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time or 0) for frame in container.decode(video=0)]


def test_shots_are_listed(vigil: Any, cut_film: Path) -> None:
    found = vigil("video", "shots", cut_film)
    assert found.code == 0
    head, *rows = found.lines
    assert head.split() == ["shot", "from", "to", "begins", "with"]
    assert [row.split() for row in rows] == [
        ["1", "0:00.0", "0:03.0", "start"],
        ["2", "0:03.0", "0:06.0", "cut"],
        ["3", "0:06.0", "0:09.0", "cut"],
        ["4", "0:09.0", "0:11.9", "cut"],
    ]


def test_shots_are_told_to_programs(vigil: Any, cut_film: Path) -> None:
    for method in ("adaptive", "content", "histogram"):
        told = json.loads(vigil("video", "shots", cut_film, "--method", method, "--json").out)
        assert (told["pictures"], told["seconds"]) == (120, 11.9)
        assert [shot["start_s"] for shot in told["shots"]] == [0.0, 3.0, 6.0, 9.0]


def test_the_flow_of_a_moment_is_drawn_beside_it(
    vigil: Any, moving_film: Path, tmp_path: Path
) -> None:
    out = tmp_path / "flow.png"
    found = vigil("video", "flow", moving_film, "--out", out, "--at", "0.5", "--json")
    told = json.loads(found.out)
    assert told["time_s"] == 0.5
    assert told["mean_px"] == pytest.approx(2.0, abs=0.3)
    picture = cv2.imread(str(out))
    assert picture is not None
    assert picture.shape == (192, 640, 3)
    blue, green, red = np.median(picture[40:-40, 360:-40], axis=(0, 1))
    assert red > 250  # to the right, at half of the least full speed
    assert 110 < min(blue, green) <= max(blue, green) < 160


def test_the_flow_of_a_film_is_a_film(vigil: Any, moving_film: Path, tmp_path: Path) -> None:
    out = tmp_path / "flow.mp4"
    found = vigil("video", "flow", moving_film, "--out", out, "--method", "farneback")
    assert found.code == 0
    assert "px from one picture to the next" in found.out
    assert seconds_of(out) == pytest.approx([number / RATE for number in range(19)], abs=1e-3)


def test_a_summary_shows_each_place_once(vigil: Any, cut_film: Path, tmp_path: Path) -> None:
    out, clip = tmp_path / "board.jpg", tmp_path / "short.mp4"
    found = vigil(
        "video", "summary", cut_film, "--out", out, "--clip", clip, "--count", "3", "--json"
    )
    told = json.loads(found.out)
    assert len(told["shots"]) == 4
    places = {(one["shot"] - 1) % 3 for one in told["chosen"]}
    assert places == {0, 1, 2}
    board = cv2.imread(str(out))
    assert board is not None
    for column, one in enumerate(told["chosen"]):
        left = 14 + column * (480 + 14)
        tile = cv2.resize(board[14:302, left : left + 480], (160, 96))[:, :, ::-1]
        place = view((1, 2, 3, 1)[one["shot"] - 1])
        assert np.abs(tile.astype(int) - place).mean() < 12
    times = seconds_of(clip)
    assert times[-1] < told["clip"]["seconds"] < told["seconds"] / 2
    assert (np.diff(times) > 0).all()


def test_a_summary_of_one_place_is_one_picture(vigil: Any, tmp_path: Path) -> None:
    film, out = tmp_path / "still.mp4", tmp_path / "board.png"
    with VideoWriter(film, 160, 96, RATE) as writer:
        for _ in range(20):
            writer.write(view(1))
    found = vigil("video", "summary", film, "--out", out)
    assert found.lines == [f"{out}: 1 pictures of 1 shots"]


def test_a_clock_that_repeats_its_times_spoils_no_output(
    vigil: Any, cut_film: Path, tmp_path: Path
) -> None:
    film, out = tmp_path / "twice.mkv", tmp_path / "out.mp4"
    with av.open(str(cut_film)) as source, av.open(str(film), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size:
                ticks = number // 2 * int(0.1 / float(packet.time_base))
                packet.pts, packet.dts, packet.stream = ticks, ticks, stream
                container.mux(packet)
    assert vigil("video", "flow", film, "--out", out).code == 0
    assert len(seconds_of(out)) == 119
    board = tmp_path / "board.png"
    assert vigil("video", "summary", film, "--out", board, "--clip", out).code == 0
    assert (np.diff(seconds_of(out)) > 0).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shots", "FOLDER/none.mp4"], "none.mp4: no such file or directory"),
        (["shots", "FOLDER/words.mp4"], "words.mp4: not a video in an allowed container"),
        (["flow", "FILM", "--out", "FOLDER/flow.gif"], "--out: found flow.gif; allowed: .jpg"),
        (["flow", "FILM", "--out", "FOLDER/none/a.png"], "--out: there is no folder"),
        (["flow", "FILM", "--out", "FILM"], "is the film itself"),
        (["flow", "FILM", "--out", "FOLDER/a.mp4", "--at", "1"], "--at: is of a picture"),
        (["summary", "FILM", "--out", "FOLDER/a.mp4"], "--out: found a.mp4; allowed: .jpg"),
        (["summary", "FILM", "--out", "FOLDER/a.png", "--clip", "FILM"], "is the film itself"),
    ],
)
def test_mistakes_are_told_in_one_line(
    vigil: Any, cut_film: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "words.mp4").write_text("no film")
    before = cut_film.read_bytes()
    given = [
        each.replace("FOLDER", str(tmp_path)).replace("FILM", str(cut_film)) for each in arguments
    ]
    assert words in vigil("video", *given).failure
    assert cut_film.read_bytes() == before
