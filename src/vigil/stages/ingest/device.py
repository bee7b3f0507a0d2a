"""A camera that is plugged into this machine."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from vigil.core import Encoding, Packet, part
from vigil.media.opening import open_device
from vigil.stages.ingest.timeline import LiveTimeline


@part
class DeviceSource:
    """A Video4Linux camera. It ends with `SourceLost` when it is unplugged."""

    path: Path = Path("/dev/video0")
    name: str = ""
    """What its packets are called; empty: the device's name."""
    width: int | None = None
    """Pixels; None leaves the choice to the camera, as do the others."""
    height: int | None = None
    rate: float | None = None
    """Pictures a second."""
    codec: str | None = None
    """`mjpeg`, `h264`, or a raw pixel format such as `yuyv422`."""

    def __post_init__(self) -> None:
        if (self.width is None) != (self.height is None):
            raise ValueError("width and height are set together")
        self.name = self.name or Path(self.path).name
        self._closed = Event()

    @property
    def live(self) -> bool:
        return True

    def packets(self) -> Iterator[Packet]:
        with open_device(str(self.path), name=self.name, options=self._options()) as demuxer:
            timeline = LiveTimeline(demuxer.video.frame_rate)

            def stamp(_encoding: Encoding, pts_s: float | None, received_s: float) -> float:
                return timeline.stamp(pts_s, received_s)

            for packet in demuxer.packets(stamp):
                if self._closed.is_set():
                    return
                yield packet

    def close(self) -> None:
        """End `packets` with the next picture, from any thread and for good."""
        self._closed.set()

    def _options(self) -> dict[str, str]:
        options = {}
        if self.width is not None:
            options["video_size"] = f"{self.width}x{self.height}"
        if self.rate is not None:
            options["framerate"] = str(self.rate)
        if self.codec is not None:
            options["input_format"] = self.codec
        return options
