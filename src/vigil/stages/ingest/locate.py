"""What a user typed becomes a source."""

from pathlib import Path

from vigil.core import SourceRefused
from vigil.stages.ingest.device import DeviceSource
from vigil.stages.ingest.file import FileSource
from vigil.stages.ingest.images import ImageFolder
from vigil.stages.ingest.stream import StreamSource

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")

AnySource = StreamSource | FileSource | ImageFolder | DeviceSource


def source_of(text: str, *, name: str = "") -> AnySource:
    """A source for a URL, a file, a folder of images or a `/dev/video` device.

    Raises `SourceRefused` for other schemes; whether it can be opened shows later.
    """
    scheme, mark, _rest = text.partition("://")
    if mark:
        if scheme.lower() not in STREAM_SCHEMES:
            raise SourceRefused(
                f"scheme {scheme!r} is not allowed; allowed: {', '.join(STREAM_SCHEMES)}, "
                "or the path of a file, folder or device"
            )
        return StreamSource(url=text, name=name)
    path = Path(text).expanduser()
    if path.is_relative_to("/dev"):
        return DeviceSource(path=path, name=name)
    if path.is_dir():
        return ImageFolder(path=path, name=name)
    return FileSource(path=path, name=name)
