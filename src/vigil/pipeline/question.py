"""A question that a large model has not answered yet."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from vigil.core import Case, Verdict
from vigil.pipeline.waiting_line import Place

Ask = Callable[[Case], Awaitable[Verdict]]
Ready = Callable[[], Awaitable[Verdict]]
Prepare = Callable[[Case], Awaitable[Ready]]
"""Does all but the asking, such as cutting pictures."""


@dataclass(kw_only=True, eq=False)
class Question:
    """What is not answered yet, and the answer for those who wait."""

    place: Place
    case: Case
    prepare: Prepare
    answer: "asyncio.Future[Verdict]"
    garbled: int = 0
    _ready: "asyncio.Task[Ready] | None" = None

    @property
    def judge(self) -> str:
        return self.place.key[1]

    def make_ready(self) -> "asyncio.Task[Ready]":
        """Begin to, if that was not done before; what failed is begun anew."""
        if self._ready is None or _has_failed(self._ready):
            self._ready = asyncio.create_task(_awaited(self.prepare(self.case)))
            self._ready.add_done_callback(looked_at)
        return self._ready

    def put_away(self) -> None:
        """Its turn is not near: what is ready would only take room."""
        if self._ready is not None:
            self._ready.cancel()
            self._ready = None


async def nothing_to_prepare(ask: Ask, case: Case) -> Ready:
    """For judges that only ask: use it with `partial` as `Prepare`."""
    return partial(ask, case)


def looked_at(answer: "asyncio.Future[Any]") -> None:
    """Take note of how it ended: those who waited may have left, and nobody else would."""
    if not answer.cancelled():
        answer.exception()


async def _awaited(work: Awaitable[Ready]) -> Ready:
    return await work


def _has_failed(task: "asyncio.Task[Ready]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
