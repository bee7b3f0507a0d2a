"""Recorded scenes on the disk, and which of them go when there are too many."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    changed_s: float
    size_bytes: int


class SceneFolder:
    """One folder a camera, one a day, one file an hour; the oldest files go first.

    They can be made no more, but nothing else depends on them: they go before evidence does.
    """

    def __init__(
        self, path: Path, *, days: float | None = None, limit_bytes: float | None = None
    ) -> None:
        """None: for ever, and as much as there is."""
        self.path = path
        self._days, self._limit_bytes = days, limit_bytes

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.size_bytes for file in self._files())

    def sweep(self, now_s: float) -> int:
        """Delete what is too old or too much; bytes that went. `now_s`: UTC seconds."""
        gone = 0
        if self._days is not None:
            oldest_s = now_s - self._days * DAY_S
            gone += self._delete(lambda file: file.changed_s < oldest_s)
        if self._limit_bytes is not None:
            gone += self.shrink(self.size_bytes - self._limit_bytes)
        return gone

    def shrink(self, excess_bytes: float) -> int:
        """Delete the oldest files until so much is gone, or all are; bytes that went."""
        left = excess_bytes

        def too_much(file: _File) -> bool:
            nonlocal left
            before, left = left, left - file.size_bytes
            return before > 0

        return self._delete(too_much)

    def _delete(self, goes: Callable[[_File], bool]) -> int:
        gone = 0
        for file in self._files():
            if not goes(file):
                break
            try:
                file.path.unlink(missing_ok=True)
            except OSError as error:
                log.error("scenes cannot be deleted", file=str(file.path), reason=error.strerror)
                continue
            gone += file.size_bytes
        self._tidy()
        return gone

    def _tidy(self) -> None:
        """Folders of days without a file."""
        for folder in self.path.glob("*/*"):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _files(self) -> list[_File]:
        """The oldest first."""
        found = []
        for path in self.path.rglob("*.scenes"):
            stat = path.lstat()
            found.append(_File(path, stat.st_mtime, stat.st_size))
        return sorted(found, key=lambda file: (file.changed_s, file.path))
