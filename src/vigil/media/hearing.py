"""From packets of sound to samples, when somebody listens."""

from typing import NamedTuple

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from jaxtyping import Float32

from vigil.core import DecodeError, Encoding, Packet
from vigil.media.padded import padded

RATE = 16_000
"""Samples a second of whatever comes out."""
GAP_S = 0.3
"""A step in the times of packets beyond this is a gap, not jitter."""
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}

Samples = Float32[np.ndarray, "n"]
"""Mono, -1 to 1, `RATE` a second."""


class Heard(NamedTuple):
    """A piece of sound; a piece whose time is not the end of the one before follows a gap."""

    time_s: float
    """Of its first sample, UTC seconds."""
    samples: Samples


class SoundDecoder:
    """One stream's sound as mono at `RATE`; a broken packet gives nothing and is counted."""

    def __init__(self, encoding: Encoding) -> None:
        """Raises `DecodeError` when there is no decoder for it."""
        self.encoding = encoding
        self.failures = 0
        self._context = _opened(encoding)
        self._resampler: av.AudioResampler | None = None
        self._start_s: float | None = None
        self._samples = 0

    def decode(self, packet: Packet) -> list[Heard]:
        """What is complete now."""
        try:
            frames = self._context.decode(padded(packet.data))
        except (av.FFmpegError, ValueError):
            self.failures += 1
            return []
        if frames:
            self._follow_clock(packet.time_s)
        return [heard for frame in frames if (heard := self._heard(frame)) is not None]

    def _follow_clock(self, time_s: float) -> None:
        """Samples are counted, and the count is set anew where the stream's clock has jumped."""
        expected_s = (self._start_s or 0.0) + self._samples / RATE
        if self._start_s is None or abs(time_s - expected_s) > GAP_S:
            self._start_s, self._samples = time_s, 0
            self._resampler = None

    def _heard(self, frame: av.AudioFrame) -> Heard | None:
        assert self._start_s is not None
        parts = self._resampled(frame)
        if not parts:
            return None
        samples = np.nan_to_num(np.concatenate(parts), posinf=1.0, neginf=-1.0)
        time_s = self._start_s + self._samples / RATE
        self._samples += len(samples)
        return Heard(time_s, np.clip(samples, -1.0, 1.0))

    def _resampled(self, frame: av.AudioFrame) -> list[Samples]:
        frame.pts = None
        try:
            if self._resampler is None:
                self._resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=RATE)
            frames = self._resampler.resample(frame)
        except (av.FFmpegError, ValueError):
            # Rate or channels have changed within the stream: what follows has them all along.
            self._resampler = None
            self.failures += 1
            return []
        # FFmpeg's own mixing would make what is on both sides louder than the same on one.
        return [np.asarray(each.to_ndarray().mean(axis=0), np.float32) for each in frames]


def _opened(encoding: Encoding) -> AudioCodecContext:
    try:
        context = av.CodecContext.create(encoding.codec, "r")
    except ValueError as error:  # PyAV's UnknownCodecError
        raise DecodeError(f"no decoder for sound of codec {encoding.codec!r}") from error
    if not isinstance(context, AudioCodecContext):
        raise DecodeError(f"codec {encoding.codec!r} holds no sound")
    if encoding.extradata:
        context.extradata = encoding.extradata
    try:
        if encoding.sample_rate:
            context.sample_rate = encoding.sample_rate
        if encoding.channels in LAYOUTS:
            context.layout = LAYOUTS[encoding.channels]
        context.open()
    except (av.FFmpegError, ValueError) as error:
        raise DecodeError(f"the {encoding.codec} decoder does not open: {error}") from error
    return context
