"""A real PostgreSQL server of one's own, on a socket in a folder of its own."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

USER = "vigil"
UNPRIVILEGED = ("postgres", "nobody")
"""It refuses to run as root; whoever is root lends it one of these."""
PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian puts what it does not put on the path."""
PR_SET_PDEATHSIG = 1
"""Of Linux's sys/prctl.h."""
STARTS_S = 30.0
MEMORY = Path("/dev/shm")  # noqa: S108  a name nobody can guess is made below it
ROOM_BYTES = 4 << 30
"""Where so much memory is free, it holds the many small files that go again with the server."""


def find_postgres() -> Path | None:
    """The folder of its programs; None where it is not installed."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    return max(PROGRAMS.glob("*/bin"), key=lambda found: float(found.parent.name), default=None)


class PostgresServer:
    """Runs while the block lasts; nothing of it is left behind, and no port is opened."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
        self._folder = Path(tempfile.mkdtemp(prefix="vigil-pg-", dir=MEMORY if roomy else None))
        self._process: subprocess.Popen[bytes] | None = None
        self._lent = _somebody_else() if os.geteuid() == 0 else None

    def __enter__(self) -> Self:
        data = self._folder / "data"
        if self._lent is not None:
            shutil.chown(self._folder, self._lent)
        self._initialise(data)
        settings = {"listen_addresses": "", "unix_socket_directories": str(self._folder)}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [str(self._programs / "postgres"), "-D", str(data), *options],
                stdout=log,
                stderr=log,
                user=self._lent,
                cwd=self._folder,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call of the system, no locks
            )
        self._wait()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_database(self, template: str = "template1") -> str:
        """Make an empty one, or a copy of `template`; its URL."""
        name = f"t{uuid.uuid4().hex}"
        names = sql.Identifier(name), sql.Identifier(template)
        with psycopg.connect(self._where("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return f"postgresql://{USER}@/{name}?host={self._folder}"

    def stop(self) -> None:
        """Take it away from those who use it, as a crash would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(STARTS_S)

    def _where(self, database: str) -> str:
        return f"host={self._folder} user={USER} dbname={database}"

    def _wait(self) -> None:
        until_s = time.monotonic() + STARTS_S
        while True:
            try:
                psycopg.connect(self._where("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > until_s:
                    raise
                time.sleep(0.1)
            else:
                return

    def _initialise(self, data: Path) -> None:
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "-D", str(data)]
        subprocess.run(  # noqa: S603
            [str(self._programs / "initdb"), *options],
            check=True,
            capture_output=True,
            user=self._lent,
            cwd=self._folder,
        )


def _end_with_parent() -> None:
    """Between fork and exec: a test run that is killed leaves no server behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _somebody_else() -> str:
    known = {each.pw_name for each in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)
