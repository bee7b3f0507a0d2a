"""Declaring streams for the muxer, and times written from ours."""

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from vigil.core import Encoding, Packet, StoreError
from vigil.media.mux import MATROSKA_NAMES, Muxer, container_for, matroska_header
from vigil.media.opening import open_file

SOUND_CODECS = {name for name, word in MATROSKA_NAMES.items() if word.startswith("A_")}
MPEG4 = Encoding(
    kind="video",
    codec="mpeg4",
    extradata=b"",
    time_base=Fraction(1, 1000),
    width=64,
    height=48,
)


@pytest.mark.parametrize("codec", sorted(SOUND_CODECS - {"vorbis", "flac"}))
def test_sound_is_declared_as_it_is(codec: str) -> None:
    sound = replace(
        MPEG4, kind="audio", codec=codec, width=0, height=0, sample_rate=8000, channels=1
    )
    extradata = b"\x15\x88" if codec == "aac" else b""
    header = matroska_header(replace(sound, extradata=extradata))
    with av.open(io.BytesIO(header), format="matroska") as container:
        context = container.streams.audio[0].codec_context
        assert context.codec.canonical_name == codec
        assert context.sample_rate in (8000, 48_000)  # Opus always counts at 48 kHz


@pytest.mark.parametrize("codec", sorted(set(MATROSKA_NAMES) - SOUND_CODECS))
def test_pictures_are_declared_as_they_are(codec: str) -> None:
    header = matroska_header(replace(MPEG4, codec=codec))
    with av.open(io.BytesIO(header), format="matroska") as container:
        context = container.streams.video[0].codec_context
        assert (context.codec.canonical_name, context.width, context.height) == (codec, 64, 48)


def test_each_codec_goes_where_browsers_play_it() -> None:
    chosen = {c: container_for(replace(MPEG4, codec=c)) for c in ("h264", "vp9", "mpeg4")}
    assert chosen == {"h264": "mp4", "vp9": "webm", "mpeg4": "matroska"}
    with pytest.raises(StoreError, match="'png'"):
        container_for(replace(MPEG4, codec="png"))


def with_b_frames() -> tuple[Encoding, list[Packet]]:
    """MPEG-4 pictures whose order of decoding is not that of showing."""
    context = av.CodecContext.create("mpeg4", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 64, 48, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 1000), Fraction(25)
    context.max_b_frames, context.gop_size = 2, 12
    context.open()
    made = []
    for index in range(24):
        frame = av.VideoFrame(64, 48, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([index * 9 % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = index * 40, Fraction(1, 1000)
        made += context.encode(frame)
    made += context.encode(None)
    encoding = replace(MPEG4, extradata=context.extradata or b"")
    packets = [
        Packet(
            source="door",
            encoding=encoding,
            data=bytes(packet),
            pts=packet.pts,
            dts=packet.dts,
            duration=40,
            key=packet.is_keyframe,
            time_s=(packet.pts or 0) / 1000,
            received_s=0.0,
        )
        for packet in made
    ]
    return encoding, packets


def test_b_frames_keep_their_order_and_times(tmp_path: Path) -> None:
    encoding, packets = with_b_frames()
    assert [p.time_s for p in packets] != sorted(p.time_s for p in packets)
    muxer = Muxer(tmp_path / "a.mkv", encoding, None)
    for packet in packets:
        muxer.write(packet)
    muxer.close()
    with open_file(tmp_path / "a.mkv") as demuxer:
        again = list(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0))
    start_s = again[0].time_s
    assert [p.time_s - start_s for p in again] == pytest.approx(
        [p.time_s for p in packets], abs=0.002
    )
    assert [p.data for p in again] == [p.data for p in packets]
