"""What cameras send over HTTP: motion JPEG, MPEG-TS, fragmented MP4, and a live playlist."""

import io
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, count, takewhile
from typing import Any

import av
import cv2

from vigil.core import Image, Packet
from vigil.media.mux import TICKS_PER_SECOND, matroska_header
from vigil.media.padded import padded
from vigil.testing.feeds import Feed

BOUNDARY = "picture"
FRAGMENTS = {"movflags": "+frag_every_frame+empty_moov+default_base_moof+delay_moov"}
LISTED = 3
"""Segments in a live playlist."""

Chunk = tuple[float, bytes]
"""Seconds after the beginning at which to send it, and the bytes."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """An endless answer to a request."""

    content_type: str
    chunks: Callable[[], Iterable[Chunk]]
    """Begins anew for each client."""


def motion_jpeg(pictures: Iterable[Image], rate: float) -> Stream:
    """RGB pictures as a multipart stream, again and again, `rate` a second."""
    parts = [_part(picture) for picture in pictures]

    def chunks() -> Iterator[Chunk]:
        return ((index / rate, parts[index % len(parts)]) for index in count())

    return Stream(
        content_type=f"multipart/x-mixed-replace; boundary={BOUNDARY}",
        chunks=chunks,
    )


def mpeg_ts(feed: Feed) -> Stream:
    """A transport stream, as encoders and relays send it."""
    return Stream(content_type="video/mp2t", chunks=lambda: _muxed(feed(), "mpegts", {}))


def fragmented_mp4(feed: Feed) -> Stream:
    """MP4 that grows by a fragment with every picture."""
    return Stream(content_type="video/mp4", chunks=lambda: _muxed(feed(), "mp4", FRAGMENTS))


class LivePlaylist:
    """HTTP live streaming (RFC 8216): `live.m3u8`, and its segments of `segment_s`.

    The feed must have a key at every multiple of `segment_s`.
    """

    def __init__(self, feed: Feed, segment_s: float = 1.0) -> None:
        self._feed = feed
        self._segment_s = segment_s
        self._began_s = time.monotonic()

    def __call__(self, path: str) -> bytes | None:
        """What lies at `path` now; None: nothing."""
        newest = int((time.monotonic() - self._began_s) / self._segment_s) + LISTED - 1
        numbers = range(newest - LISTED + 1, newest + 1)
        if path == "live.m3u8":
            return self._list(numbers)
        name, _, extension = path.partition(".")
        if extension != "ts" or not name.isdecimal() or int(name) > newest:
            return None
        return self._segment(int(name))

    def _list(self, numbers: range) -> bytes:
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{round(self._segment_s)}",
            f"#EXT-X-MEDIA-SEQUENCE:{numbers[0]}",
        ]
        for number in numbers:
            lines += [f"#EXTINF:{self._segment_s:.3f},", f"{number}.ts"]
        return ("\n".join(lines) + "\n").encode()

    def _segment(self, number: int) -> bytes:
        start_s, end_s = number * self._segment_s, (number + 1) * self._segment_s
        packets = takewhile(lambda packet: packet.time_s < end_s - 1e-6, self._feed())
        wanted = [packet for packet in packets if packet.time_s >= start_s - 1e-6]
        return b"".join(data for _, data in _muxed(wanted, "mpegts", {}))


def _part(picture: Image) -> bytes:
    data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data + b"\r\n"


class _Sink:
    """Takes what a muxer writes until it is asked for it."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        data = b"".join(self._written)
        self._written.clear()
        return data


def _muxed(packets: Iterable[Packet], form: str, options: dict[str, str]) -> Iterator[Chunk]:
    """The bytes of a container, with each packet those that it made complete."""
    arriving = iter(packets)
    first = next(arriving)
    sink = _Sink()
    every = options | {"flush_packets": "1"}
    with av.open(sink, "w", format=form, container_options=every) as container:
        with av.open(io.BytesIO(matroska_header(first.encoding)), format="matroska") as seed:
            stream = container.add_stream_from_template(seed.streams[0], opaque=True)
        stream.time_base = Fraction(1, TICKS_PER_SECOND)
        for packet in chain([first], arriving):
            container.mux(_stamped(packet, stream))
            yield packet.time_s - first.time_s, sink.taken()
    yield 0.0, sink.taken()


def _stamped(packet: Packet, stream: Any) -> "av.Packet[Any]":
    out = padded(packet.data)
    out.stream = stream
    out.time_base = Fraction(1, TICKS_PER_SECOND)
    out.pts = out.dts = round(packet.time_s * TICKS_PER_SECOND)
    out.duration = round(packet.duration * packet.encoding.time_base * TICKS_PER_SECOND)
    out.is_keyframe = packet.key
    return out
