"""Put packets into a container without touching what is in them."""

import io
import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Stream

from vigil.core import Encoding, Packet, StoreError
from vigil.media.padded import padded
from vigil.media.sound import CONVERTED, SoundConverter

TICKS_PER_SECOND = 90_000
CONTAINERS = {"h264": "mp4", "hevc": "mp4", "av1": "mp4", "vp8": "webm", "vp9": "webm"}
"""Where browsers play them; pictures of every other codec go into Matroska."""
MATROSKA_NAMES = {
    "h264": "V_MPEG4/ISO/AVC",
    "hevc": "V_MPEGH/ISO/HEVC",
    "av1": "V_AV1",
    "vp8": "V_VP8",
    "vp9": "V_VP9",
    "mpeg1video": "V_MPEG1",
    "mpeg2video": "V_MPEG2",
    "mpeg4": "V_MPEG4/ISO/ASP",
    "mjpeg": "V_MJPEG",
    "aac": "A_AAC",
    "mp3": "A_MPEG/L3",
    "mp2": "A_MPEG/L2",
    "ac3": "A_AC3",
    "opus": "A_OPUS",
    "vorbis": "A_VORBIS",
    "flac": "A_FLAC",
    "pcm_alaw": "A_MS/ACM",
    "pcm_mulaw": "A_MS/ACM",
}
WAVE_FORMATS = {"pcm_alaw": 6, "pcm_mulaw": 7}
SOUND = {
    "mp4": frozenset({"aac", "mp3", "ac3", "opus", "flac"}),
    "webm": frozenset({"opus", "vorbis"}),
    "matroska": frozenset(MATROSKA_NAMES),
}


EMPTY_INDEX_BYTES = 8192
"""The index of an MP4 (ISO/IEC 14496-12) without its tables."""
ENTRY_BYTES = 48
"""What its tables say at most of one packet."""
LEAST_FRAME_BYTES = 256
"""Of raw sound for one packet of AAC: 1024 samples of two bits."""


def index_bytes(packet: Packet) -> int:
    """What a packet adds at most to the index of an MP4, also when its sound is converted."""
    converted = packet.encoding.kind == "audio" and len(packet.data) // LEAST_FRAME_BYTES
    return ENTRY_BYTES * (1 + converted)


def container_for(encoding: Encoding) -> str:
    """The container that keeps pictures of this encoding: `mp4`, `webm` or `matroska`.

    Raises `StoreError` when none does without re-encoding them.
    """
    if encoding.codec not in MATROSKA_NAMES:
        raise StoreError(f"pictures of codec {encoding.codec!r} cannot be kept as a clip")
    return CONTAINERS.get(encoding.codec, "matroska")


class Muxer:
    """One output file. Times are written from `Packet.time_s`, so jumps of the stream are gone."""

    def __init__(
        self,
        path: Path,
        video: Encoding,
        audio: Encoding | None,
        *,
        options: dict[str, str] | None = None,
    ) -> None:
        """Sound that the container does not take is converted to AAC, or else left out.

        Raises `StoreError` when the pictures cannot be kept without re-encoding them.
        """
        form = container_for(video)
        self._container = av.open(str(path), "w", format=form, container_options=options or {})
        self._video = _Lane(self._add(video))
        self._converter: SoundConverter | None = None
        self._audio: _Lane | None = None
        with suppress(av.FFmpegError, ValueError):
            if audio is not None and form == "mp4" and audio.codec in CONVERTED:
                self._converter = SoundConverter(audio)
                audio = self._converter.encoding
            if audio is not None and audio.codec in SOUND[form]:
                self._audio = _Lane(self._add(audio))
        self._base_s: float | None = None

    @property
    def audio(self) -> bool:
        """Whether sound is written too."""
        return self._audio is not None

    def write(self, packet: Packet) -> None:
        """Append; the first packet must be a key picture, and sound from before it is left out."""
        if packet.encoding.kind == "video":
            if self._base_s is None:
                self._base_s = packet.time_s
            self._put(self._video, packet)
        elif self._base_s is not None and self._audio is not None:
            for sound in self._converter.convert(packet) if self._converter else [packet]:
                self._put(self._audio, sound)

    def close(self) -> None:
        """Write the index."""
        try:
            if self._converter is not None and self._audio is not None:
                for sound in self._converter.flush():
                    self._put(self._audio, sound)
        finally:
            self._container.close()

    def _put(self, lane: "_Lane", packet: Packet) -> None:
        after_s = packet.time_s - (self._base_s or 0.0)
        if lane is self._video or after_s >= 0:
            self._container.mux(lane.stamped(packet, after_s))

    def _add(self, encoding: Encoding) -> Stream:
        """An output stream that is declared like `encoding`.

        PyAV copies a declaration from an open input only; ours is a Matroska header in memory.
        """
        with av.open(io.BytesIO(matroska_header(encoding)), "r", format="matroska") as seed:
            stream = self._container.add_stream_from_template(seed.streams[0], opaque=True)
        stream.time_base = Fraction(1, TICKS_PER_SECOND)
        hevc_in_mp4 = encoding.codec == "hevc" and self._container.format.name == "mp4"
        if hevc_in_mp4 and encoding.extradata:
            # Apple's browsers play HEVC only when its parameter sets stand out of band.
            stream.codec_context.codec_tag = "hvc1"
        if encoding.rotation and isinstance(stream, av.VideoStream):
            stream.set_display_rotation(-encoding.rotation)
        return stream


class _Lane:
    """One output stream, and how far its clock has come."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._last_dts = -(1 << 62)

    def stamped(self, packet: Packet, after_s: float) -> "av.Packet":  # type: ignore[type-arg]
        """The packet `after_s` seconds into the file; decoding times rise strictly."""
        time_base = packet.encoding.time_base
        pts = round(after_s * TICKS_PER_SECOND)
        reordered = 0 if packet.pts is None or packet.dts is None else packet.pts - packet.dts
        dts = max(pts - round(reordered * time_base * TICKS_PER_SECOND), self._last_dts + 1)
        self._last_dts = dts
        out = padded(packet.data)
        out.stream = self._stream
        out.time_base = Fraction(1, TICKS_PER_SECOND)
        out.dts, out.pts = dts, max(pts, dts)
        out.duration = round(packet.duration * time_base * TICKS_PER_SECOND)
        out.is_keyframe = packet.key
        return out


def matroska_header(encoding: Encoding) -> bytes:
    """A Matroska file (RFC 9559) with one track like `encoding` and nothing in it."""
    if encoding.kind == "video":
        kind, private = 1, encoding.extradata
        shape = _element(0xE0, _number(0xB0, encoding.width) + _number(0xBA, encoding.height))
    else:
        kind, private = 2, encoding.extradata or _wave_header(encoding)
        rate = _element(0xB5, struct.pack(">d", encoding.sample_rate))
        shape = _element(0xE1, rate + _number(0x9F, encoding.channels))
    track = _element(
        0xAE,
        _number(0xD7, 1)
        + _number(0x73C5, 1)
        + _number(0x83, kind)
        + _element(0x86, MATROSKA_NAMES[encoding.codec].encode())
        + (_element(0x63A2, private) if private else b"")
        + shape,
    )
    header = _element(0x1A45DFA3, _element(0x4282, b"matroska"))
    info = _element(0x1549A966, _number(0x2AD7B1, 1_000_000))
    cluster = _element(0x1F43B675, _number(0xE7, 0))
    return header + _element(0x18538067, info + _element(0x1654AE6B, track) + cluster)


def _wave_header(encoding: Encoding) -> bytes:
    """WAVEFORMATEX of G.711 sound; nothing for other codecs."""
    if encoding.codec not in WAVE_FORMATS:
        return b""
    rate, channels = encoding.sample_rate, encoding.channels
    return struct.pack(
        "<HHIIHHH", WAVE_FORMATS[encoding.codec], channels, rate, rate * channels, channels, 8, 0
    )


def _element(identity: int, payload: bytes) -> bytes:
    """One EBML element with a length of eight bytes."""
    name = identity.to_bytes((identity.bit_length() + 7) // 8, "big")
    return name + (1 << 56 | len(payload)).to_bytes(8, "big") + payload


def _number(identity: int, value: int) -> bytes:
    return _element(identity, value.to_bytes(8, "big"))
