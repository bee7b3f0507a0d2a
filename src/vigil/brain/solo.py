"""One thread for one model: a question at a time, given up when nobody waits any more."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from vigil.core.priority import give_way

ResultT = TypeVar("ResultT")


class GivenUp(Exception):
    """Raised in the thread when the one who asked has gone."""


class Stop:
    """Asked now and then by what runs in the thread."""

    def __init__(self) -> None:
        self._set = threading.Event()

    def set(self) -> None:
        """Nobody waits any more."""
        self._set.set()

    @property
    def wanted(self) -> bool:
        """Whether to end soon."""
        return self._set.is_set()

    def check(self) -> None:
        """Raise `GivenUp` when nobody waits any more."""
        if self.wanted:
            raise GivenUp


class Solo:
    """Work waits for what came before it. Cancelling drops what waits and stops what runs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: ThreadPoolExecutor | None = None
        self._running: set[Stop] = set()

    async def run(self, work: Callable[[Stop], ResultT], *, within_s: float) -> ResultT:
        """What `work` returns or raises.

        Raises TimeoutError, waiting for its turn included, and `GivenUp` when it is closed.
        """
        if self._thread is None:
            # A model on the processor must not stop the watch.
            self._thread = ThreadPoolExecutor(
                1, thread_name_prefix=self._name, initializer=give_way
            )
        stop = Stop()
        self._running.add(stop)
        try:
            async with asyncio.timeout(within_s):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._thread, work, stop)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and not task.cancelling():
                raise GivenUp from None  # the work was cancelled, not the one who waits for it
            raise
        finally:
            stop.set()
            self._running.discard(stop)

    def close(self) -> None:
        """Stop what runs, drop what waits; the thread ends when it is next asked to stop."""
        for stop in self._running:
            stop.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=False, cancel_futures=True)
