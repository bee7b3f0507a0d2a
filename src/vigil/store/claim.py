"""One `vigil run` for one database: two would do each other's jobs, and tell people twice."""

import time

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from vigil.core import ConfigError
from vigil.store.database import Database

log = structlog.get_logger(__name__)
WHOLE_DATABASE = 0x5649_4749_4C52
"""Names the lock; servers keep them apart by database."""
TAKE = text("SELECT pg_try_advisory_lock(:key)")
LOOK_EVERY_S = 5.0
AGAIN_S = 0.1


class Claim:
    """A lock of a server's database, held by a connection of its own for as long as that lives.

    A database in a file is guarded by the lock of its state folder. A server that is down is no
    reason not to start: the lock is taken when it is back, and whoever finds it taken ends.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self._next_look_s = 0.0

    def hold(self, *, wait_s: float = 0.0) -> None:
        """Take the lock, or see that we still have it; does nothing in between `LOOK_EVERY_S`.

        `wait_s`: how long another process may take to let it go: a server needs a moment to
        notice that one was killed. Raises ConfigError when another process has it.
        """
        now_s = time.monotonic()
        if self._database.folder is not None or now_s < self._next_look_s:
            return
        self._next_look_s = now_s + LOOK_EVERY_S
        try:
            if self._connection is None:
                self._take(wait_s)
            else:
                self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            log.warning("the database is not claimed", reason=" ".join(str(reason).split()))
            self.close()

    def close(self) -> None:
        """Let it go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()  # the server lets go of the lock when the connection ends
            connection.close()
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _take(self, wait_s: float) -> None:
        self._engine = self._engine or self._database.engine_for_jobs()
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        until_s = time.monotonic() + wait_s
        while not self._connection.execute(TAKE, {"key": WHOLE_DATABASE}).scalar_one():
            if time.monotonic() >= until_s:
                self.close()
                raise ConfigError(
                    f"database: {self._database.url} is in use by another `vigil run`; end it, or "
                    "name another `database:`"
                )
            time.sleep(AGAIN_S)
