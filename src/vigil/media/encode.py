"""Make H.264 or HEVC from RGB pictures: for rendered scenes, tests and annotated videos only.

Evidence is never re-encoded. x264 and x265 in PyAV's wheel are GPL; nothing the watch needs calls
them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import av
import cv2
import numpy as np
from av.packet import Packet as AvPacket
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from vigil.core import Encoding, Frame, Image, Packet

TICKS_PER_SECOND = 90_000
LEAST_STEP_S = 1e-3
"""From one picture to the next, where a broken clock repeats a time."""


@dataclass(frozen=True, kw_only=True)
class H264Options:
    """How x264 is set; the defaults resemble an IP camera without B frames."""

    codec: ClassVar[str] = "h264"
    encoder: ClassVar[str] = "libx264"

    crf: int = 23
    """Constant quality, 0 best to 51; ignored when `bit_rate` is set."""
    bit_rate: int | None = None
    """Bits a second, constant, with filler as cameras send it."""
    key_every: int = 50
    """Pictures from one key frame to the next, exactly."""
    preset: str = "veryfast"
    repeat_headers: bool = False
    """Parameter sets before every key frame, as streams need them."""
    live: bool = False
    """Give each packet out at once, at the price of some quality."""
    threads: int = 1

    def words(self) -> dict[str, str]:
        """The same in x264's own words."""
        words = [
            f"keyint={self.key_every}:min-keyint={self.key_every}:scenecut=0:bframes=0",
            f"repeat-headers={int(self.repeat_headers)}:threads={self.threads}",
        ]
        options = {"preset": self.preset}
        if self.live:
            options["tune"] = "zerolatency"
        if self.bit_rate is None:
            options["crf"] = str(self.crf)
        else:
            kilobits = max(1, self.bit_rate // 1000)
            words.append(f"bitrate={kilobits}:vbv-maxrate={kilobits}:vbv-bufsize={kilobits}")
            words.append("nal-hrd=cbr:filler=1")
        return options | {"x264-params": ":".join(words)}


@dataclass(frozen=True, kw_only=True)
class HevcOptions:
    """How x265 is set; the defaults resemble an IP camera without B frames."""

    codec: ClassVar[str] = "hevc"
    encoder: ClassVar[str] = "libx265"

    crf: int = 26
    """Constant quality, 0 best to 51."""
    key_every: int = 50
    """Pictures from one key frame to the next, exactly."""
    preset: str = "ultrafast"
    repeat_headers: bool = False
    """Parameter sets before every key frame, as streams need them."""
    live: bool = False
    """Give each packet out at once, at the price of some quality."""

    def words(self) -> dict[str, str]:
        """The same in x265's own words."""
        words = [
            f"keyint={self.key_every}:min-keyint={self.key_every}:scenecut=0:bframes=0:open-gop=0",
            f"repeat-headers={int(self.repeat_headers)}:pools=none:frame-threads=1:info=0:log-level=none",
        ]
        options = {"preset": self.preset, "crf": str(self.crf)}
        if self.live:
            options["tune"] = "zerolatency"
        return options | {"x265-params": ":".join(words)}


class Encoder:
    """RGB pictures in, core packets out: a live stream without a container."""

    def __init__(
        self,
        *,
        source: str,
        width: int,
        height: int,
        rate: float,
        options: H264Options | HevcOptions | None = None,
    ) -> None:
        self._source = source
        self._rate = rate
        self._options = options or H264Options(repeat_headers=True, live=True)
        self._context = _open_encoder(width, height, rate, self._options)
        self.encoding = Encoding(
            kind="video",
            codec=self._options.codec,
            extradata=self._context.extradata or b"",
            time_base=Fraction(1, TICKS_PER_SECOND),
            width=width,
            height=height,
            frame_rate=rate,
            pixel_format="yuv420p",
        )
        self._count = 0
        self._start_s = 0.0

    def encode(self, rgb: Image, time_s: float) -> list[Packet]:
        """Packets that are ready after this picture, taken at `time_s` UTC seconds."""
        if self._count == 0:
            self._start_s = time_s
        frame = _as_frame(rgb)
        frame.pts = round((time_s - self._start_s) * TICKS_PER_SECOND)
        frame.time_base = self.encoding.time_base
        self._count += 1
        return self._wrap(self._context.encode(frame))

    def flush(self) -> list[Packet]:
        """The packets that the encoder still holds; nothing may be encoded afterwards."""
        return self._wrap(self._context.encode(None))

    def _wrap(self, packets: "Iterable[AvPacket[Any]]") -> list[Packet]:
        return [
            Packet(
                source=self._source,
                encoding=self.encoding,
                data=bytes(packet),
                pts=packet.pts,
                dts=packet.dts,
                duration=round(TICKS_PER_SECOND / self._rate),
                key=packet.is_keyframe,
                time_s=(time_s := self._start_s + (packet.pts or 0) / TICKS_PER_SECOND),
                received_s=time_s,
            )
            for packet in packets
        ]


class VideoWriter:
    """RGB pictures in, a video file out; the container follows the file's extension."""

    def __init__(
        self,
        path: Path | str,
        width: int,
        height: int,
        rate: float,
        *,
        options: H264Options | HevcOptions | None = None,
    ) -> None:
        faststart = {"movflags": "+faststart"} if Path(path).suffix in {".mp4", ".mov"} else {}
        self._container = av.open(str(path), "w", container_options=faststart)
        chosen = options or H264Options()
        stream = self._container.add_stream(
            chosen.encoder,
            rate=Fraction(rate).limit_denominator(1001),
            options=chosen.words(),
        )
        assert isinstance(stream, VideoStream)
        self._stream = stream
        self._stream.width = width
        self._stream.height = height
        self._stream.pix_fmt = _pixel_format(width, height)
        self._stream.codec_context.gop_size = chosen.key_every
        self._stream.codec_context.time_base = Fraction(1, TICKS_PER_SECOND)
        self._rate = rate
        self._count = 0

    def write(self, rgb: Image, time_s: float | None = None) -> None:
        """Append a picture, at `time_s` seconds of the file; None: one tick after the last."""
        at_s = self._count / self._rate if time_s is None else time_s
        frame = _as_frame(rgb)
        frame.time_base = Fraction(1, TICKS_PER_SECOND)
        frame.pts = round(at_s * TICKS_PER_SECOND)
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what is still held and the index. Closing twice is harmless."""
        if self._count:
            self._container.mux(self._stream.encode(None))
            self._count = 0
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


def even_rgb(frame: Frame, most: int) -> Image:
    """RGB, no wider than `most`, with even sides as encoders want them."""
    width = max(2, min(most, frame.width) // 2 * 2)
    height = max(2, round(frame.height * width / frame.width / 2) * 2)
    return np.ascontiguousarray(frame.pixels.rgb(width, height))


def _open_encoder(
    width: int, height: int, rate: float, options: H264Options | HevcOptions
) -> VideoCodecContext:
    context = av.CodecContext.create(options.encoder, "w")
    assert isinstance(context, VideoCodecContext)
    context.width = width
    context.height = height
    context.pix_fmt = _pixel_format(width, height)
    context.framerate = Fraction(rate).limit_denominator(1001)
    context.time_base = Fraction(1, TICKS_PER_SECOND)
    context.gop_size = options.key_every
    context.options = options.words()
    context.open()
    return context


def _pixel_format(width: int, height: int) -> str:
    # 4:2:0 has no odd sizes.
    return "yuv444p" if width % 2 or height % 2 else "yuv420p"


def _as_frame(rgb: Image) -> av.VideoFrame:
    height, width = rgb.shape[:2]
    if width % 2 or height % 2:
        return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv444p")
    # OpenCV converts in a fraction of swscale's time, with the same BT.601 matrix.
    planes = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")
