"""The folder of encoded evidence: what a row may point to."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vigil.config.home import clip_place
from vigil.core import Clip, StoreError
from vigil.core.durable import sync
from vigil.media.clip import clip_at

MARK = ".vigil"
"""A file that tells our folder from the empty one that is left when a disk is not mounted."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
GROWING = re.compile(r"\.(?P<id>[^./]+)\.growing(?P<extension>\.\w+)")


@dataclass(frozen=True, kw_only=True)
class ClipFile:
    """A regular file below the clips folder."""

    place: str
    """Relative to the clips folder."""
    size_bytes: int
    changed_s: float
    """UTC seconds, by the clock of the disk."""

    @property
    def clip_id(self) -> str:
        """The id of the clip that it is, or that it is to become."""
        return self.place.rpartition("/")[2].lstrip(".").partition(".")[0]

    @property
    def grows_into(self) -> str | None:
        """The place of the clip that its writer will make of it; None when it does not grow."""
        day, _, name = self.place.rpartition("/")
        grown = _grown(name)
        return None if grown is None else f"{day}/{grown}"


class ClipFolder:
    """Finds, checks and removes the files of clips, and never leaves its folder."""

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

    def keep(self, clip: Clip) -> str | None:
        """Make sure that the clip survives a power cut; its place, or None when it is not there.

        The file must stand where `clip_place` says and hold as many bytes as the clip claims; more
        are there when it has been replaced by a longer one meanwhile.
        """
        try:
            file = clip_at(self.path / clip_place(clip.uri, clip.start_s))
            if file is None or self._size(file) < clip.size_bytes:
                return None
            # The writer has done so already; then this costs nothing.
            for path in (file, file.parent, self.path):
                sync(path)
        except (OSError, ValueError):
            return None
        return file.relative_to(self.path).as_posix()

    def open_place(self, place: str) -> Path:
        """The file to open. Raises StoreError when it is gone or would lie outside the folder."""
        file = self.path / place
        if not file.resolve().is_relative_to(self.path.resolve()):
            raise StoreError(f"clip {place!r} lies outside {self.path}")
        try:
            self._size(file)
        except OSError as error:
            raise StoreError(f"clip {place!r} is not kept any more") from error
        return file

    def remove(self, place: str) -> None:
        """Delete one file, and the folder of its day when it was the last; gone is fine."""
        file = self.path / place
        if not file.parent.resolve().is_relative_to(self.path.resolve()):
            raise StoreError(f"clip {place!r} lies outside {self.path}")
        file.unlink(missing_ok=True)
        try:
            file.parent.rmdir()
        except OSError:
            return  # other clips of that day

    def files(self) -> Iterator[ClipFile]:
        """All files in folders that are named like a day, half-written ones included."""
        for folder in self._days():
            yield from self._files_of(folder)

    def growing(self) -> Iterator[str]:
        """Places of clips beside which a file stands that their writer appends to, or did."""
        for folder in self._days():
            for name in sorted(os.listdir(folder)):
                grown = _grown(name)
                if grown is not None:
                    yield f"{folder.name}/{grown}"

    def _days(self) -> list[Path]:
        if not self.path.is_dir():
            return []
        return [
            folder
            for folder in sorted(self.path.iterdir())
            if DAY.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink()
        ]

    def _files_of(self, folder: Path) -> Iterator[ClipFile]:
        for entry in os.scandir(folder):
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # renamed or removed meanwhile
            if stat.S_ISREG(found.st_mode):
                yield ClipFile(
                    place=f"{folder.name}/{entry.name}",
                    size_bytes=found.st_size,
                    changed_s=found.st_mtime,
                )

    @staticmethod
    def _size(file: Path) -> int:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(f"{file} is not a regular file")
        return found.st_size


def _grown(name: str) -> str | None:
    """What a growing file will be called; None for other files."""
    found = GROWING.fullmatch(name)
    return None if found is None else found["id"] + found["extension"]
