"""A store that keeps every step, whatever happens to its database."""

import threading
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import structlog

from vigil.core import (
    Clip,
    Clock,
    DiskFull,
    Step,
    StoreError,
    StoreUnavailable,
    SystemClock,
)
from vigil.store.event_store import EventStore, Recorded
from vigil.store.retention import Healed, Retention, Swept
from vigil.store.spill import Spill

log = structlog.get_logger(__name__)

ROOM_BYTES = 8_000_000
"""Made beyond the reserve when the database found the disk full, by letting clips go."""
BATCH = 200
"""Steps of the spill that go into the database in one transaction."""


class SteadyStore:
    """Writes to the database; to a spill file while that is locked or down; to nothing else.

    When `record` returns, the step is on the disk in one of the two. It raises `DiskFull` only when
    no clip is left to delete and the spill has no room either: then nothing was accepted.
    """

    def __init__(
        self,
        store: EventStore,
        retention: Retention,
        spill_folder: Path,
        *,
        retry_s: float = 5.0,
        clock: Clock | None = None,
    ) -> None:
        """`retry_s`: pause between attempts on a database that is down."""
        self.store = store
        self.retention = retention
        self.spilled = 0
        """Steps that had to wait on the disk since the start."""
        self._spill = Spill(spill_folder)
        self._refused = Spill(spill_folder, name="refused.jsonl")
        self._retry_s = retry_s
        self._clock = clock or SystemClock()
        self._retry_at_s = 0.0
        self._one_at_a_time = threading.Lock()

    def start(self) -> Healed:
        """Open and migrate, write what waited, end open events, and heal what a crash left.

        Raises StoreError for a database of a newer version; one that is down is no error here.
        """
        try:
            self.store.open()
        except StoreUnavailable as error:
            self._wait(error)
        self.replay()
        waiting = {clip.uri for _, clip in self._spill.read() if clip is not None}
        try:
            ended = self.store.end_open()
            if ended:
                log.info("events ended that a crash had left open", events=ended)
            return self.retention.reconcile(self._clock.now_s(), waiting=waiting)
        except StoreUnavailable as error:
            self._wait(error)
            return Healed()

    def close(self) -> None:
        """Write what waits, if the database lets us, and let go of it."""
        self._retry_at_s = 0.0
        self.replay()
        self.store.close()

    @property
    def waiting(self) -> bool:
        """Whether steps wait in the spill file."""
        return bool(self._spill)

    def record(self, step: Step, clip: Clip | None) -> None:
        """Write one step and its clip; the same step twice is once."""
        self.record_many([(step, clip)])

    def record_many(self, recorded: Sequence[Recorded]) -> None:
        """Write all or nothing."""
        with self._one_at_a_time:
            if not self._replay():
                self._keep_waiting(recorded)
                return
            try:
                self._write(recorded)
            except StoreUnavailable as error:
                self._wait(error)
                self._keep_waiting(recorded)

    def replay(self) -> bool:
        """Write what waits; call it now and then. True when nothing waits any more."""
        with self._one_at_a_time:
            return self._replay()

    def sweep(self) -> Swept:
        """Let clips go as `retention` says; call it now and then. Waits while the database does."""
        try:
            return self.retention.sweep(self._clock.now_s())
        except StoreError as error:
            log.warning("clips not swept", reason=str(error))
            return Swept()

    def _replay(self) -> bool:
        if self._clock.monotonic_s() < self._retry_at_s:
            return False
        if not self._spill:
            return True
        waiting = self._spill.read()
        try:
            while batch := list(islice(waiting, BATCH)):
                self._write_each(batch)
        except (StoreUnavailable, DiskFull) as error:
            self._wait(error)
            return False
        # A crash before this line writes them once more, which changes nothing.
        self._spill.clear()
        log.info("steps that waited are in the database")
        return True

    def _write_each(self, batch: Sequence[Recorded]) -> None:
        """Write a batch; a row that the database will never take must not hold up the others."""
        try:
            self._write(batch)
        except (StoreUnavailable, DiskFull):
            raise
        except StoreError as error:
            if len(batch) > 1:
                for recorded in batch:
                    self._write_each([recorded])
                return
            log.error("a step was refused and put aside", reason=str(error))
            self._refused.append(batch)

    def _write(self, recorded: Sequence[Recorded]) -> None:
        try:
            self.store.record_many(recorded)
        except DiskFull:
            swept = self.retention.make_room(ROOM_BYTES)
            log.warning("disk full: oldest clips went", clips=swept.clips, bytes=swept.size_bytes)
            self.store.record_many(recorded)

    def _keep_waiting(self, recorded: Sequence[Recorded]) -> None:
        self._spill.append(recorded)
        self.spilled += len(recorded)

    def _wait(self, error: StoreError) -> None:
        log.warning("steps wait on the disk until the database is back", reason=str(error))
        self._retry_at_s = self._clock.monotonic_s() + self._retry_s
