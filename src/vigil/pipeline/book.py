"""Writes what shards tell besides steps into its store, a batch a second, and loses none of it."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from vigil.core import DiskFull, StoreError, StoreUnavailable

log = structlog.get_logger(__name__)
BATCH = 200
"""Things in one transaction."""
MOST_HELD = 100_000
"""Things that wait while the database is down: of 16 cameras, the minutes of four days."""

ThingT = TypeVar("ThingT")
Taken_contra = TypeVar("Taken_contra", contravariant=True)


class Writes(Protocol[Taken_contra]):
    """A store of such things."""

    def write(self, things: Sequence[Taken_contra], /) -> None:
        """Write all or nothing; what was written before is not written again."""
        ...


class Book(Generic[ThingT]):
    """Between the shards and a store; `take` is safe to call from the readers of all shards.

    A thing is acknowledged once the store has it; until then its shard keeps a copy.
    """

    def __init__(self, store: Writes[ThingT], *, what: str) -> None:
        """`what`: the word for such things, in the plural."""
        self.refused = 0
        """Things that the store will never take, and those that waited for too long."""
        self._what = what
        self._store = store
        self._held: deque[tuple[ThingT, Callable[[], None]]] = deque()
        self._one_at_a_time = threading.Lock()
        self._down = False

    @property
    def waiting(self) -> int:
        """How many the store does not have yet."""
        return len(self._held)

    def take(self, thing: ThingT, acknowledge: Callable[[], None] = lambda: None) -> None:
        """Take it over; it is written soon, never now."""
        self._held.append((thing, acknowledge))

    def write(self) -> None:
        """Write what waits, if the database lets us; call it every second."""
        with self._one_at_a_time:
            while len(self._held) > MOST_HELD:
                self._drop(f"{self._what} dropped: the database has been down for days")
            while self._held and self._write_batch(
                [self._held[index] for index in range(min(BATCH, len(self._held)))]
            ):
                pass

    def _write_batch(self, batch: Sequence[tuple[ThingT, Callable[[], None]]]) -> bool:
        try:
            self._store.write([thing for thing, _ in batch])
        except (DiskFull, StoreUnavailable) as error:
            if not self._down:
                log.warning(f"{self._what} wait: the database takes none", reason=str(error))
            self._down = True
            return False
        except StoreError as error:
            if len(batch) > 1:
                return all(self._write_batch([one]) for one in batch)
            self._drop(f"the database refused one of the {self._what}", reason=str(error))
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
