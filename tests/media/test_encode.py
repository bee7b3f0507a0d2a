"""The encoder that sim, tests and annotated videos use."""

from pathlib import Path

import av
import numpy as np
import pytest

from vigil.media.encode import Encoder, H264Options, VideoWriter


def picture(index: int, width: int = 160, height: int = 96) -> np.ndarray:
    rgb = np.full((height, width, 3), (200, 60, 30), np.uint8)
    rgb[20:60, index : index + 30] = (20, 90, 220)
    return rgb


@pytest.mark.parametrize("size", [(160, 96), (161, 97)])
def test_a_written_file_gives_back_the_colours(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, *size, 12.5, options=H264Options(crf=10)) as writer:
        for index in range(30):
            writer.write(picture(index, *size))

    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert float(container.streams.video[0].average_rate or 0) == pytest.approx(12.5)

    assert len(frames) == 30
    assert np.abs(frames[0].astype(int) - picture(0, *size)).mean() < 6


def test_key_frames_fall_exactly_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, 160, 96, 25, options=H264Options(key_every=7)) as writer:
        for index in range(30):
            writer.write(picture(index))

    with av.open(str(path)) as container:
        keys = [packet.is_keyframe for packet in container.demux() if packet.size]
    assert [index for index, key in enumerate(keys) if key] == [0, 7, 14, 21, 28]


def test_a_constant_bit_rate_is_kept_even_by_a_still_picture(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    options = H264Options(bit_rate=400_000, key_every=25)
    with VideoWriter(path, 160, 96, 25, options=options) as writer:
        for _ in range(100):
            writer.write(picture(0))
    assert path.stat().st_size * 8 / 4 == pytest.approx(400_000, rel=0.2)


def test_a_live_stream_carries_its_headers_and_times() -> None:
    encoder = Encoder(source="door", width=160, height=96, rate=25)
    packets = [p for index in range(10) for p in encoder.encode(picture(index), 100 + index / 25)]
    packets += encoder.flush()

    assert [packet.key for packet in packets] == [True] + [False] * 9
    assert packets[0].data[4] & 31 == 7  # a sequence parameter set comes first
    assert [p.time_s for p in packets] == pytest.approx([100 + index / 25 for index in range(10)])
