"""One lane a receiver: alerts leave the database for the world, each at its receiver's pace."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import structlog

from vigil.core import (
    Alert,
    AlertDelayed,
    Alerter,
    AlertRefused,
    Clock,
    StepKind,
    StoreError,
    SystemClock,
)
from vigil.store import Delivery, DeliveryStore

log = structlog.get_logger(__name__)

CLOSE_S = 5.0
THREADS = 4
T = TypeVar("T")

Picture = Callable[[Alert], Awaitable[bytes]]
"""The JPEG that goes with an alert, or nothing; waits a few seconds at most, and never raises."""


async def no_picture(_alert: Alert) -> bytes:
    """Alerts go without."""
    return b""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long, and how often, a receiver is tried. Waits are drawn evenly from 0 to a bound."""

    first_s: float = 1.0
    """The bound after the first failure; it doubles with each one."""
    longest_s: float = 60.0
    give_up_s: float = 24 * 3600.0
    """Then a message is a dead letter."""
    least_attempts: int = 3
    """None is given up before, however long it waited: a clock may jump."""
    send_s: float = 60.0
    """An attempt that takes longer has failed."""
    poll_s: float = 1.0
    """How often a lane looks for what others enqueued without a word."""

    def wait_s(self, failures: int, chance: random.Random) -> float:
        """Seconds until the next attempt after so many failures in a row."""
        return chance.uniform(0, min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30)))


class Lane:
    """Delivers what waits for one sink, one message at a time.

    Of each alert the messages go in order. A message that fails waits and lets others pass; while
    all fail, the lane itself rests, so that a receiver that is down is not hammered.
    """

    def __init__(
        self,
        name: str,
        alerter: Alerter,
        store: DeliveryStore,
        *,
        clock: Clock | None = None,
        patience: Patience | None = None,
        picture: Picture = no_picture,
        chance: random.Random | None = None,
        threads: Executor | None = None,
    ) -> None:
        """`threads`: in which the database is used; None: those of the loop."""
        self.name = name
        self.delivered = 0
        self.failures = 0
        """Attempts that failed since the last one that did not."""
        self._alerter = alerter
        self._store = store
        self._clock = clock or SystemClock()
        self._patience = patience or Patience()
        self._picture = picture
        self._chance = chance or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._threads = threads
        self._awake = asyncio.Event()
        self._ending = False
        self._rest_until_s = float("-inf")

    def wake(self) -> None:
        """Something was enqueued; to be called in the lane's own loop."""
        self._awake.set()

    def end(self) -> None:
        """Let `run` return when what is being sent is settled."""
        self._ending = True
        self._awake.set()

    async def run(self) -> None:
        """Deliver until `end`; whatever is being sent when this is cancelled is sent again."""
        await self._open()
        while not self._ending:
            self._awake.clear()
            wait_s = await self.deliver_due()
            if self._ending:
                return
            try:
                async with asyncio.timeout(min(wait_s, self._patience.poll_s)):
                    await self._awake.wait()
            except TimeoutError:
                continue

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(self._patience.send_s):
                await self._alerter.open()
        except Exception as error:  # noqa: BLE001  whatever ails a plug-in, its lane goes on
            log.warning("sink not there yet", sink=self.name, reason=_in_words(error))

    async def deliver_due(self) -> float:
        """Deliver all that is due; returns seconds until it is worth to look again."""
        try:
            while (rest_s := self._rest_until_s - self._clock.monotonic_s()) <= 0:
                due = await self._in_thread(self._store.take, self.name)
                if due is None or self._ending:
                    return await self._until_due_s()
                await self._deliver(due)
        except StoreError as error:
            # What was sent but not noted is sent again, under the same id and sequence.
            log.warning("alerts wait for the database", sink=self.name, reason=str(error))
            return self._patience.poll_s
        return rest_s

    async def _deliver(self, due: Delivery) -> None:
        try:
            async with asyncio.timeout(self._patience.send_s):
                receipt = await self._alerter.send(await self._whole(due.alert))
        except AlertRefused as error:
            await self._give_up(due, str(error))
        except AlertDelayed as error:
            await self._put_off(due, str(error), error.retry_after_s)
        except TimeoutError:
            await self._put_off(due, f"no answer within {self._patience.send_s:g} s", None)
        except Exception as error:  # noqa: BLE001  whatever ails a plug-in, its lane goes on
            await self._put_off(due, _in_words(error), None)
        else:
            self.failures = 0
            self.delivered += 1
            await self._in_thread(self._store.sent, due.position, receipt=receipt or "")

    async def _whole(self, alert: Alert) -> Alert:
        """With its picture; and whoever hears of an alert late hears of it as new."""
        step = alert.step
        if alert.before is None and step is StepKind.UPDATE:
            step = StepKind.NEW
        snapshot = await self._picture(alert) if self._alerter.pictures else b""
        return replace(alert, step=step, snapshot=snapshot)

    async def _put_off(self, due: Delivery, note: str, retry_after_s: float | None) -> None:
        now_s = self._clock.now_s()
        waited_s = now_s - due.enqueued_s
        if waited_s >= self._patience.give_up_s and due.attempts + 1 >= (
            self._patience.least_attempts
        ):
            await self._give_up(due, f"gave up after {waited_s / 3600:.1f} h: {note}")
            return
        self.failures += 1
        rest_s = self._patience.wait_s(self.failures, self._chance)
        wait_s = self._patience.wait_s(due.attempts + 1, self._chance)
        if retry_after_s is not None:
            rest_s = wait_s = min(max(retry_after_s, 0.0), 3600.0)
        self._rest_until_s = self._clock.monotonic_s() + rest_s
        log.warning("alert put off", sink=self.name, alert=due.alert.id, reason=note)
        due_s = now_s + max(wait_s, rest_s)
        await self._in_thread(self._store.delayed, due.position, due_s=due_s, note=note)

    async def _give_up(self, due: Delivery, note: str) -> None:
        log.error("alert given up", sink=self.name, alert=due.alert.id, reason=note)
        await self._in_thread(self._store.dead, due.position, note=note)

    async def _until_due_s(self) -> float:
        due_s = await self._in_thread(self._store.next_due_s, self.name)
        return self._patience.poll_s if due_s is None else max(0.0, due_s - self._clock.now_s())

    async def _in_thread(self, use: Callable[..., T], *what: object, **more: object) -> T:
        loop = asyncio.get_running_loop()
        call = partial(use, *what, now_s=self._clock.now_s(), **more)
        return await loop.run_in_executor(self._threads, call)


class Lanes:
    """All lanes together; a sick one never delays another."""

    def __init__(
        self,
        alerters: Mapping[str, Alerter],
        store: DeliveryStore,
        *,
        clock: Clock | None = None,
        patience: Patience | None = None,
        picture: Picture = no_picture,
    ) -> None:
        # Of their own: senders that block threads must not keep the others from the database.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="alerts")
        self._store = store
        self._clock = clock
        self._picture = picture
        self._alerters = dict(alerters)
        self._patience = patience
        self.lanes: Mapping[str, Lane] = {name: self._lane(name) for name in alerters}
        """Replaced as a whole, for it is read by other threads."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Deliver until cancelled; then every receiver is let go."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for name in self.lanes:
                    self._start(name)
                await asyncio.Event().wait()
        finally:
            self._loop = None
            await self.close()

    async def apply(
        self, alerters: Mapping[str, Alerter], *, patience: Patience | None = None
    ) -> None:
        """Other receivers, in the loop of `run` or before it; unchanged ones go on undisturbed.

        What is being sent to one that changes may come to its end for `CLOSE_S`, and is otherwise
        sent again, under the same id and sequence.
        """
        async with self._changing:
            await self._apply(alerters, patience)

    async def _apply(self, alerters: Mapping[str, Alerter], patience: Patience | None) -> None:
        same = {
            name
            for name, alerter in alerters.items()
            if patience == self._patience and self._alerters.get(name) == alerter
        }
        gone = {name: self._alerters[name] for name in self._alerters if name not in same}
        kept = {name: self.lanes[name] for name in same}
        # What is kept keeps its connections, too.
        self._alerters = {
            name: self._alerters[name] if name in same else alerter
            for name, alerter in alerters.items()
        }
        self._patience = patience
        await self._stop(gone)
        self.lanes = kept | {name: self._lane(name) for name in alerters if name not in same}
        if self._loop is not None:
            for name in set(self.lanes) - same:
                self._start(name)

    def _lane(self, name: str) -> Lane:
        return Lane(
            name,
            self._alerters[name],
            self._store,
            clock=self._clock,
            patience=self._patience,
            picture=self._picture,
            threads=self._threads,
        )

    def _start(self, name: str) -> None:
        work = self.lanes[name].run()
        self._tasks[name] = self._group.create_task(work, name=f"alerts to {name}")

    async def _stop(self, gone: Mapping[str, Alerter]) -> None:
        tasks = [self._tasks.pop(name) for name in gone if name in self._tasks]
        for name in gone:
            self.lanes[name].end()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=CLOSE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.gather(*map(_closed, gone.values()))

    def wake(self) -> None:
        """Something was enqueued and is committed; from any thread."""
        loop = self._loop
        if loop is None:
            return
        # A loop that ends just now has no lanes that could miss anything.
        with suppress(RuntimeError):
            for lane in self.lanes.values():
                loop.call_soon_threadsafe(lane.wake)

    async def close(self) -> None:
        """Let all connections go."""
        await asyncio.gather(*map(_closed, self._alerters.values()))
        self._threads.shutdown(wait=False)


async def _closed(alerter: Alerter) -> None:
    try:
        async with asyncio.timeout(CLOSE_S):
            await alerter.close()
    except Exception as error:  # noqa: BLE001  it goes anyway
        log.warning("sink not closed", reason=_in_words(error))


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
