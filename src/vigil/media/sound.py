"""Telephone sound of cameras as AAC, because browsers do not play it as it comes."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Literal

import av
from av.audio.codeccontext import AudioCodecContext

from vigil.core import Encoding, Packet
from vigil.media.padded import padded

CONVERTED = frozenset(
    {"pcm_alaw", "pcm_mulaw", "pcm_s16be", "pcm_s16le", "pcm_u8", "adpcm_g726", "adpcm_g726le"}
)
BITS_A_SECOND = 48_000
GAP_S = 0.3
"""A step in the sound's times beyond this is a gap, not jitter."""


class SoundConverter:
    """Packets of one raw or G.711 stream in, AAC packets out."""

    def __init__(self, encoding: Encoding) -> None:
        """Raises `ValueError` or an `av.FFmpegError` for a rate that AAC does not know."""
        rate = encoding.sample_rate
        layout = "stereo" if encoding.channels == 2 else "mono"
        self._decoder = _audio_context(encoding.codec, "r", rate, layout)
        self._encoder = _audio_context("aac", "w", rate, layout)
        self._resampler = av.AudioResampler(
            format="fltp", layout=layout, rate=rate, frame_size=self._encoder.frame_size
        )
        self._rate = rate
        self._start_s: float | None = None
        self._samples = 0
        self._source = ""
        self._received_s = 0.0
        self.encoding = Encoding(
            kind="audio",
            codec="aac",
            extradata=self._encoder.extradata or b"",
            time_base=Fraction(1, rate),
            sample_rate=rate,
            channels=2 if layout == "stereo" else 1,
        )

    def convert(self, packet: Packet) -> list[Packet]:
        """The AAC packets that are complete now; a broken packet gives none."""
        expected_s = (self._start_s or 0.0) + self._samples / self._rate
        if self._start_s is None or abs(packet.time_s - expected_s) > GAP_S:
            self._start_s = packet.time_s - self._samples / self._rate
        self._source, self._received_s = packet.source, packet.received_s
        answer: list[Packet] = []
        try:
            frames = self._decoder.decode(padded(packet.data))
        except av.FFmpegError:
            return []
        for frame in frames:
            frame.pts, frame.time_base = self._samples, Fraction(1, self._rate)
            self._samples += frame.samples
            for even in self._resampler.resample(frame):
                answer += self._wrapped(self._encoder.encode(even))
        return answer

    def flush(self) -> list[Packet]:
        """What is still held; nothing may be converted afterwards."""
        if self._start_s is None:
            return []
        answer: list[Packet] = []
        for even in self._resampler.resample(None):
            answer += self._wrapped(self._encoder.encode(even))
        return answer + self._wrapped(self._encoder.encode(None))

    def _wrapped(self, packets: "Iterable[av.Packet[Any]]") -> list[Packet]:
        return [
            Packet(
                source=self._source,
                encoding=self.encoding,
                data=bytes(packet),
                pts=packet.pts,
                dts=packet.dts,
                duration=packet.duration or 0,
                key=True,
                time_s=(self._start_s or 0.0) + (packet.pts or 0) / self._rate,
                received_s=self._received_s,
            )
            for packet in packets
        ]


def _audio_context(
    codec: str, mode: Literal["r", "w"], rate: int, layout: str
) -> AudioCodecContext:
    context = av.CodecContext.create(codec, mode)
    if not isinstance(context, AudioCodecContext):
        raise ValueError(f"codec {codec!r} holds no sound")
    context.sample_rate = rate
    context.layout = layout
    if mode == "w":
        context.format = "fltp"
        context.bit_rate = BITS_A_SECOND
        context.time_base = Fraction(1, rate)
        # MP4 keeps the decoder's settings in its index, not in the packets.
        context.flags |= av.codec.context.Flags.global_header
    context.open()
    return context
