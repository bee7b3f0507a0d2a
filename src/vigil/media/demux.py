"""Take an open container apart into packets."""

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from types import TracebackType
from typing import Any, Self

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from vigil.core import Encoding, Packet, SourceLost, SourceRefused
from vigil.core.redaction import redacted
from vigil.media.decoding import quarter_turns
from vigil.media.limits import Limits

AvPacket = Any
"""PyAV's packet, generic for type checkers only."""
ROTATING_CONTAINERS = ("mov", "matroska")
CLOCKLESS = frozenset({"h264", "hevc", "mjpeg", "mpjpeg"})
"""FFmpeg's names of bare pictures."""
PACKETS_TO_A_PICTURE = 4
"""After these the decoder is drained: it may hold pictures back to reorder them."""


Stamp = Callable[[Encoding, float | None, float], float]
"""Turns stream time into UTC seconds.

It is given the encoding, seconds on the stream's own clock (None where it does not say) and the
time of arrival in UTC seconds.
"""


class _Lane:
    """An encoding with its time base taken apart: fractions cost more than the demuxer."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.numerator = encoding.time_base.numerator
        self.denominator = encoding.time_base.denominator


class Demuxer:
    """An open input: its first stream of pictures, and one of sound if there is any."""

    def __init__(
        self, container: InputContainer, *, name: str, limits: Limits, sound: int = 0
    ) -> None:
        """`sound`: which of its tracks, from 0. Raises `SourceRefused` where there are fewer."""
        self.name = name
        self._container = container
        self._limits = limits
        self._picture_stream = self._choose_pictures()
        self._sound_stream = self._choose_sound(sound)
        chosen = [s for s in (self._picture_stream, self._sound_stream) if s is not None]
        self._arriving: Iterator[AvPacket] = container.demux(*chosen)
        self._reports = container.format.name == "rtsp"
        rotation = self._look_at_rotation()
        self.video = _video_encoding(self._picture_stream, rotation)
        self.audio = _audio_encoding(self._sound_stream) if self._sound_stream else None
        self._by_index = {self._picture_stream.index: _Lane(self.video)}
        if self.audio is not None and self._sound_stream is not None:
            self._by_index[self._sound_stream.index] = _Lane(self.audio)

    @property
    def duration_s(self) -> float | None:
        """As the container states it; None for live streams and where it does not say."""
        duration = self._container.duration
        return duration / av.time_base if duration else None

    @property
    def start_s(self) -> float:
        """Stream time of the first picture or sound, seconds."""
        return (self._container.start_time or 0) / av.time_base

    @property
    def has_clock(self) -> bool:
        """Whether it carries times; in bare pictures they are counted by a frame rate."""
        return self._container.format.name not in CLOCKLESS

    @property
    def in_bursts(self) -> bool:
        """Whether it arrives faster than life: segments of a playlist, or a recording."""
        form = self._container.format.name
        return form == "hls" or (form != "rtsp" and self.duration_s is not None)

    def packets(self, stamp: Stamp, now_s: Callable[[], float] = time.time) -> Iterator[Packet]:
        """Yield what arrives until the end. Raises `SourceLost` when it breaks off.

        `now_s` tells the time of arrival, UTC seconds.
        """
        try:
            for packet in self._arriving:
                if packet.size:
                    yield self._wrap(packet, stamp, now_s())
        except (av.FFmpegError, OSError) as error:
            raise SourceLost(f"{self.name}: broke off: {reason(error)}") from error

    def close(self) -> None:
        """Let go of it; only in the thread that reads."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wrap(self, packet: AvPacket, stamp: Stamp, received_s: float) -> Packet:
        lane = self._by_index[packet.stream_index]
        pts, dts = packet.pts, packet.dts
        ticks = dts if pts is None else pts
        pts_s = None if ticks is None else ticks * lane.numerator / lane.denominator
        return Packet(
            source=self.name,
            encoding=lane.encoding,
            data=bytes(packet),
            pts=pts,
            dts=dts,
            duration=packet.duration or 0,
            key=packet.is_keyframe,
            time_s=stamp(lane.encoding, pts_s, received_s),
            received_s=received_s,
            hidden=packet.is_discard,
            camera_s=_reported_s(packet) if self._reports and packet.is_keyframe else None,
        )

    def _choose_pictures(self) -> VideoStream:
        streams = [
            stream
            for stream in self._container.streams.video
            if stream.codec_context is not None  # PyAV has no decoder for it
            and not stream.disposition & av.stream.Disposition.attached_pic
        ]
        if not streams:
            kinds = ", ".join(sorted({stream.type for stream in self._container.streams}))
            raise SourceRefused(f"{self.name}: no picture in it, only {kinds or 'nothing'}")
        chosen = streams[0]
        self._limits.check_picture(self.name, chosen.width, chosen.height)
        return chosen

    def _choose_sound(self, wanted: int) -> AudioStream | None:
        # PyAV has no decoder for some.
        tracks = [each for each in self._container.streams.audio if each.codec_context is not None]
        if wanted < len(tracks):
            return tracks[wanted]
        if not wanted:
            return None
        known = ", ".join(f"{at} ({_track(each)})" for at, each in enumerate(tracks)) or "none"
        raise SourceRefused(f"{self.name}: no sound track {wanted}; there are: {known}")

    def _look_at_rotation(self) -> int:
        """Degrees clockwise; PyAV tells a stream's rotation only with a decoded picture."""
        if not self._container.format.name.startswith(ROTATING_CONTAINERS):
            return 0
        context = self._picture_stream.codec_context
        context.thread_count = 1
        context.options = {"max_pixels": str(self._limits.pixels)}
        seen: list[AvPacket] = []
        pictures: list[av.VideoFrame] = []
        fed = 0
        with suppress(av.FFmpegError):
            while not pictures and fed < PACKETS_TO_A_PICTURE:
                packet = next(self._arriving, None)
                if packet is None:
                    break
                seen.append(packet)
                if packet.stream_index == self._picture_stream.index:
                    fed += 1
                    pictures = context.decode(packet)
            pictures = pictures or context.decode(None)
        self._arriving = chain(seen, self._arriving)
        return quarter_turns(-pictures[0].rotation) if pictures else 0


def _track(stream: AudioStream) -> str:
    """For people: `aac, deu`."""
    told = ", ".join(
        each for each in (stream.codec_context.codec.canonical_name, stream.language) if each
    )
    return "".join(letter for letter in told if letter.isprintable())


def _reported_s(packet: AvPacket) -> float | None:
    """UTC seconds at which a picture was taken, worked out from the sender reports (RFC 3550).

    None without any, and when the sender counts from its own start, as it may.
    """
    if not packet.has_sidedata("prft"):
        return None
    (microseconds,) = struct.unpack_from("=q", bytes(packet.get_sidedata("prft")))
    return microseconds / 1e6 if microseconds > 0 else None


def reason(error: Exception) -> str:
    """What FFmpeg said, in one line and without passwords."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return redacted(str(text)).splitlines()[0].lower()


def _video_encoding(stream: VideoStream, rotation: int) -> Encoding:
    context = stream.codec_context
    return Encoding(
        kind="video",
        codec=context.codec.canonical_name,
        extradata=context.extradata or b"",
        time_base=stream.time_base or Fraction(1, 90_000),
        width=context.width,
        height=context.height,
        rotation=rotation,
        frame_rate=float(stream.average_rate) if stream.average_rate else None,
        pixel_format=context.pix_fmt,
    )


def _audio_encoding(stream: AudioStream) -> Encoding:
    context = stream.codec_context
    return Encoding(
        kind="audio",
        codec=context.codec.canonical_name,
        extradata=context.extradata or b"",
        time_base=stream.time_base or Fraction(1, 90_000),
        sample_rate=context.sample_rate,
        channels=context.layout.nb_channels,
    )
