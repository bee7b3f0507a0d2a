"""From packets to frames, when somebody asks."""

from typing import Any

import av
from av.video.codeccontext import VideoCodecContext

from vigil.core import DecodeError, Encoding, Frame, Packet
from vigil.media.limits import Limits
from vigil.media.padded import padded
from vigil.media.pixels import AvPixels

DECODERS = {"av1": "libdav1d"}
"""Where FFmpeg's first choice needs hardware."""


class Decoder:
    """One stream's decoder, single-threaded: many cameras share a core better than threads do.

    Key packets alone may be fed to it, best through `decode_alone`. A broken packet gives no
    frame and counts in `failures`; the next ones are decoded as well as they can be.
    """

    def __init__(
        self, encoding: Encoding, *, fast: bool = True, limits: Limits | None = None
    ) -> None:
        """`fast` skips the loop filter: a third cheaper, and good enough for gates and detectors.

        Pictures for people are decoded with `fast=False`: the error adds up within a group of
        pictures. Raises `DecodeError` when there is no decoder for the encoding, `SourceRefused`
        when its pictures are too large.
        """
        self.encoding = encoding
        self.failures = 0
        """Packets that gave an error instead of a picture."""
        self._limits = limits or Limits()
        self._limits.check_picture("the stream", encoding.width, encoding.height)
        self._context = _open(encoding, fast=fast, pixels=self._limits.pixels)
        self._source = ""
        self._count = 0
        self._last_s = float("-inf")

    def decode(self, packet: Packet) -> list[Frame]:
        """The frames that are complete now, in order of presentation; mostly one."""
        self._source = packet.source
        encoded = padded(packet.data)
        encoded.pts, encoded.dts = packet.pts, packet.dts
        encoded.is_keyframe = packet.key
        # Travels through the decoder's reordering, also where the stream has no timestamps.
        encoded.opaque = None if packet.hidden else float(packet.time_s)
        return self._frames(encoded)

    def decode_alone(self, packet: Packet) -> Frame | None:
        """The picture of one key packet, at once; None when it is broken.

        Streams with B frames would otherwise hold it back. The packets that follow the key need
        the key again, through `decode`.
        """
        self.reset()
        frames = self.decode(packet) + self.flush()
        return frames[0] if frames else None

    def flush(self) -> list[Frame]:
        """The frames that the decoder still holds; afterwards it is as good as new."""
        frames = self._frames(None)
        self._context.flush_buffers()
        return frames

    def reset(self) -> None:
        """Forget what came before a gap; the next packet must be a key, and may be an older one."""
        self._context.flush_buffers()
        self._last_s = float("-inf")

    def _frames(self, packet: "av.Packet[Any] | None") -> list[Frame]:
        try:
            pictures = self._context.decode(packet)
        except (av.FFmpegError, ValueError):
            self.failures += 1
            return []
        return [
            self._frame(picture, picture.opaque)
            for picture in pictures
            if isinstance(picture.opaque, float) and self._is_allowed(picture)
        ]

    def _is_allowed(self, picture: av.VideoFrame) -> bool:
        """Not every decoder obeys `max_pixels` when a stream grows."""
        allowed = picture.width * picture.height <= self._limits.pixels
        self.failures += not allowed
        return allowed

    def _frame(self, picture: av.VideoFrame, time_s: float) -> Frame:
        rotation = quarter_turns(-picture.rotation) or self.encoding.rotation
        sideways = rotation in (90, 270)
        self._last_s = max(self._last_s, time_s)
        self._count += 1
        return Frame(
            source=self._source,
            index=self._count - 1,
            time_s=self._last_s,
            width=picture.height if sideways else picture.width,
            height=picture.width if sideways else picture.height,
            pixels=AvPixels(picture, rotation),
        )


def quarter_turns(degrees: float) -> int:
    """The nearest of 0, 90, 180 and 270 degrees."""
    return round(degrees / 90) * 90 % 360


def _open(encoding: Encoding, *, fast: bool, pixels: int) -> VideoCodecContext:
    name = DECODERS.get(encoding.codec, encoding.codec)
    try:
        context = av.CodecContext.create(name, "r")
    except ValueError as error:  # PyAV's UnknownCodecError
        raise DecodeError(f"no decoder for codec {encoding.codec!r} is installed") from error
    if not isinstance(context, VideoCodecContext):
        raise DecodeError(f"codec {encoding.codec!r} holds no pictures")
    if encoding.extradata:
        context.extradata = encoding.extradata
    context.width, context.height = encoding.width, encoding.height
    if encoding.pixel_format:
        context.pix_fmt = encoding.pixel_format
    context.thread_count = 1
    context.copy_opaque = True
    context.options = {"max_pixels": str(pixels)} | ({"skip_loop_filter": "all"} if fast else {})
    try:
        context.open()
    except (av.FFmpegError, ValueError) as error:
        raise DecodeError(f"the {encoding.codec} decoder does not open: {error}") from error
    return context
