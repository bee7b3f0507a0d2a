"""A clock for tests."""

NOON_S = 1_700_049_600.0
"""2023-11-15 12:00 UTC."""


class Hands:
    """A clock that goes when it is told to; both its hands show UTC seconds."""

    def __init__(self, time_s: float = NOON_S) -> None:
        self.time_s = time_s

    def now_s(self) -> float:
        return self.time_s

    def monotonic_s(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds
