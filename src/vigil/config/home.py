"""The folder that holds all state: the database, clips, models, and what waits to be written."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path

from vigil.core import ConfigError

CLIP_URI = re.compile(r"clip:(?P<node>[A-Za-z0-9][A-Za-z0-9._-]{0,63})/(?P<id>[A-Za-z0-9-]{1,64})")
"""A handle names the node that cut the clip, and an id of our own making."""


def clip_place(uri: str, start_s: float) -> str:
    """Where a clip stands below the clips folder, without extension: `<UTC day of its start>/<id>`.

    The extension is that of its container, which follows the codec of its pictures. Built from
    our own ids only; raises ValueError for a handle that is not ours, so that nothing from
    outside ever becomes a path.
    """
    match = CLIP_URI.fullmatch(uri)
    if match is None:
        raise ValueError(f"not a clip: {uri!r}; allowed: clip:<node>/<id>")
    try:
        day = datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%d")
    except (OverflowError, OSError) as error:
        raise ValueError(f"not a moment in UTC seconds: {start_s!r}") from error
    return f"{day}/{match['id']}"


@dataclass(frozen=True, kw_only=True)
class Home:
    """A state folder; nobody but its owner can look inside."""

    path: Path
    server: str = field(default="", repr=False)
    """URL of a database server, with its password; empty: the database is a file here."""

    @property
    def database(self) -> str | Path:
        """Events, decisions, and the rows of clips."""
        return self.server or self.path / "events.db"

    def without_secrets(self) -> "Home":
        """For a process that never opens the database."""
        return replace(self, server="")

    @property
    def clips(self) -> Path:
        """Encoded evidence, one folder a day. Whatever else is put there is swept away."""
        return self.path / "clips"

    @property
    def scenes(self) -> Path:
        """Recorded scenes, one folder a camera."""
        return self.path / "scenes"

    @property
    def samples(self) -> Path:
        """Pictures of samples, one folder a day. Whatever else is put there is swept away."""
        return self.path / "samples"

    @property
    def models(self) -> Path:
        """The model registry."""
        return self.path / "models"

    @property
    def algorithms(self) -> Path:
        """What users look for besides: examples' verdicts and heads, one folder an algorithm."""
        return self.path / "algorithms"

    @property
    def spill(self) -> Path:
        """Steps that wait for the database."""
        return self.path / "spill"

    @property
    def run(self) -> Path:
        """Locks and sockets of running processes."""
        return self.path / "run"

    def clip_file(self, uri: str, start_s: float) -> Path:
        """Where to write the clip of this handle, as `clip_place`; its folder is made.

        `start_s` is UTC seconds.
        """
        file = self.clips / clip_place(uri, start_s)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return file


def open_home(configured: Path | None = None, *, server: str | None = None) -> Home:
    """The state folder, made when it is not there.

    The file's `home:` wins, then the environment's VIGIL_HOME, then the platform's data folder; and
    the file's `database:`, then VIGIL_DATABASE. Raises ConfigError when it cannot be made or
    written.
    """
    named = os.environ.get("VIGIL_HOME")
    path = configured or (Path(named) if named else user_data_path("vigil"))
    home = Home(
        path=path.expanduser().absolute(), server=server or os.environ.get("VIGIL_DATABASE", "")
    )
    try:
        home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (home.clips, home.models, home.spill, home.run):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"home: cannot make {error.filename}: {error.strerror}") from error
    if not os.access(home.path, os.W_OK | os.X_OK):
        raise ConfigError(f"home: {home.path} cannot be written by this user")
    return home


@contextmanager
def claimed(home: Home) -> Iterator[None]:
    """Keep other watches out of this state folder, until the process ends in whatever way.

    Raises ConfigError when another process has it.
    """
    try:
        handle = os.open(home.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"home: cannot lock {home.path}: {error.strerror}") from error
    try:
        _lock(handle, home)
        yield
    finally:
        # The file stays: were it removed, two processes could each hold a lock on one of its name.
        os.close(handle)


def _lock(handle: int, home: Home) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.pread(handle, 20, 0).decode(errors="replace").strip()
        named = f"process {owner}" if owner else "another process"
        raise ConfigError(
            f"home: {home.path} is in use by {named}; end it, or name another `home:`"
        ) from error
    except OSError as error:
        raise ConfigError(f"home: cannot lock {home.path}: {error.strerror}") from error
    # On a full disk the name of the owner is missed, and nothing else.
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
