"""A file of JSON, one line a message, on the disk before it counts as sent."""

import asyncio
import base64
import os
from contextlib import suppress
from pathlib import Path

from vigil.core import Alert, AlertDelayed, part
from vigil.core.alert_json import alert_json
from vigil.core.durable import sync
from vigil.core.json import as_line

READABLE = 0o640


@part
class AlertFile:
    """Appends to a file; a line that a crash has torn is ended, and the message written again."""

    path: Path
    pictures: bool = False
    """Whether a line has its picture within, as `snapshot_base64`."""

    def __post_init__(self) -> None:
        self.path = Path(self.path).expanduser()

    async def open(self) -> None:
        """The file is made when there is something to write."""

    async def send(self, alert: Alert) -> str:
        found = alert_json(alert)
        if self.pictures and alert.snapshot:
            found["snapshot_base64"] = base64.b64encode(alert.snapshot).decode()
        line = f"{as_line(found)}\n".encode("utf-8", "replace")
        try:
            await asyncio.to_thread(self._append, line)
        except OSError as error:
            raise AlertDelayed(f"{self.path}: {error.strerror}") from error
        return ""

    async def close(self) -> None:
        """The file is open only while a line is written."""

    def _append(self, line: bytes) -> None:
        is_new = not self.path.exists()
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, READABLE)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            _write(handle, b"\n" + line if torn else line, size)
        finally:
            os.close(handle)
        if is_new:
            sync(self.path.parent)


def _write(handle: int, data: bytes, size: int) -> None:
    """All of it, on the disk; or the file as it was, `size` bytes long."""
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, size)
        raise
