"""Time comes in; it is not fetched."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two hands: one for dates, one for durations."""

    def now_s(self) -> float:
        """UTC seconds since the epoch; may jump."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now_s(self) -> float:
        return time.time()

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
