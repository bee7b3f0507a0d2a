"""When to try again, and when not: a sick server must not be stormed."""

import random
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import isfinite

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0


class RetryBudget:
    """A bucket of retries: every first call puts `share` of one in, every retry takes one out.

    In the long run retries are at most `share` of calls; `burst` are there to begin with, so that
    somebody who asks seldom may retry too.
    """

    def __init__(self, *, share: float = 0.1, burst: float = 3.0) -> None:
        self._share = share
        self._burst = burst
        self._left = burst

    def earn(self) -> None:
        """A first call was made."""
        self._left = min(self._burst, self._left + self._share)

    def spend(self) -> bool:
        """Take one retry out, if there is one."""
        # A little less than one: ten times a tenth falls short of it.
        if self._left < 1.0 - 1e-9:
            return False
        self._left -= 1.0
        return True


def backoff_s(retry: int, chance: random.Random) -> float:
    """How long to wait before retry number `retry`, from 0: full jitter, doubling."""
    return chance.uniform(0.0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**retry))


def retry_after_s(header: str | None, *, now_s: float, most_s: float) -> float | None:
    """Seconds that a `Retry-After` header (RFC 9110, 10.2.3) asks for, at most `most_s`.

    `now_s`: UTC seconds, for headers that name a date. None when it cannot be understood.
    """
    if header is None:
        return None
    seconds = _seconds(header.strip(), now_s)
    return None if seconds is None else min(max(0.0, seconds), most_s)


def _seconds(text: str, now_s: float) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text, now_s)
    return seconds if isfinite(seconds) else None


def _seconds_until(date: str, now_s: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        # Dates of HTTP are in GMT; one without a zone means the same.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.timestamp() - now_s
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
