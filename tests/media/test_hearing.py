"""Sound as samples: each codec, broken packets, gaps, and times."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from vigil.core import DecodeError, Encoding, Packet, SourceError
from vigil.media.hearing import RATE, Heard, SoundDecoder
from vigil.media.opening import open_file
from vigil.testing.sounds import beeps, sound_packets

SECONDS = 3.0


def decoded(packets: list[Packet]) -> list[Heard]:
    decoder = SoundDecoder(packets[0].encoding)
    return [heard for packet in packets for heard in decoder.decode(packet)]


def joined(heard: list[Heard]) -> np.ndarray:
    return np.concatenate([each.samples for each in heard])


@pytest.mark.parametrize(
    ("codec", "rate"),
    [("aac", 44_100), ("aac", 8000), ("pcm_alaw", 8000), ("pcm_mulaw", 8000), ("pcm_s16le", 16_000),
     ("mp2", 48_000), ("opus", 48_000), ("flac", 32_000)],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_is_the_same_tone_out_of_every_codec(codec, rate, channels):
    tone = beeps(SECONDS, hertz=1000, on_s=SECONDS, off_s=0.0, rate=rate)
    packets = sound_packets(tone, codec=codec, rate=rate, channels=channels)
    samples = joined(decoded(packets))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.25)
    middle = samples[RATE // 2 : RATE // 2 + RATE]
    spectrum = np.abs(np.fft.rfft(middle))
    assert spectrum.argmax() == 1000
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.1)


def test_each_piece_tells_its_time_and_a_gap_in_the_stream_is_a_gap():
    packets = sound_packets(beeps(SECONDS), codec="aac", rate=16_000)
    late = [
        replace(packet, time_s=packet.time_s + 5 * (n > 20)) for n, packet in enumerate(packets)
    ]
    heard = decoded(late)
    steps = [
        after.time_s - before.time_s - len(before.samples) / RATE
        for before, after in pairwise(heard)
    ]
    assert sum(step > 4 for step in steps) == 1
    assert all(abs(step) < 0.01 for step in steps if step < 4)


def test_jitter_is_no_gap():
    packets = sound_packets(beeps(SECONDS), codec="pcm_mulaw", rate=8000)
    random = np.random.default_rng(3)
    shaken = [replace(p, time_s=p.time_s + random.uniform(-0.1, 0.1)) for p in packets]
    heard = decoded(shaken)
    ends = [each.time_s + len(each.samples) / RATE for each in heard]
    assert [h.time_s for h in heard[1:]] == pytest.approx(ends[:-1])


def test_broken_packets_are_left_out_and_counted():
    packets = sound_packets(beeps(SECONDS), codec="aac", rate=16_000)
    random = np.random.default_rng(1)
    broken = [
        replace(packet, data=random.bytes(len(packet.data))) if 10 <= n < 20 else packet
        for n, packet in enumerate(packets)
    ]
    decoder = SoundDecoder(broken[0].encoding)
    samples = joined([heard for packet in broken for heard in decoder.decode(packet)])
    assert decoder.failures > 0
    assert np.isfinite(samples).all()
    assert len(samples) > RATE


@pytest.mark.parametrize("codec", ["no_such_codec", "h264"])
def test_what_is_no_sound_is_refused(codec):
    encoding = Encoding(
        kind="audio", codec=codec, extradata=b"", time_base=Fraction(1, 8000), sample_rate=8000
    )
    with pytest.raises(DecodeError):
        SoundDecoder(encoding)


@pytest.mark.data
def test_odd_and_broken_media_give_sound_or_nothing_but_no_error(
    data: Callable[[str], Path],
) -> None:
    heard_in = {}
    for path in sorted(data("robust").rglob("*")):
        for packets in _sound_of(path):
            samples = [each for packet in packets for each in _decoded_safely(packet)]
            heard_in[path.name] = sum(len(each.samples) for each in samples) / RATE
            assert all(np.isfinite(each.samples).all() for each in samples)
    assert heard_in["video_with_failing_audio.mp4"] > 5
    assert heard_in["no_duration.webm"] > 4


DECODERS: dict[int, SoundDecoder] = {}


def _decoded_safely(packet: Packet) -> list[Heard]:
    decoder = DECODERS.setdefault(id(packet.encoding), SoundDecoder(packet.encoding))
    return decoder.decode(packet)


def _sound_of(path: Path) -> Iterator[list[Packet]]:
    if not path.is_file():
        return
    try:
        with open_file(path) as demuxer:
            if demuxer.audio is not None:
                packets = demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0)
                yield [p for p in packets if p.encoding.kind == "audio"]
    except (SourceError, av.FFmpegError):
        return
