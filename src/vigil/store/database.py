"""One database: how it is opened, and what its errors mean to us."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)

from vigil.core import DiskFull, StoreError, StoreUnavailable
from vigil.store.migrate import is_current, migrate
from vigil.store.turns import Turns

NEARLY_NOTHING_BYTES = 1 << 20
"""Below this much free space a file that cannot be made or written means: the disk is full."""
SERVER_FULL = "53100"
"""What PostgreSQL says when its disk is full."""
CONNECT_S = 5
"""How long a server is waited for; without it, for ever."""
JOBS_BUSY_S = 30.0
"""How long a job's own bookkeeping waits for another's lock: nobody waits for it."""


class Database:
    """SQLite by default, any server that SQLAlchemy speaks to by changing `place` to a URL.

    Opened, and brought to this version's tables, on first use. Every error leaves as `DiskFull`,
    `StoreUnavailable` (try again) or `StoreError` (this write is refused).
    """

    def __init__(self, place: str | Path, *, busy_s: float = 2.0) -> None:
        """`place`: a file or a URL; `busy_s`: how long a write waits for another's lock."""
        is_url = isinstance(place, str) and "://" in place
        self.url = _server(str(place)) if is_url else URL.create("sqlite", database=str(place))
        self._busy_s = busy_s
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._turns = Turns()

    @property
    def folder(self) -> Path | None:
        """Where the database file lies; None for a server."""
        is_file = self.url.get_backend_name() == "sqlite" and self.url.database
        return Path(str(self.url.database)).absolute().parent if is_file else None

    def open(self) -> None:
        """Connect and migrate; nothing to do when that was done before."""
        with self._translated():
            self._opened()

    def close(self) -> None:
        """Give the connections back; the next use opens it again."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; keep it short, for a reader in SQLite keeps writers waiting."""
        with (
            self._translated(),
            self._turn(),
            self._opened().connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, on the disk when the block is left."""
        with self._translated(), self._turn(), _for_writing(self._opened()) as connection:
            yield connection

    def engine_for_jobs(self) -> Engine:
        """Connections of their own for a library that writes as it likes, as safe as ours."""
        if self.url.get_backend_name() != "sqlite":
            return self._of_a_server()
        engine = create_engine(self.url, connect_args={"timeout": JOBS_BUSY_S})
        event.listen(engine, "connect", _prepare_sqlite_for_jobs)
        event.listen(engine, "checkout", self._turns.on_checkout)
        event.listen(engine, "checkin", self._turns.on_checkin)
        return engine

    @contextmanager
    def _turn(self) -> Iterator[None]:
        took = self.folder is not None and self._turns.take(self._busy_s)
        try:
            yield
        finally:
            if took:
                self._turns.give()

    def _opened(self) -> Engine:
        with self._opening:
            self._engine = self._engine or self._connected()
            return self._engine

    def _of_a_server(self) -> Engine:
        waits = {} if "connect_timeout" in self.url.query else {"connect_timeout": CONNECT_S}
        return create_engine(self.url, pool_pre_ping=True, connect_args=waits)

    def _connected(self) -> Engine:
        if self.url.get_backend_name() != "sqlite":
            engine = self._of_a_server()
        else:
            engine = create_engine(self.url, connect_args={"timeout": self._busy_s})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        try:
            with engine.connect() as connection, connection.begin():
                current = is_current(connection)
            if not current:
                with _for_writing(engine) as connection:
                    migrate(connection)
        except BaseException:
            engine.dispose()
            raise
        return engine

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, DataError, ProgrammingError) as error:
            raise StoreError(f"the database refused a row: {error.orig}") from error
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())
            if self._is_full(error):
                raise DiskFull(f"no room for {self.url}: {reason}") from error
            raise StoreUnavailable(f"cannot use {self.url}: {reason}") from error
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"cannot use {self.url}: {error}") from error

    def _is_full(self, error: DBAPIError) -> bool:
        if getattr(error.orig, "sqlstate", None) == SERVER_FULL:
            return True
        name = getattr(error.orig, "sqlite_errorname", "")
        if name == "SQLITE_FULL":
            return True
        # A journal that cannot be made, or cannot grow, is reported in other words.
        if self.folder is None or not name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")):
            return False
        return free_bytes(self.folder) < NEARLY_NOTHING_BYTES


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write on the disk on which `folder` is, or would be made."""
    while not folder.exists():
        folder = folder.parent
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _server(place: str) -> URL:
    """Read a URL; raises StoreError for one that is none."""
    try:
        url = make_url(place)
    except ArgumentError as error:
        raise StoreError(
            "not the URL of a database; allowed: postgresql://user@host/name"
        ) from error
    plain = url.drivername in ("postgres", "postgresql")
    return url.set(drivername="postgresql+psycopg") if plain else url


@contextmanager
def _for_writing(engine: Engine) -> Iterator[Connection]:
    with (
        engine.connect().execution_options(vigil_writes=True) as connection,
        connection.begin(),
    ):
        yield connection


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions on its own: it would end them before a table is made.
    connection.isolation_level = None
    _make_safe(connection)


def _prepare_sqlite_for_jobs(connection: Any, _record: object) -> None:
    # The driver begins transactions on its own here, at the first write and for writing.
    connection.isolation_level = "IMMEDIATE"
    _make_safe(connection)


def _make_safe(connection: Any) -> None:
    # A write-ahead log can be corrupted by two writers before SQLite 3.51.3.
    connection.execute("PRAGMA journal_mode = DELETE")
    # EXTRA also syncs the folder after the journal went. With FULL a power cut just after a commit
    # can bring the journal back, and with it the state before.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("vigil_writes", False)
    # A read that turns into a write fails at once when somebody else writes; this one waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
