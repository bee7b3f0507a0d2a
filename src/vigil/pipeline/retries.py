"""Cameras that could not be watched, and when each is tried again."""

from dataclasses import dataclass

from vigil.core import Clock

FIRST_S, LONGEST_S = 5.0, 60.0
"""The wait doubles with every failure, from the first to the longest."""


@dataclass(slots=True, kw_only=True)
class _Record:
    reason: str
    failures: int = 0
    due_s: float | None = None
    """When it is tried again, monotonic seconds; None while it is being tried."""


class Retries:
    """What a camera lacks may come: a file, a model of the registry, a device plugged in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, _Record] = {}

    def failed(self, name: str, reason: str) -> None:
        """Note that a camera cannot be watched; told again before the next try, it is the same."""
        record = self._records.setdefault(name, _Record(reason=reason))
        record.reason = reason
        if record.due_s is None:
            wait_s = min(LONGEST_S, FIRST_S * 2.0 ** min(record.failures, 10))
            record.failures += 1
            record.due_s = self._clock.monotonic_s() + wait_s

    def reason(self, name: str) -> str | None:
        """Why a camera is not watched, and when it is tried again; None when nothing failed."""
        record = self._records.get(name)
        if record is None:
            return None
        if record.due_s is None:
            return record.reason
        left_s = max(0.0, record.due_s - self._clock.monotonic_s())
        return f"{record.reason}; tried again in {left_s:.0f} s"

    def due(self) -> list[str]:
        """Cameras whose time has come, each once."""
        now_s = self._clock.monotonic_s()
        over = [
            name
            for name, record in self._records.items()
            if record.due_s is not None and record.due_s <= now_s
        ]
        for name in over:
            self._records[name].due_s = None
        return over

    def waits(self, name: str) -> bool:
        """Whether a camera's time is still to come."""
        record = self._records.get(name)
        return record is not None and record.due_s is not None

    def forget(self, name: str) -> None:
        """It is watched, is gone, or has other settings."""
        self._records.pop(name, None)
