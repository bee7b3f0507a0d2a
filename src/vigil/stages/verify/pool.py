"""Pixels are worked on in threads that end soon after nobody waits for them any more."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from vigil.core import Footage, Frame
from vigil.core.priority import give_way

ResultT = TypeVar("ResultT")


class Abandoned(Exception):
    """Raised in the thread when the one who waited was cancelled."""


class Stop:
    """Asked between two pictures whether to go on."""

    def __init__(self) -> None:
        self._set = threading.Event()

    def set(self) -> None:
        """The next `check` raises."""
        self._set.set()

    def check(self) -> None:
        """Raise `Abandoned` when nobody waits any more."""
        if self._set.is_set():
            raise Abandoned

    def frames(
        self, footage: Footage, start_s: float, end_s: float, *, every_s: float
    ) -> Iterator[Frame]:
        """Frames of the footage for as long as somebody waits."""
        self.check()
        for frame in footage.frames(start_s, end_s, every_s=every_s):
            self.check()
            yield frame


class Pool:
    """A few threads of one judge, which yield to the watch.

    Its jobs wait for each other, and never for the loop's own.
    """

    def __init__(self, workers: int, name: str) -> None:
        self._workers = workers
        self._name = name
        self._threads: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[[Stop], ResultT]) -> ResultT:
        """What `work` returns or raises. Cancelling ends it before its next picture."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(
                self._workers, thread_name_prefix=self._name, initializer=give_way
            )
        stop = Stop()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, stop)
        finally:
            stop.set()

    def close(self) -> None:
        """Let the threads go; what runs comes to its end."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None
