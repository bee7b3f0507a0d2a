"""Evidence on disk: packets remuxed, never re-encoded, and safe against a power cut.

A clip is written under a temporary name, synced, renamed, and its folder is synced: at every
moment the name holds a whole file or none.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from vigil.core import Encoding, Packet, SourceError, StoreError
from vigil.media.mux import Muxer, container_for
from vigil.media.opening import open_file

EXTENSIONS = {"mp4": ".mp4", "webm": ".webm", "matroska": ".mkv"}
FAST_START = {"movflags": "+faststart"}
"""The index first, so that a browser plays while it loads."""
GROWING = {"movflags": "+frag_keyframe+empty_moov+default_base_moof+delay_moov"}
"""Whole after every group of pictures, also when the writer is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFile:
    """A finished clip."""

    path: Path
    """With the extension of its container."""
    start_s: float
    """UTC seconds of its first picture, a key."""
    end_s: float
    """UTC seconds of its last picture."""
    size_bytes: int
    audio: bool


def write_clip(path: Path, packets: Iterable[Packet]) -> ClipFile:
    """Write packets of one camera, in decoding order, as a clip that browsers play.

    `path` gets the extension of the container, by the pictures' codec: MP4 for H.264, HEVC and
    AV1, WebM for VP8 and VP9, Matroska, which browsers do not play, for the rest. The clip begins
    with the first key and ends where the camera's encoding changes. Sound is kept, G.711 as AAC
    in MP4. Raises `StoreError` when there is no key, no room, or no container for the codec.
    """
    usable = list(_one_stream(packets))
    if not usable:
        raise StoreError(f"{path.name}: no key picture to begin a clip with")
    video, audio = _encodings(usable)
    form = container_for(video)
    final = path.with_suffix(EXTENSIONS[form])
    temporary = _hidden(final, "new")
    try:
        muxer = Muxer(temporary, video, audio, options=FAST_START if form == "mp4" else None)
        _fill(muxer, usable)
        _put_in_place(temporary, final)
    except (av.FFmpegError, OSError) as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(f"{final.name}: the clip cannot be written: {error}") from error
    times = [packet.time_s for packet in usable if packet.encoding.kind == "video"]
    return ClipFile(
        path=final,
        start_s=times[0],
        end_s=max(times),
        size_bytes=final.stat().st_size,
        audio=muxer.audio,
    )


def clip_at(path: Path) -> Path | None:
    """The clip that was written to `path`, with whichever extension it got; None: there is none."""
    found = (path.with_suffix(extension) for extension in EXTENSIONS.values())
    return next((each for each in found if each.exists()), None)


class ClipWriter:
    """A clip that is there at once and grows until the event ends.

    `begin` puts the first version in place. What follows is appended to a hidden fragmented
    file beside it, so a long event needs no memory, and `close` replaces the first version by
    the whole. After a crash the first version stands, and `finish_growing` completes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._growing: _Growing | None = None

    def begin(self, packets: Iterable[Packet]) -> ClipFile:
        """Write the first version; on disk when it returns. Raises as `write_clip`."""
        held = list(_one_stream(packets))
        first = write_clip(self._path, held)
        self._growing = _Growing(_hidden(first.path, "growing"), held, first)
        return first

    def append(self, packet: Packet) -> None:
        """Add the next packet in decoding order, after `begin`.

        After a new connection pictures wait for its first key; a picture of another size or
        codec ends the clip. Raises `StoreError` when the disk refuses.
        """
        if self._growing is None:
            raise StoreError(f"{self._path.name}: the clip has not begun")
        self._growing.append(packet)

    def close(self) -> ClipFile:
        """Finish: the whole clip replaces the first version. Raises `StoreError`."""
        if self._growing is None:
            raise StoreError(f"{self._path.name}: the clip has not begun")
        growing, self._growing = self._growing, None
        return growing.finish()

    def abandon(self) -> None:
        """Stop growing and leave the first version."""
        if self._growing is not None:
            self._growing.discard()
            self._growing = None


def finish_growing(path: Path, start_s: float) -> ClipFile | None:
    """Complete the clip at `path` from what a `ClipWriter` left; None: it left nothing.

    It leaves something when it was killed, or when the disk was full as it closed.
    `start_s`: UTC seconds of the clip's first picture.
    """
    growing = _hidden(path, "growing")
    return _completed(growing, path, start_s) if growing.exists() else None


class _Growing:
    """The hidden file behind a clip that is being written."""

    def __init__(self, path: Path, held: list[Packet], first: ClipFile) -> None:
        video, audio = _encodings(held)
        self._path = path
        self._first = first
        self._stream = _OneStream()
        options = GROWING if first.path.suffix == ".mp4" else {}
        self._muxer = Muxer(path, video, audio, options=options | {"flush_packets": "1"})
        for packet in held:
            self.append(packet)

    def append(self, packet: Packet) -> None:
        if not self._stream.takes(packet):
            return
        try:
            self._muxer.write(packet)
        except (av.FFmpegError, OSError) as error:
            raise StoreError(f"{self._path.name}: the clip cannot grow: {error}") from error

    def finish(self) -> ClipFile:
        try:
            self._muxer.close()
        except (av.FFmpegError, OSError) as error:
            raise StoreError(f"{self._path.name}: the clip cannot be finished: {error}") from error
        return _completed(self._path, self._first.path, self._first.start_s)

    def discard(self) -> None:
        self._muxer.close()
        self._path.unlink(missing_ok=True)


class _OneStream:
    """Which packets may follow each other in one file."""

    def __init__(self) -> None:
        self._video: Encoding | None = None
        self._audio: Encoding | None = None
        self._ended = False

    def takes(self, packet: Packet) -> bool:
        if self._ended:
            return False
        encoding = packet.encoding
        if encoding.kind == "audio":
            self._audio = self._audio or encoding
            return self._video is not None and same_stream(self._audio, encoding)
        if encoding is self._video:
            return True
        if not packet.key:
            return False
        if self._video is not None and not same_stream(self._video, encoding):
            self._ended = True
            return False
        self._video = encoding
        return True


def same_stream(a: Encoding, b: Encoding) -> bool:
    """Whether packets of both may stand in one file, as after a new connection."""
    shape_a = (a.codec, a.extradata, a.width, a.height, a.rotation, a.sample_rate, a.channels)
    shape_b = (b.codec, b.extradata, b.width, b.height, b.rotation, b.sample_rate, b.channels)
    return shape_a == shape_b


def _one_stream(packets: Iterable[Packet]) -> Iterator[Packet]:
    stream = _OneStream()
    return (packet for packet in packets if stream.takes(packet))


def _encodings(packets: list[Packet]) -> tuple[Encoding, Encoding | None]:
    """Of the pictures, and of the sound if there is any."""
    audio = next((p.encoding for p in packets if p.encoding.kind == "audio"), None)
    return packets[0].encoding, audio


def _completed(growing: Path, final: Path, start_s: float) -> ClipFile:
    """Remux what has grown over the first version; it is kept until that has succeeded."""
    try:
        with open_file(growing) as demuxer:
            began_s = demuxer.start_s
            packets = demuxer.packets(lambda _sound, pts_s, _now: start_s + (pts_s or 0) - began_s)
            whole = write_clip(final, packets)
    except SourceError as error:
        raise StoreError(f"{final.name}: what was appended cannot be read: {error}") from error
    growing.unlink()
    return whole


def _fill(muxer: Muxer, packets: Iterable[Packet]) -> None:
    try:
        for packet in packets:
            muxer.write(packet)
    finally:
        muxer.close()


def _hidden(path: Path, why: str) -> Path:
    return path.with_name(f".{path.stem}.{why}{path.suffix}")


def _put_in_place(temporary: Path, final: Path) -> None:
    _sync(temporary)
    temporary.replace(final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    """Have the file's bytes, or the folder's names, on the disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
