"""An event loop in a thread of its own, whose blocking work is bounded and yields to the watch."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from vigil.core.priority import give_way

T = TypeVar("T")
ASIDE = 2
"""Threads for what is short."""


class LoopThread:
    """Runs coroutines of other threads.

    What they hand to `asyncio.to_thread` runs in `threads` threads; what is given to `aside` never
    waits behind that. When `polite`, those threads are less urgent than the rest of the process;
    not so the loop and those of `aside`, on whom others wait.
    """

    def __init__(self, name: str, *, threads: int = 4, polite: bool = False) -> None:
        self._loop = asyncio.new_event_loop()
        self._aside = ThreadPoolExecutor(ASIDE, thread_name_prefix=f"{name}-aside")
        manners = give_way if polite else None
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=manners)
        self._loop.set_default_executor(self._pool)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Begin, and leave it to itself."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it in this loop for a coroutine of another one; cancelling that cancels it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def aside(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call something short that blocks, such as the database; only within this loop."""
        return await self._loop.run_in_executor(self._aside, function, *arguments)

    def finish(self, work: Coroutine[Any, Any, object], *, within_s: float = 3.0) -> None:
        """Wait for something that should not take long, and go on all the same if it does."""
        with suppress(TimeoutError):
            self.start(work).result(within_s)

    def close(self) -> None:
        """Cancel what runs. Work in a thread cannot be cancelled; nobody waits for it."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(5.0)
        self._pool.shutdown(wait=False, cancel_futures=True)
        # What is short is waited for, so that nobody uses the database after its owner let it go.
        self._aside.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=3.0) if tasks else None
        self._loop.stop()
