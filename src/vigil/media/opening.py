"""Open a file, a stream or a device: the only places where an address reaches FFmpeg."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from vigil.core import SourceLost, SourceRefused
from vigil.media import access
from vigil.media.access import Access
from vigil.media.demux import Demuxer, reason
from vigil.media.limits import Limits

STRAIGHT = {"http_proxy": "none", "max_redirects": "0"}
"""A proxy of the environment or a redirect would hand the camera's password to somebody else."""
DEVICE_HINTS = {
    errno.ENOENT: "is it plugged in?",
    errno.ENODEV: "is it plugged in?",
    errno.EBUSY: "does another program use it?",
    errno.EACCES: "is this user in the group video?",
}
NEWEST_SEGMENTS = "-2"
"""Where to begin in a live playlist: two are enough to outlast the wait for the next one."""


def open_file(
    path: Path | str, *, name: str = "", limits: Limits | None = None, sound: int = 0
) -> Demuxer:
    """Open a regular file, whatever its extension. Raises `SourceRefused`, with one line why.

    `sound`: which of its sound tracks, from 0.
    """
    path = Path(path)
    name = name or "".join(c if c.isprintable() else "?" for c in path.name)
    limits = limits or Limits()
    try:
        status = path.stat()
    except OSError as error:
        raise SourceRefused(f"{name}: {os.strerror(error.errno or 0).lower()}") from error
    if not stat.S_ISREG(status.st_mode):
        raise SourceRefused(f"{name}: not a regular file")
    if status.st_size == 0:
        raise SourceRefused(f"{name}: the file is empty")
    limits.check_file(name, status.st_size, None)
    # With its protocol written out, no name can be taken for an address.
    container = _open(f"file:{path.absolute()}", name, access.FILE, {}, limits)
    with _closing_on_refusal(container):
        demuxer = Demuxer(container, name=name, limits=limits, sound=sound)
        limits.check_file(name, status.st_size, demuxer.duration_s)
    return demuxer


def open_stream(
    url: str,
    *,
    name: str,
    transport: str = "tcp",
    open_s: float = 5.0,
    read_s: float = 5.0,
    limits: Limits | None = None,
) -> Demuxer:
    """Open an RTSP or HTTP(S) stream.

    `transport`, tcp or udp, is RTSP's. A server that is silent for `open_s` while opening or
    `read_s` afterwards is lost. Raises `SourceRefused` for what may not be opened and
    `SourceLost` for what cannot be reached now.
    """
    allowed, form, options = _stream_access(url, name, transport)
    limits = limits or Limits()
    options = options | {
        # Not `nobuffer`: it throws away what was read while probing, the first key included.
        "fpsprobesize": "0",
        "analyzeduration": "2000000",
        "timeout": str(round(read_s * 1e6)),
    }
    container = _open(url, name, allowed, options, limits, form=form, timeout_s=(open_s, read_s))
    with _closing_on_refusal(container):
        return Demuxer(container, name=name, limits=limits)


def open_device(
    path: str, *, name: str, options: dict[str, str], limits: Limits | None = None
) -> Demuxer:
    """Open a camera that is plugged in (Video4Linux). Raises `SourceLost` when it is absent."""
    limits = limits or Limits()
    container = _open(path, name, access.DEVICE, options, limits, form="video4linux2")
    with _closing_on_refusal(container):
        return Demuxer(container, name=name, limits=limits)


def check_stream(url: str, name: str) -> None:
    """Raise `SourceRefused` when the URL's scheme is not allowed."""
    _stream_access(url, name, "tcp")


def _stream_access(
    url: str, name: str, transport: str
) -> tuple[Access, str | None, dict[str, str]]:
    """Allow-list, forced container and options for a URL."""
    scheme = url.split("://", 1)[0].lower()
    match scheme:
        case "rtsp" | "rtsps":
            allowed = access.RTSP if scheme == "rtsp" else access.RTSPS
            return allowed, "rtsp", {"rtsp_transport": transport}
        case "http" | "https":
            if urlsplit(url).path.lower().endswith(".m3u8"):
                return access.HLS, "hls", STRAIGHT | {"live_start_index": NEWEST_SEGMENTS}
            return access.HTTP, None, STRAIGHT
        case _:
            raise SourceRefused(
                f"{name}: scheme {scheme!r} is not allowed; allowed: rtsp, rtsps, http, https"
            )


def _open(
    place: str,
    name: str,
    allowed: Access,
    options: dict[str, str],
    limits: Limits,
    *,
    form: str | None = None,
    timeout_s: tuple[float, float] = (20.0, 20.0),
) -> InputContainer:
    chosen = allowed.options() | {"max_pixels": str(limits.pixels)} | options
    try:
        return av.open(
            place,
            "r",
            format=form,
            options=chosen,
            metadata_errors="replace",
            timeout=timeout_s,
        )
    except av.error.ArgumentError as error:
        raise _not_a_video(name, allowed) from error
    except av.error.InvalidDataError as error:
        # A stream says the same when it breaks off early.
        if allowed is access.FILE:
            raise _not_a_video(name, allowed) from error
        raise SourceLost(f"{name}: cannot be opened: {reason(error)}") from error
    except (av.FFmpegError, OSError) as error:
        raise SourceLost(
            f"{name}: cannot be opened: {reason(error)}{_hint(error, allowed)}"
        ) from error


def _hint(error: Exception, allowed: Access) -> str:
    """What may lie behind words that tell little."""
    number = getattr(error, "errno", 0)
    if allowed in (access.HTTP, access.HLS) and number == errno.EIO:
        return "; if it answers with a redirect, give the address that it leads to"
    if allowed is access.DEVICE:
        here = ", ".join(sorted(map(str, Path("/dev").glob("video*")))) or "none"
        return f"; {DEVICE_HINTS.get(number, 'is it a camera?')} cameras here: {here}"
    return ""


def _not_a_video(name: str, allowed: Access) -> SourceRefused:
    containers = ", ".join(allowed.containers)
    return SourceRefused(f"{name}: not a video in an allowed container ({containers})")


@contextmanager
def _closing_on_refusal(container: InputContainer) -> Iterator[None]:
    try:
        yield
    except BaseException:
        container.close()
        raise
