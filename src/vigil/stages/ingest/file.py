"""A file as a source."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from vigil.core import Encoding, Packet, part
from vigil.media.demux import Demuxer
from vigil.media.limits import Limits
from vigil.media.opening import open_file
from vigil.stages.ingest.timeline import FileTimeline


@part
class FileSource:
    """The packets of one video file, as fast as they are read or at the speed of life.

    Each pass of a loop counts as a new connection: its packets carry a new encoding.
    """

    path: Path
    name: str = ""
    """What its packets are called; empty: the file's name."""
    start_s: float = 0.0
    """UTC seconds of the file's beginning; 0 makes times count from the start of the file."""
    loop: bool = False
    """Begin again at the end, for ever; time goes on."""
    realtime: bool = False
    """Give no packet out before its time."""

    def __post_init__(self) -> None:
        self.name = self.name or Path(self.path).name
        self.limits = Limits()
        self._closed = Event()

    @property
    def live(self) -> bool:
        return self.realtime

    def packets(self) -> Iterator[Packet]:
        start_s = self.start_s
        while not self._closed.is_set():
            last: Packet | None = None
            with open_file(self.path, name=self.name, limits=self.limits) as demuxer:
                for packet in self._one_pass(demuxer, start_s):
                    if last is None or packet.time_s >= last.time_s:
                        last = packet
                    yield packet
            if not self.loop or last is None:
                return
            start_s = _end_s(last)

    def close(self) -> None:
        """End `packets`, from any thread and for good."""
        self._closed.set()

    def _one_pass(self, demuxer: Demuxer, start_s: float) -> Iterator[Packet]:
        timelines = {
            encoding: FileTimeline(start_s, demuxer.start_s, encoding.frame_rate)
            for encoding in (demuxer.video, demuxer.audio)
            if encoding is not None
        }

        def stamp(encoding: Encoding, pts_s: float | None, _received_s: float) -> float:
            return timelines[encoding].stamp(pts_s)

        began_s = time.monotonic() - start_s
        for packet in demuxer.packets(stamp):
            if self.realtime:
                self._closed.wait(max(0.0, began_s + packet.time_s - time.monotonic()))
            if self._closed.is_set():
                return
            yield packet


def _end_s(packet: Packet) -> float:
    """When the packet's picture makes room for the next one."""
    length_s = float(packet.duration * packet.encoding.time_base)
    return packet.time_s + (length_s or 1 / (packet.encoding.frame_rate or 25.0))
