"""Jobs that are finished once they are accepted, whatever happens to the process. DBOS lives here.

The library is imported on first use: it takes a third of a second, and `vigil watch` needs none.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from vigil.core import StoreUnavailable
from vigil.store.database import Database

if TYPE_CHECKING:
    from dbos import DBOSClient, DBOSConfig

log = structlog.get_logger(__name__)

Work = Callable[[str], Awaitable[None]]
"""Does the job with this key. May be called again for a job that it has done or half done."""

NAME = "vigil"
VERSION = "1"
"""Never changed: jobs of another version would stay behind when Vigil is upgraded."""
EXECUTOR = "vigil"
"""One process a database; what it left undone is done by the next."""
FORGOTTEN_AT_ONCE = 200
"""Jobs of one transaction, so that it stays short."""
STOP_S = 5.0
"""How long the library is given to begin no more jobs."""
RETRY_S = 2.0
"""Between two attempts at a job while the database is locked or down."""


class Durable:
    """Queues of jobs in the database of events; the jobs of one that crashed are begun anew.

    `serve` each queue, then `launch`. One at a time in a process.
    """

    def __init__(self, database: Database, *, poll_s: float = 0.2) -> None:
        """`poll_s`: how long a job waits at most before it is begun."""
        self._database = database
        self._poll_s = poll_s
        self._queues: dict[str, tuple[Work, int]] = {}
        self._client: DBOSClient | None = None
        self._engines: list[Any] = []
        """Connections that we lend to the library, and take back."""
        self._lock = threading.Lock()
        self._running: Any = None
        """The library's one instance, while jobs are being done."""

    @property
    def launched(self) -> bool:
        """Whether jobs are being done."""
        return self._running is not None

    def serve(self, queue: str, work: Work, *, at_once: int = 64) -> None:
        """Let `work` do the jobs of `queue`, at most `at_once` of them at the same time."""
        self._queues[queue] = (work, at_once)

    def prepare(self) -> DBOSClient:
        """Make what `enqueue` needs, outside of any transaction; does nothing the second time.

        Raises StoreUnavailable while the database is locked or down.
        """
        with self._lock:
            self._client = self._client or self._made()
            return self._client

    def enqueue(self, connection: Any, queue: str, key: str, *, priority: int = 1) -> None:
        """Accept a job when the transaction of `connection` is committed; twice is once.

        `priority`: from 1 on, lower is sooner. Raises StoreUnavailable until `prepare` succeeded.
        """
        if self._client is None:
            raise StoreUnavailable("jobs cannot be accepted yet")
        self._client.enqueue_in_transaction(
            connection,
            {
                "queue_name": queue,
                "workflow_name": queue,
                "workflow_id": f"{queue}:{key}",
                "app_version": VERSION,
                "priority": priority,
            },
            key,
        )

    def launch(self) -> None:
        """Begin to do jobs, those first that a crash has cut short.

        Raises StoreUnavailable while the database is locked or down; then it may be tried again.
        """
        client = self.prepare()
        dbos = _library().DBOS
        for queue, (work, _) in self._queues.items():
            dbos.workflow(name=queue, max_recovery_attempts=None)(_patient(queue, work))
        try:
            for queue, (_, at_once) in self._queues.items():
                client.register_queue(
                    queue, worker_concurrency=at_once, polling_interval_sec=self._poll_s
                )
            running = dbos(config=self._settings())
            dbos.launch()
        except Exception as error:
            dbos.destroy(destroy_registry=True)
            raise StoreUnavailable(f"jobs cannot be done: {_line(error)}") from error
        self._running = running

    def forget(self, *, before_s: float) -> int:
        """Delete what is remembered of jobs that were done before then (UTC seconds); how many.

        Raises StoreUnavailable while the database is locked or down.
        """
        client, forgotten = self.prepare(), 0
        before = datetime.fromtimestamp(before_s, UTC).isoformat()
        while True:
            try:
                done = client.list_workflows(
                    status="SUCCESS",
                    completed_before=before,
                    limit=FORGOTTEN_AT_ONCE,
                    load_input=False,
                    load_output=False,
                )
                client.delete_workflows([job.workflow_id for job in done])
            except Exception as error:
                raise StoreUnavailable(f"jobs cannot be forgotten: {_line(error)}") from error
            forgotten += len(done)
            if len(done) < FORGOTTEN_AT_ONCE:
                return forgotten

    def close(self) -> None:
        """Stop in the middle of whatever is being done; the next launch goes on with it."""
        if self._running is not None:
            dbos = _library().DBOS
            _begin_no_more(self._running)
            # It warns of every job that it puts down, which is what we ask of it.
            logging.getLogger("dbos").setLevel(logging.ERROR)
            dbos.destroy(destroy_registry=True)
            # Those who write down an outcome just now still have a connection of ours.
            _wait_for("dbos-executor-")
            self._running = None
        with self._lock:
            if self._client is not None:
                self._client.destroy()
                self._client = None
            while self._engines:
                self._engines.pop().dispose()

    def _made(self) -> DBOSClient:
        dbos = _library()
        # A database that is locked must not be waited for: the library would for half a minute.
        with self._database.writing():
            pass
        try:
            dbos.DBOS.migrate(self._database.url.render_as_string(hide_password=False))
            client: DBOSClient = dbos.DBOSClient(
                system_database_engine=self._lent(),
                serializer=dbos.DBOSPortableJSONSerializer(),
                application_name=NAME,
                retry_connection_errors=False,
            )
        except Exception as error:
            raise StoreUnavailable(f"jobs cannot be accepted: {_line(error)}") from error
        return client

    def _lent(self) -> Any:
        self._engines.append(self._database.engine_for_jobs())
        return self._engines[-1]

    def _settings(self) -> DBOSConfig:
        return {
            "name": NAME,
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "system_database_engine": self._lent(),
            # Its own way to keep values is pickle, which must never be read from a database.
            "serializer": _library().DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "use_listen_notify": False,
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": 3600.0,
            # Nobody waits for its messages; it only looks up to see whether it is to end.
            "notification_listener_polling_interval_sec": 0.2,
            "max_executor_threads": 16,
        }


def _begin_no_more(running: Any) -> None:
    """Wait for those who begin jobs: one begun while the library ends would have no loop left."""
    for event in running.background_thread_stop_events:
        event.set()
    _wait_for("queue-worker-")


def _wait_for(name: str) -> None:
    """Until the threads have ended whose names begin so."""
    for thread in threading.enumerate():
        if thread.name.startswith(name):
            # One that is only just being started sees that it is to stop before it does anything.
            with suppress(RuntimeError):
                thread.join(STOP_S)


def _patient(queue: str, work: Work) -> Work:
    """The same, but a job outlives a database that is down, and a mistake of ours is logged."""

    async def job(key: str) -> None:
        while True:
            try:
                await work(key)
            except StoreUnavailable as error:
                log.warning("a job waits for the database", job=f"{queue}:{key}", reason=str(error))
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("a job failed", job=f"{queue}:{key}")
                return
            else:
                return

    return job


def _library() -> Any:
    """What the library has to say goes where ours does, without a console of its own."""
    import dbos  # noqa: PLC0415

    logger = logging.getLogger("dbos")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    if not any(isinstance(handler, _ToOurLog) for handler in logger.handlers):
        logger.addHandler(_ToOurLog(level=logging.WARNING))
    return dbos


class _ToOurLog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log.log(record.levelno, "of the job library", said=_line(record.getMessage()))


def _line(text: object) -> str:
    return " ".join(str(text).split())[:300]
