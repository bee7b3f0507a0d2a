"""A folder of files that rows point to, in folders named like days; nothing leads out of it."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vigil.core import StoreError

MARK = ".vigil"
"""A file that tells our folder from the empty one that is left when a disk is not mounted."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class DayFile:
    """A regular file in it."""

    place: str
    """Relative to the folder: `<day>/<name>`."""
    size_bytes: int
    changed_s: float
    """UTC seconds, by the clock of the disk."""


class DayFolder:
    """Finds, checks and removes files, and never leaves its folder."""

    what = "file"
    """The word for one of them."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def is_marked(self) -> bool:
        """Whether this is the folder that was marked."""
        return (self.path / MARK).exists()

    def mark(self) -> None:
        """Make the folder, and know it again later."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.path / MARK).touch()

    def open_place(self, place: str) -> Path:
        """The file to open. Raises StoreError when it is gone or would lie outside the folder."""
        file = self.path / place
        if not file.resolve().is_relative_to(self.path.resolve()):
            raise StoreError(f"{self.what} {place!r} lies outside {self.path}")
        try:
            size_of(file)
        except OSError as error:
            raise StoreError(f"{self.what} {place!r} is not kept any more") from error
        return file

    def remove(self, place: str) -> None:
        """Delete one file, and the folder of its day when it was the last; gone is fine."""
        file = self.path / place
        if not file.parent.resolve().is_relative_to(self.path.resolve()):
            raise StoreError(f"{self.what} {place!r} lies outside {self.path}")
        file.unlink(missing_ok=True)
        try:
            file.parent.rmdir()
        except OSError:
            return  # others of that day

    def files(self) -> Iterator[DayFile]:
        """All files in folders that are named like a day, half-written ones included."""
        for folder in self.days():
            yield from self._files_of(folder)

    def days(self) -> list[Path]:
        """The folders that are named like a day, the oldest first."""
        if not self.path.is_dir():
            return []
        return [
            folder
            for folder in sorted(self.path.iterdir())
            if DAY.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink()
        ]

    def _files_of(self, folder: Path) -> Iterator[DayFile]:
        for entry in os.scandir(folder):
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # renamed or removed meanwhile
            if stat.S_ISREG(found.st_mode):
                yield DayFile(
                    place=f"{folder.name}/{entry.name}",
                    size_bytes=found.st_size,
                    changed_s=found.st_mtime,
                )


def size_of(file: Path) -> int:
    """Bytes of a regular file; raises FileNotFoundError for anything else."""
    found = file.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(f"{file} is not a regular file")
    return found.st_size
