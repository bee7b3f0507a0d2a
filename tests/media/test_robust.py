"""Every file of odd media has a stated outcome: a film, or one line why not."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from vigil.core import SourceRefused
from vigil.media.decoding import Decoder
from vigil.media.opening import open_file
from vigil.media.probe import describe

pytestmark = pytest.mark.data


class Film(NamedTuple):
    """What a file must give."""

    frames: int
    width: int
    """Upright."""
    height: int
    rotation: int
    """Degrees clockwise."""
    pixel_format: str
    last_s: float
    """Seconds from the first picture or sound to the last picture."""
    sound: str | None


# fmt: off
OUTCOMES: dict[str, Film | str] = {
    "decord/corrupted.mp4": Film(49, 1280, 720, 0, "yuv420p", 4.9, None),
    "decord/unordered.mov": Film(4, 50, 50, 0, "yuv420p", 0.094, None),
    "decord/video_0.mov": Film(3, 568, 320, 0, "yuv420p", 0.067, None),
    "decord/video_180.mov": Film(3, 568, 320, 180, "yuv420p", 0.067, None),
    "decord/video_270.mov": Film(3, 320, 568, 270, "yuv420p", 0.067, None),
    "decord/video_90.mov": Film(3, 320, 568, 90, "yuv420p", 0.067, None),
    "moviepy/-video-with-dash-.mp4": Film(5, 1, 1, 0, "yuv444p", 4.0, None),
    "moviepy/big_buck_bunny_432_433.webm": Film(24, 1280, 720, 0, "yuv420p", 0.958, "vorbis"),
    "moviepy/crunching.mp3": "crunching.mp3: no picture in it, only audio",
    "moviepy/fire2.mp4": Film(25, 1280, 720, 180, "yuv420p", 2.28, "aac"),
    "moviepy/no_duration.webm": Film(74, 1280, 720, 0, "yuv420p", 4.872, "opus"),
    "moviepy/rain.mp3": "rain.mp3: no picture in it, only audio",
    "moviepy/result.webm": "result.webm: the file is empty",
    "moviepy/smpte-2997.mp4": Film(251, 1920, 1080, 0, "yuv420p", 10.0, "aac"),
    "moviepy/transparent.webm": Film(150, 200, 200, 0, "yuv420p", 4.967, "vorbis"),
    "moviepy/video_with_failing_audio.mp4": Film(280, 640, 360, 0, "yuv420p", 11.16, "mp3"),
    "torchcodec/animated.gif": Film(4, 64, 48, 0, "bgra", 0.3, None),
    "torchcodec/av1_video.mkv": Film(125, 640, 360, 0, "yuv420p", 4.96, None),
    "torchcodec/bt2020_10bit.mp4": Film(60, 320, 240, 0, "yuv420p10le", 1.967, None),
    "torchcodec/bt601_full_range.mp4": Film(60, 320, 240, 0, "yuvj420p", 1.967, None),
    "torchcodec/bt601_limited_range.mp4": Film(60, 320, 240, 0, "yuv420p", 1.967, None),
    "torchcodec/bt709_full_range.mp4": Film(30, 1280, 720, 0, "yuvj420p", 0.967, None),
    "torchcodec/discard_first_keyframe.mp4": Film(25, 64, 64, 0, "yuv420p", 0.96, None),
    "torchcodec/frame_exceeds_screen.gif": Film(1, 4, 4, 0, "bgra", 0.0, None),
    "torchcodec/gradient.gif": Film(1, 1280, 720, 0, "bgra", 0.0, None),
    "torchcodec/h264_10bits.mp4": Film(30, 200, 200, 0, "yuv420p10le", 0.967, None),
    "torchcodec/h265_10bits.mp4": Film(30, 200, 200, 0, "yuv420p10le", 0.967, None),
    "torchcodec/h265_video.mp4": Film(10, 128, 128, 0, "yuv420p", 0.9, None),
    "torchcodec/nasa_13013.mp4": Film(325, 320, 180, 0, "yuv420p", 12.96, "aac"),
    "torchcodec/nasa_13013.mp4.audio.mp3": "nasa_13013.mp4.audio.mp3: no picture in it, only audio",
    "torchcodec/nasa_13013_hdr.mp4": Film(325, 320, 180, 0, "yuv420p10le", 12.96, None),
    "torchcodec/nasa_13013_rotated.mp4": Film(17, 270, 480, 270, "yuv420p", 0.534, None),
    "torchcodec/sine_stereo_mp2.mpg": Film(100, 128, 128, 0, "yuv420p", 3.971, "mp2"),
    "torchcodec/test_non_zero_start.mp4": Film(12, 200, 112, 0, "yuv420p", 0.367, None),
    "torchcodec/testsrc2.mp4": Film(60, 1280, 720, 0, "yuv420p", 1.967, None),
    "torchcodec/testsrc2_12bit_hdr.mp4": Film(60, 320, 180, 0, "yuv420p12le", 1.967, None),
    "torchcodec/testsrc2_444_10bit_hevc.mp4": Film(25, 321, 241, 0, "yuv444p10le", 0.96, None),
    "torchcodec/testsrc2_444_12bit_hevc.mp4": Film(25, 321, 241, 0, "yuv444p12le", 0.96, None),
    "torchcodec/testsrc2_444_8bit_hevc.mp4": Film(25, 321, 241, 0, "yuv444p", 0.96, None),
    "torchcodec/testsrc2_av1_10bit.mp4": Film(25, 320, 240, 0, "yuv420p10le", 0.96, None),
    "torchcodec/testsrc2_hdr.mp4": Film(60, 320, 180, 0, "yuv420p10le", 1.967, None),
    "torchcodec/testsrc2_mpeg4.mp4": Film(1, 64, 64, 0, "yuv420p", 0.0, None),
    "torchcodec/testsrc2_odd_height_444.mp4": Film(25, 320, 241, 0, "yuv444p", 0.96, None),
    "torchcodec/testsrc2_odd_height_and_width_444.mp4": Film(
        25, 321, 241, 0, "yuv444p", 0.96, None
    ),
    "torchcodec/testsrc2_odd_height_and_width_444_10bit.mp4": Film(
        25, 321, 241, 0, "yuv444p10le", 0.96, None
    ),
    "torchcodec/testsrc2_odd_height_and_width_mpeg2.mp4": Film(
        10, 121, 81, 0, "yuv420p", 0.36, None
    ),
    "torchcodec/testsrc2_odd_height_and_width_vp9.mp4": Film(
        25, 321, 241, 0, "yuv420p", 0.96, None
    ),
    "torchcodec/testsrc2_odd_height_and_width_vp9_10bit.mp4": Film(
        25, 321, 241, 0, "yuv420p10le", 0.96, None
    ),
    "torchcodec/testsrc2_odd_height_vp9.mp4": Film(25, 320, 241, 0, "yuv420p", 0.96, None),
    "torchcodec/testsrc2_odd_height_vp9_10bit.mp4": Film(
        25, 320, 241, 0, "yuv420p10le", 0.96, None
    ),
    "torchcodec/testsrc2_odd_width_444.mp4": Film(25, 321, 240, 0, "yuv444p", 0.96, None),
    "torchcodec/testsrc2_odd_width_mpeg2.mp4": Film(10, 121, 80, 0, "yuv420p", 0.36, None),
    "torchcodec/testsrc2_odd_width_vp9.mp4": Film(25, 321, 240, 0, "yuv420p", 0.96, None),
    "torchcodec/testsrc2_odd_width_vp9_10bit.mp4":
        Film(25, 321, 240, 0, "yuv420p10le", 0.96, None),
    "torchcodec/testsrc2_vp8.webm": Film(30, 1280, 720, 0, "yuv420p", 0.967, None),
    "torchcodec/testsrc2_vp9.webm": Film(30, 1280, 720, 0, "yuv420p", 0.967, None),
    "torchcodec/transparent.gif": Film(1, 64, 48, 0, "bgra", 0.0, None),
}
# fmt: on
BROKEN = {"decord/corrupted.mp4"}
"""Files with a packet that no decoder can use."""


def test_the_table_knows_every_file(data: Callable[[str], Path]) -> None:
    folder = data("robust")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == set(OUTCOMES)


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_file_ends_as_stated(data: Callable[[str], Path], name: str) -> None:
    path, outcome = data(f"robust/{name}"), OUTCOMES[name]
    if isinstance(outcome, str):
        with pytest.raises(SourceRefused) as caught:
            open_file(path)
        assert str(caught.value) == outcome
        return

    with open_file(path) as demuxer:
        start_s = demuxer.start_s
        packets = list(demuxer.packets(lambda _encoding, pts_s, _now: (pts_s or 0.0) - start_s))
        video = demuxer.video
    decoder = Decoder(video)
    frames = [f for p in packets if p.encoding is video for f in decoder.decode(p)]
    frames += decoder.flush()
    times = [frame.time_s for frame in frames]
    first, last = frames[0], frames[-1]

    assert len(frames) == outcome.frames
    assert (first.width, first.height) == (outcome.width, outcome.height)
    assert (video.rotation, video.pixel_format) == (outcome.rotation, outcome.pixel_format)
    assert last.time_s == pytest.approx(outcome.last_s, abs=0.002)
    assert times == sorted(times)
    assert {p.encoding.codec for p in packets} - {video.codec} <= {outcome.sound}
    assert decoder.failures == (name in BROKEN)
    for frame in (first, last):
        assert frame.luma(64).shape[1] == 64
        assert frame.rgb(64).shape[1:] == (64, 3)


@pytest.mark.parametrize("name", [name for name in OUTCOMES if isinstance(OUTCOMES[name], Film)])
def test_ffprobe_sees_the_same(data: Callable[[str], Path], name: str) -> None:
    path, outcome = data(f"robust/{name}"), OUTCOMES[name]
    assert isinstance(outcome, Film)
    if shutil.which("ffprobe") is None and not os.environ.get("CI"):
        pytest.skip("ffprobe is not installed")
    command = ["ffprobe", "-v", "quiet", "-select_streams", "v:0", "-count_frames"]
    command += ["-show_streams", "-of", "json", f"file:{path}"]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=60)
    stream = json.loads(answer.stdout)["streams"][0]
    sides = [side for side in stream.get("side_data_list", []) if "rotation" in side]
    rotation = -sides[0]["rotation"] % 360 if sides else 0
    shape = (stream["width"], stream["height"])
    upright = shape[::-1] if rotation in (90, 270) else shape
    probe = describe(path)

    assert int(stream["nb_read_frames"]) == outcome.frames
    assert upright == (outcome.width, outcome.height) == (probe.width, probe.height)
    assert rotation == outcome.rotation == probe.rotation
    assert stream["pix_fmt"] == outcome.pixel_format == probe.pixel_format
    assert stream["codec_name"] == probe.codec
