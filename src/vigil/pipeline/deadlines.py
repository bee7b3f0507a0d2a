"""Sees to it that nothing is pending beyond its deadline, whatever judges do."""

import heapq
import threading
from collections.abc import Callable, Mapping

import structlog

from vigil.core import Clock, StoreError, StoreUnavailable, SystemClock

log = structlog.get_logger(__name__)
AGAIN_S = 1.0
"""Between two attempts at what a database that is down did not take."""


class Deadlines:
    """A thread that calls `expire` with the id of each event when it is due.

    Goes by a clock that never goes back, so that a clock that jumps delays nothing.
    """

    def __init__(self, expire: Callable[[str], object], *, clock: Clock | None = None) -> None:
        self._expire = expire
        self._clock = clock or SystemClock()
        self._due: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def add(self, event_id: str, in_s: float) -> None:
        """The event is due in so many seconds; what is decided by then is left alone."""
        with self._changed:
            heapq.heappush(self._due, (self._clock.monotonic_s() + in_s, event_id))
            self._changed.notify()

    def start(self, pending: Mapping[str, float], *, deadline_s: float) -> None:
        """Take over what an earlier process left: when each event is due, UTC seconds, by id.

        What is overdue is called for at once.
        """
        now_s = self._clock.now_s()
        for event_id, due_s in pending.items():
            # A date in the far future is one of a clock that was wrong.
            self.add(event_id, min(max(0.0, due_s - now_s), deadline_s))
        self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what is pending is for the next process."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(5.0)

    def _run(self) -> None:
        while (event_id := self._next()) is not None:
            try:
                self._expire(event_id)
            except StoreUnavailable as error:
                log.warning("a deadline waits for the database", reason=str(error))
                self.add(event_id, AGAIN_S)
            except StoreError:
                log.exception("an event cannot be decided", event_id=event_id)

    def _next(self) -> str | None:
        with self._changed:
            while not self._closing:
                wait_s = self._due[0][0] - self._clock.monotonic_s() if self._due else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._due)[1]
                self._changed.wait(wait_s)
            return None
