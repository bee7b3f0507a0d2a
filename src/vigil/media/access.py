"""What may be opened, by kind of source.

A file's extension proves nothing: text named `.mp4` would open as a playlist and read other
files. So each kind of source names its containers and protocols, and nothing else is tried.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """FFmpeg's names of the containers and protocols that one kind of source may use."""

    containers: tuple[str, ...]
    protocols: tuple[str, ...]

    def options(self) -> dict[str, str]:
        """The same as options of FFmpeg."""
        return {
            "format_whitelist": ",".join(self.containers),
            "protocol_whitelist": ",".join(self.protocols),
        }


FILE = Access(
    (
        *("mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "m4v", "flv", "asf", "ogg"),
        *("ivf", "obu", "gif", "h264", "hevc", "mjpeg", "mpjpeg", "wav", "mp3", "aac", "flac"),
    ),
    ("file",),
)
"""Sound alone is opened too, so that the refusal can say so."""
RTSP = Access(("rtsp", "sdp", "rtp", "mpegts"), ("tcp", "udp", "rtp", "srtp"))
RTSPS = Access(RTSP.containers, (*RTSP.protocols, "tls"))
HTTP = Access(
    ("mov", "matroska", "mpegts", "flv", "mpjpeg", "mjpeg", "h264", "hevc", "ogg"),
    ("http", "https", "tcp", "tls"),
)
HLS = Access(("hls", "mpegts", "mov", "aac", "webvtt"), (*HTTP.protocols, "crypto"))
"""Only where the user wrote the address of a playlist."""
DEVICE = Access(("video4linux2",), ())
