"""A clock that is set by hand."""


class Hand:
    """Both of its hands move only when it is told to sleep."""

    def __init__(self) -> None:
        self.s = 100_000.0

    def now_s(self) -> float:
        return self.s

    def monotonic_s(self) -> float:
        return self.s

    def sleep(self, seconds: float) -> None:
        self.s += seconds
