"""Decoding on demand: whole, key by key, broken and too large."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import DecodeError, Encoding, Packet, SourceRefused
from vigil.media.decoding import Decoder, quarter_turns
from vigil.media.encode import Encoder
from vigil.media.limits import Limits


def recorded(count: int = 60, start_s: float = 100.0) -> list[Packet]:
    """A square that wanders; a key every 50 pictures."""
    encoder = Encoder(source="door", width=160, height=96, rate=25)
    packets: list[Packet] = []
    for index in range(count):
        rgb = np.full((96, 160, 3), 60, np.uint8)
        rgb[30:60, index : index + 30] = 220
        packets += encoder.encode(rgb, start_s + index / 25)
    return packets + encoder.flush()


PACKETS = recorded()


@pytest.mark.parametrize("fast", [True, False])
def test_each_packet_gives_its_frame_at_its_time(fast: bool) -> None:
    decoder = Decoder(PACKETS[0].encoding, fast=fast)
    frames = [frame for packet in PACKETS for frame in decoder.decode(packet)] + decoder.flush()

    assert [frame.time_s for frame in frames] == [packet.time_s for packet in PACKETS]
    assert [frame.index for frame in frames] == list(range(60))
    assert (frames[0].source, frames[0].width, frames[0].height) == ("door", 160, 96)
    row = frames[9].luma(160)[45]
    assert row[10] > 200
    assert row[5] < 100


def test_streams_without_timestamps_keep_the_times_of_their_packets() -> None:
    decoder = Decoder(PACKETS[0].encoding)
    bare = [replace(packet, pts=None, dts=None) for packet in PACKETS]
    frames = [frame for packet in bare for frame in decoder.decode(packet)] + decoder.flush()
    assert [frame.time_s for frame in frames] == [packet.time_s for packet in PACKETS]


def test_time_never_goes_back() -> None:
    decoder = Decoder(PACKETS[0].encoding)
    times = [5.0, 6.0, 4.0, 7.0]
    moved = [replace(p, time_s=s) for p, s in zip(PACKETS, times, strict=False)]
    frames = [frame for packet in moved for frame in decoder.decode(packet)]
    assert [frame.time_s for frame in frames] == [5.0, 6.0, 6.0, 7.0]


def test_key_packets_alone_give_key_pictures() -> None:
    decoder = Decoder(PACKETS[0].encoding)
    frames = [decoder.decode_alone(packet) for packet in PACKETS if packet.key]
    assert [frame.time_s for frame in frames if frame] == [100.0, 102.0]


def test_after_a_reset_decoding_starts_again_at_a_key() -> None:
    decoder = Decoder(PACKETS[0].encoding)
    for packet in PACKETS[:20]:
        decoder.decode(packet)
    decoder.reset()
    frames = [frame for packet in PACKETS[50:] for frame in decoder.decode(packet)]
    assert len(frames) == 10
    assert decoder.failures == 0


@settings(max_examples=30)
@given(junk=st.binary(min_size=1, max_size=400), at=st.integers(0, 59), cut=st.integers(0, 200))
def test_broken_packets_neither_raise_nor_stop_the_stream(junk: bytes, at: int, cut: int) -> None:
    decoder = Decoder(PACKETS[0].encoding)
    broken = [
        replace(packet, data=packet.data[:cut] + junk) if index == at else packet
        for index, packet in enumerate(PACKETS)
    ]
    frames = [frame for packet in broken for frame in decoder.decode(packet)]
    assert len(frames) >= 10  # the second group of pictures, or the first


def test_a_stream_of_pictures_above_the_cap_is_refused() -> None:
    with pytest.raises(SourceRefused, match="a picture of 160x96 has more than the allowed 10000"):
        Decoder(PACKETS[0].encoding, limits=Limits(pixels=100 * 100))


def test_a_stream_that_grows_above_the_cap_is_not_decoded() -> None:
    lying = replace(PACKETS[0].encoding, width=16, height=16)
    decoder = Decoder(lying, limits=Limits(pixels=100 * 100))
    assert [frame for packet in PACKETS for frame in decoder.decode(packet)] == []
    assert decoder.failures == 60


def test_the_cap_holds_where_the_decoder_does_not_obey_it() -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((300, 300, 3), np.uint8))[1].tobytes()
    encoding = Encoding(
        kind="video", codec="mjpeg", extradata=b"", time_base=Fraction(1, 90_000), width=8, height=8
    )
    decoder = Decoder(encoding, limits=Limits(pixels=100 * 100))
    assert decoder.decode(replace(PACKETS[0], encoding=encoding, data=jpeg)) == []
    assert decoder.failures == 1


def test_hidden_packets_are_decoded_but_not_shown() -> None:
    decoder = Decoder(PACKETS[0].encoding)
    cut = [replace(p, hidden=index < 5) for index, p in enumerate(PACKETS)]
    frames = [frame for packet in cut for frame in decoder.decode(packet)]
    assert frames[0].time_s == PACKETS[5].time_s
    assert len(frames) == 55


@pytest.mark.parametrize("codec", ["no_such_codec", "aac"])
def test_a_codec_without_pictures_is_named(codec: str) -> None:
    encoding = Encoding(kind="video", codec=codec, extradata=b"", time_base=Fraction(1, 90_000))
    with pytest.raises(DecodeError, match=codec):
        Decoder(encoding)


def test_turns_are_rounded_to_quarters() -> None:
    assert [quarter_turns(d) for d in (0, 89.6, -90, 180, -180, 271)] == [0, 90, 270, 180, 180, 270]
