"""Leave a sick server alone, and notice when it is well again (Nygard, "Release It!", 5.2)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import structlog

from vigil.core import BrainUnavailable, Clock

log = structlog.get_logger(__name__)


class LeftAlone(BrainUnavailable):
    """A server was not asked, for it failed too often or asked for a rest."""


class State(StrEnum):
    """Whether a server may be asked."""

    CLOSED = "closed"
    """Yes."""
    OPEN = "open"
    """No: it failed too often."""
    HALF_OPEN = "half-open"
    """Once: whether it is well is to be found out."""


class Breaker:
    """Counts failures in a row; one object a server.

    After `failures` of them it is open for `open_s`, then lets one trial through. A trial that
    fails opens it for twice as long, `longest_s` at most; one that succeeds closes it.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        name: str = "server",
        failures: int = 5,
        open_s: float = 5.0,
        longest_s: float = 15.0,
    ) -> None:
        """`name`: for messages."""
        self._clock = clock
        self._name = name
        self._allowed = failures
        self._first_s = min(open_s, longest_s)
        self._longest_s = longest_s
        self._open_s = self._first_s
        self._failed = 0
        self._open_until_s = 0.0
        self._rest_until_s = 0.0
        self._on_trial = False

    @property
    def state(self) -> State:
        """As far as failures go; a rest that was asked for is none."""
        if self._failed < self._allowed:
            return State.CLOSED
        waiting = self._clock.monotonic_s() < self._open_until_s
        return State.OPEN if waiting else State.HALF_OPEN

    @property
    def wait_s(self) -> float:
        """Seconds until it may be asked; 0: now."""
        now_s = self._clock.monotonic_s()
        until_s = max(self._rest_until_s, self._open_until_s if self._opened else 0.0)
        if until_s <= now_s and self._on_trial:
            return self._first_s
        return max(0.0, until_s - now_s)

    @property
    def _opened(self) -> bool:
        return self._failed >= self._allowed

    def rest(self, seconds: float) -> None:
        """It asked to be left alone for so long, which is no failure."""
        self._rest_until_s = max(self._rest_until_s, self._clock.monotonic_s() + seconds)

    @contextmanager
    def attempt(
        self, *, failures: tuple[type[Exception], ...], patience_s: float
    ) -> Iterator[None]:
        """Around one call: `failures` count against the server.

        A call that was cancelled after more than `patience_s` counts too: whoever cancelled it
        had waited for an answer in vain. Raises `LeftAlone` when it must not be asked.
        """
        on_trial = self._enter()
        began_s = self._clock.monotonic_s()
        try:
            yield
        except failures:
            self._count_failure(on_trial)
            raise
        except asyncio.CancelledError:
            if self._clock.monotonic_s() - began_s > patience_s:
                self._count_failure(on_trial)
            raise
        else:
            self._count_success()
        finally:
            if on_trial:
                self._on_trial = False

    def _enter(self) -> bool:
        wait_s = self.wait_s
        if wait_s > 0:
            raise LeftAlone(
                f"{self._name}: left alone for {wait_s:.1f} s more, for it failed or asked for it",
                retry_after_s=wait_s,
            )
        self._on_trial = self._opened
        return self._on_trial

    def _count_success(self) -> None:
        if self._opened:
            log.info("server is well again", server=self._name)
        self._failed = 0
        self._open_s = self._first_s

    def _count_failure(self, on_trial: bool) -> None:
        if self._opened and not on_trial:
            return  # begun before it opened; that it is sick is known
        self._failed += 1
        if self._opened:
            self._open_s = min(self._longest_s, self._open_s * 2) if on_trial else self._first_s
            self._open_until_s = self._clock.monotonic_s() + self._open_s
            if not on_trial:
                log.warning("server left alone", server=self._name, seconds=self._open_s)
