"""Pictures of a film by their seconds: the nearest ones, whatever the rate and the order."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from vigil.core import Frame, Image, Packet, SourceRefused
from vigil.media.decoding import Decoder
from vigil.media.encode import H264Options, VideoWriter
from vigil.media.films import film_frames, frames_at, picture_times
from vigil.media.sampling import Span, nearest, segments, uniform

VARIABLE = np.concatenate([np.arange(0, 2, 0.04), np.arange(2, 8, 0.5), np.arange(8, 10, 0.1)])
"""A camera that slows down at night."""


def picture(number: int) -> Image:
    """Its number is where the bar stands."""
    rgb = np.full((48, 192, 3), 40, np.uint8)
    rgb[:, 2 * number : 2 * number + 2] = 250
    return rgb


def number_of(frame: Frame) -> int:
    return int(frame.luma(192).astype(int).sum(axis=0).argmax()) // 2


def numbers(frames: list[tuple[int, Frame]]) -> dict[int, int]:
    """Which picture was given for each wanted index."""
    return {index: number_of(frame) for index, frame in frames}


@pytest.fixture
def variable(tmp_path: Path) -> Path:
    path = tmp_path / "variable.mp4"
    options = H264Options(key_every=10, preset="ultrafast", crf=8)
    with VideoWriter(path, 192, 48, 25, options=options) as writer:
        for number, time_s in enumerate(VARIABLE):
            writer.write(picture(number), float(time_s))
    return path


def test_times_are_read_without_decoding(variable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Decoder, "decode", lambda *_: pytest.fail("it decodes"))
    assert picture_times(variable) == pytest.approx(VARIABLE, abs=1e-4)


def test_at_a_variable_rate_each_picture_is_the_nearest(variable: Path) -> None:
    times = picture_times(variable)
    for wanted in (uniform(Span.of(times), 23), segments(Span.of(times), 8), VARIABLE + 0.011):
        found = numbers(list(frames_at(variable, wanted)))
        assert [found[index] for index in range(len(wanted))] == nearest(times, wanted).tolist()


def test_moments_come_in_order_of_time_with_the_index_they_were_asked_by(variable: Path) -> None:
    wanted = np.array([9.0, 0.49, 5.1, 0.49, 99.0, -3.0])
    found = list(frames_at(variable, wanted))
    assert [index for index, _ in found] == [5, 1, 3, 2, 0, 4]
    assert [round(frame.time_s, 2) for _, frame in found] == [0.0, 0.48, 0.48, 5.0, 9.0, 9.9]


def test_groups_that_nobody_wants_are_not_decoded(
    variable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[float] = []
    decode = Decoder.decode

    def counting(self: Decoder, packet: Packet) -> list[Frame]:
        decoded.append(packet.time_s)
        return decode(self, packet)

    monkeypatch.setattr(Decoder, "decode", counting)
    assert len(list(frames_at(variable, np.array([0.0, 5.0])))) == 2
    assert len(decoded) <= 20
    assert len(decoded) == len(set(decoded))


@pytest.mark.parametrize("closed", [True, False])
def test_pictures_out_of_order_and_groups_that_lean_on_each_other(
    tmp_path: Path, closed: bool
) -> None:
    path = tmp_path / "b.mp4"
    options = {"bf": "3", "g": "12", "crf": "8", "x264-params": f"open-gop={int(not closed)}"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 192, 48, "yuv420p"
        for number in range(60):
            shown = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            container.mux(stream.encode(shown))
        container.mux(stream.encode(None))
    times = picture_times(path)
    assert len(times) == 60
    whole = [number_of(frame) for frame in film_frames(path)]
    assert whole == list(range(60))
    for number in range(60):
        assert numbers(list(frames_at(path, times[number : number + 1]))) == {0: number}


def test_what_is_no_film_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "words.mp4"
    path.write_text("no film")
    for read in (picture_times, lambda p: list(frames_at(p, np.array([1.0])))):
        with pytest.raises(SourceRefused, match=r"words\.mp4: not a video"):
            read(path)


def test_a_film_that_is_cut_off_ends(tmp_path: Path, variable: Path) -> None:
    whole = tmp_path / "whole.mkv"
    with VideoWriter(whole, 192, 48, 25, options=H264Options(key_every=10)) as writer:
        for number in range(80):
            writer.write(picture(number))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    times = picture_times(cut)
    assert 10 < len(times) < 80
    assert len(list(frames_at(cut, np.array([0.0, 1.0, 50.0])))) == 3


@pytest.mark.parametrize(
    "name",
    [
        "videos/aboda_video4.avi",
        "robust/decord/corrupted.mp4",
        "robust/torchcodec/av1_video.mkv",
        "robust/torchcodec/discard_first_keyframe.mp4",
        "robust/torchcodec/sine_stereo_mp2.mpg",
    ],
)
def test_real_films_are_read(data: Callable[[str], Path], name: str) -> None:
    path = data(name)
    times = picture_times(path)
    wanted = segments(Span.of(times), 8)
    found = [frame.time_s for _, frame in frames_at(path, wanted)]
    assert found == pytest.approx(times[nearest(times, wanted)])
