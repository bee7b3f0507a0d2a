"""Writes the figures of all shards into the store, a batch a second, and loses none of them."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from vigil.core import DiskFull, StoreError, StoreUnavailable
from vigil.core.stats import Minute

log = structlog.get_logger(__name__)
BATCH = 200
"""Minutes in one transaction."""
MOST_HELD = 100_000
"""Minutes that wait while the database is down: of 16 cameras, those of four days."""


class MinuteStore(Protocol):
    """Where figures are kept."""

    def write(self, minutes: Sequence[Minute]) -> None:
        """Write all or nothing; what was written before is not written again."""
        ...


class MinuteBook:
    """Between the shards and the store; `take` is safe to call from the readers of all shards.

    A minute is acknowledged once the store has it; until then its shard keeps a copy.
    """

    def __init__(self, store: MinuteStore) -> None:
        self.refused = 0
        """Minutes that the store will never take, and those that waited for too long."""
        self._store = store
        self._held: deque[tuple[Minute, Callable[[], None]]] = deque()
        self._one_at_a_time = threading.Lock()
        self._down = False

    @property
    def waiting(self) -> int:
        """Minutes that the store does not have yet."""
        return len(self._held)

    def take(self, minute: Minute, acknowledge: Callable[[], None] = lambda: None) -> None:
        """Take over a finished minute; it is written soon, never now."""
        self._held.append((minute, acknowledge))

    def write(self) -> None:
        """Write what waits, if the database lets us; call it every second."""
        with self._one_at_a_time:
            while len(self._held) > MOST_HELD:
                self._drop("figures dropped: the database has been down for days")
            while self._held and self._write_batch(
                [self._held[index] for index in range(min(BATCH, len(self._held)))]
            ):
                pass

    def _write_batch(self, batch: Sequence[tuple[Minute, Callable[[], None]]]) -> bool:
        try:
            self._store.write([minute for minute, _ in batch])
        except (DiskFull, StoreUnavailable) as error:
            if not self._down:
                log.warning("figures wait: the database takes none", reason=str(error))
            self._down = True
            return False
        except StoreError as error:
            if len(batch) > 1:
                return all(self._write_batch([one]) for one in batch)
            self._drop("a minute of figures was refused", reason=str(error))
            return True
        self._down = False
        for _, acknowledge in batch:
            self._held.popleft()
            acknowledge()
        return True

    def _drop(self, what: str, **known: str) -> None:
        _, acknowledge = self._held.popleft()
        self.refused += 1
        log.error(what, **known)
        acknowledge()
