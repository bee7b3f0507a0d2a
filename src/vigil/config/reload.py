"""A changed file while everything runs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from vigil.config.app import App
from vigil.config.load import algorithm_folder, camera_folder, load

NEEDS_RESTART = (
    *("home", "database", "shards", "metrics"),
    *("brain", "verify", "decide", "budget", "neighbours", "incidents"),
)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What differs between two files; names of cameras are in the order of their file."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retain: bool = False
    """Whether clips are to be kept for another time."""
    alerts: bool = False
    """Whether others are to be told, or otherwise."""
    algorithms: bool = False
    """Whether judges are to be told otherwise what an algorithm means."""
    restart_needed: tuple[str, ...] = ()
    """Settings whose change waits for the next start."""

    def __bool__(self) -> bool:
        cameras = (self.added, self.changed, self.removed)
        return any((*cameras, self.retain, self.alerts, self.algorithms, self.restart_needed))


def changes(old: App, new: App) -> Changes:
    """Compare by value: a comment, another order or another way to write the same is no change."""
    return Changes(
        added=tuple(name for name in new.cameras if name not in old.cameras),
        changed=tuple(
            name
            for name, camera in new.cameras.items()
            if name in old.cameras and camera != old.cameras[name]
        ),
        removed=tuple(name for name in old.cameras if name not in new.cameras),
        retain=old.retain != new.retain,
        alerts=old.alerts != new.alerts,
        algorithms=old.algorithms != new.algorithms,
        restart_needed=tuple(
            word for word in NEEDS_RESTART if getattr(old, word) != getattr(new, word)
        ),
    )


class ConfigWatcher:
    """Looks at a file, and at those of cameras and algorithms beside it, whenever it is asked."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError when the file is wrong from the start."""
        self._path = path
        self._stamps = self._stamped()
        self._content = self._read()
        self.app = load(path)

    def poll(self) -> App | None:
        """The new value after a change that means something, else None.

        Raises ConfigError once for each wrong version of the file; `app` stays what it was.
        """
        stamps = self._stamped()
        if stamps == self._stamps:
            return None
        self._stamps = stamps
        content = self._read()
        if content == self._content:
            return None
        self._content = content
        new = load(self._path)
        if not changes(self.app, new):
            return None
        self.app = new
        return new

    def _files(self) -> list[Path]:
        folders = (camera_folder(self._path), algorithm_folder(self._path))
        return [self._path, *(file for folder in folders for file in sorted(folder.glob("*.yaml")))]

    def _stamped(self) -> dict[Path, tuple[int, int, int]]:
        """Cheap enough to ask every second; editors that replace the file change its inode."""
        stamps = {}
        for file in self._files():
            try:
                found = file.stat()
            except OSError:
                continue
            stamps[file] = (found.st_mtime_ns, found.st_size, found.st_ino)
        return stamps

    def _read(self) -> dict[Path, bytes]:
        content = {}
        for file in self._files():
            try:
                content[file] = hashlib.sha256(file.read_bytes()).digest()
            except OSError as error:
                content[file] = f"{error.strerror}".encode()
        return content
