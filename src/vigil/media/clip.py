"""Evidence on disk: packets remuxed, never re-encoded, and safe against a power cut.

A clip is written under a temporary name, synced, renamed, and its folder is synced: at every
moment the name holds a whole file or none.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path

import av

from vigil.core import Encoding, Packet, SourceError, StoreError
from vigil.core.durable import put_in_place
from vigil.media.demux import Demuxer
from vigil.media.mux import EMPTY_INDEX_BYTES, Muxer, container_for, index_bytes
from vigil.media.opening import open_file

EXTENSIONS = {"mp4": ".mp4", "webm": ".webm", "matroska": ".mkv"}
GROWING = {
    "mp4": {
        "movflags": "+frag_keyframe+empty_moov+default_base_moof+delay_moov",
        "frag_size": "262144",
        "frag_duration": "300000",
    },
    "webm": {"cluster_time_limit": "300"},
    "matroska": {"cluster_time_limit": "300"},
}
"""Whole after every third of a second or quarter of a megabyte, also when the writer is killed:
who judges by what has grown would wait for a whole group of pictures otherwise."""


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
    return _write(path, usable, *_encodings(usable), sum(map(index_bytes, usable)))


def clip_at(path: Path) -> Path | None:
    """The clip that was written to `path`, with whichever extension it got; None: there is none."""
    found = (path.with_suffix(extension) for extension in EXTENSIONS.values())
    return next((each for each in found if each.exists()), None)


def growing_beside(path: Path) -> Path:
    """Where the clip at `path` grows until it is finished; mostly there is no such file."""
    return _hidden(path, "growing")


class ClipWriter:
    """A clip that is there at once and grows until the event ends.

    `begin` puts the first version in place. What follows is appended to a hidden fragmented
    file beside it, so a long event needs no memory, and `close` replaces the first version by
    the whole. After a crash the first version stands, and `finish_growing` completes it. A clip
    that cannot grow keeps its first version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._growing: _Growing | None = None
        self._why_not = "the clip has not begun"

    def begin(self, packets: Iterable[Packet]) -> ClipFile:
        """Write the first version; on disk when it returns. Raises as `write_clip`."""
        held = list(_one_stream(packets))
        first = write_clip(self._path, held)
        growing = growing_beside(first.path)
        try:
            self._growing = _Growing(growing, held, first)
        except (av.FFmpegError, OSError, StoreError) as error:
            growing.unlink(missing_ok=True)
            self._why_not = f"the clip cannot grow: {error}"
        return first

    def append(self, packet: Packet) -> None:
        """Add the next packet in decoding order, after `begin`.

        After a new connection pictures wait for its first key; a picture of another size or
        codec ends the clip. Raises `StoreError` when the disk refuses.
        """
        if self._growing is None:
            raise StoreError(f"{self._path.name}: {self._why_not}")
        self._growing.append(packet)

    def close(self) -> ClipFile:
        """Finish: the whole clip replaces the first version. Raises `StoreError`."""
        if self._growing is None:
            raise StoreError(f"{self._path.name}: {self._why_not}")
        growing, self._growing = self._growing, None
        return growing.finish()

    def abandon(self) -> None:
        """Stop growing and leave the first version."""
        if self._growing is not None:
            self._growing.discard()
            self._growing = None


def finish_growing(path: Path, start_s: float, *, end_s: float = -inf) -> ClipFile | None:
    """Complete the clip at `path` from what a `ClipWriter` left; None: nothing beyond `end_s`.

    It leaves something when it was killed, or when the disk was full as it closed. `start_s` and
    `end_s`: UTC seconds of the first and the last picture of the clip as it stands. A clip whose
    writer lives is left alone. Raises `StoreError` when the disk refuses; what was left stays.
    """
    growing = growing_beside(path)
    if not growing.exists() or is_held(growing):
        return None
    try:
        last_s, index_size = _survey(growing, start_s)
    except SourceError:
        last_s, index_size = -inf, 0  # killed before a group of pictures was whole
    if last_s > end_s:
        return _completed(growing, path, start_s, index_size)
    growing.unlink()
    return None


def is_held(growing: Path) -> bool:
    """Whether the writer of this growing file lives; the system lets go when it is killed."""
    try:
        handle = os.open(growing, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


class _Growing:
    """The hidden file behind a clip that is being written."""

    def __init__(self, path: Path, held: list[Packet], first: ClipFile) -> None:
        video, audio = _encodings(held)
        self._path = path
        self._first = first
        self._stream = _OneStream()
        options = GROWING[container_for(video)] | {"flush_packets": "1"}
        self._muxer = Muxer(path, video, audio, options=options)
        self._hold: int | None = None
        self._index_bytes = 0
        try:
            for packet in held:
                self.append(packet)
            # Whoever heals after a crash must be able to tell a dead writer from a living one.
            self._hold = os.open(path, os.O_RDONLY)
            with suppress(OSError):  # a network disk may know no locks
                fcntl.flock(self._hold, fcntl.LOCK_EX)
        except (OSError, StoreError):
            self.discard()
            raise

    def append(self, packet: Packet) -> None:
        if not self._stream.takes(packet):
            return
        try:
            self._muxer.write(packet)
        except (av.FFmpegError, OSError) as error:
            raise StoreError(f"{self._path.name}: the clip cannot grow: {error}") from error
        self._index_bytes += index_bytes(packet)

    def finish(self) -> ClipFile:
        try:
            self._muxer.close()
            start_s = self._first.start_s
            return _completed(self._path, self._first.path, start_s, self._index_bytes)
        except (av.FFmpegError, OSError) as error:
            raise StoreError(f"{self._path.name}: the clip cannot be finished: {error}") from error
        finally:
            self._let_go()

    def discard(self) -> None:
        # On a full disk the index cannot be written either, and nobody wants it.
        with suppress(av.FFmpegError, OSError):
            self._muxer.close()
        self._path.unlink(missing_ok=True)
        self._let_go()

    def _let_go(self) -> None:
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None


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


def _completed(growing: Path, final: Path, start_s: float, index_size: int) -> ClipFile:
    """Remux what has grown over the first version; it is kept until that has succeeded."""
    try:
        with open_file(growing) as demuxer:
            packets = _from_start(demuxer, start_s)
            whole = _write(final, packets, demuxer.video, demuxer.audio, index_size)
    except SourceError as error:
        raise StoreError(f"{final.name}: what was appended cannot be read: {error}") from error
    growing.unlink()
    return whole


def _survey(growing: Path, start_s: float) -> tuple[float, int]:
    """Time of the last picture, UTC seconds, and how many bytes the index needs at most."""
    last_s, index_size = -inf, 0
    with open_file(growing) as demuxer:
        for packet in _from_start(demuxer, start_s):
            index_size += index_bytes(packet)
            if packet.encoding.kind == "video":
                last_s = max(last_s, packet.time_s)
    return last_s, index_size


def _from_start(demuxer: Demuxer, start_s: float) -> Iterator[Packet]:
    began_s = demuxer.start_s
    return demuxer.packets(lambda _encoding, pts_s, _now: start_s + (pts_s or 0) - began_s)


def _write(
    path: Path,
    packets: Iterable[Packet],
    video: Encoding,
    audio: Encoding | None,
    index_size: int,
) -> ClipFile:
    """Packets of one stream, from a key on; never more than one of them is held.

    `index_size`: bytes that MP4 needs at most to say where they are.
    """
    form = container_for(video)
    final = path.with_suffix(EXTENSIONS[form])
    temporary = _hidden(final, "new")
    # The index first, so that a browser plays while it loads. Room is kept for it: FFmpeg's
    # faststart writes the file twice, and holds up all threads meanwhile.
    room = EMPTY_INDEX_BYTES + len(video.extradata) + index_size
    try:
        options = {"moov_size": str(room)} if form == "mp4" else None
        muxer = Muxer(temporary, video, audio, options=options)
        start_s, end_s = _fill(muxer, packets)
        put_in_place(temporary, final)
    except (av.FFmpegError, OSError, SourceError) as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(f"{final.name}: the clip cannot be written: {error}") from error
    return ClipFile(
        path=final,
        start_s=start_s,
        end_s=end_s,
        size_bytes=final.stat().st_size,
        audio=muxer.audio,
    )


def _fill(muxer: Muxer, packets: Iterable[Packet]) -> tuple[float, float]:
    """Times of the first picture and of the last one to be shown, UTC seconds."""
    start_s, end_s = inf, -inf
    try:
        for packet in packets:
            muxer.write(packet)
            if packet.encoding.kind == "video":
                start_s, end_s = min(start_s, packet.time_s), max(end_s, packet.time_s)
    finally:
        muxer.close()
    return start_s, end_s


def _hidden(path: Path, why: str) -> Path:
    return path.with_name(f".{path.stem}.{why}{path.suffix}")
