"""A sink that keeps what it is sent, and fails when it is told to."""

from collections import deque

from vigil.core import Alert, AlertDelayed, AlertRefused


class FakeAlerter:
    """Takes alerts, unless `then` or `down` say otherwise. Receipts count what it took."""

    def __init__(self, *, pictures: bool = False) -> None:
        self.sent: list[Alert] = []
        """What it took."""
        self.attempts = 0
        self.down = False
        """While it is, every attempt is delayed."""
        self.opened = self.closed = 0
        self._pictures = pictures
        self._next: deque[Exception | None] = deque()

    @property
    def pictures(self) -> bool:
        return self._pictures

    def then(self, *answers: Exception | None) -> None:
        """Answer the next attempts so; None takes the alert."""
        self._next.extend(answers)

    async def open(self) -> None:
        self.opened += 1

    async def send(self, alert: Alert) -> str:
        self.attempts += 1
        answer = self._next.popleft() if self._next else None
        if answer is not None:
            raise answer
        if self.down:
            raise AlertDelayed("the fake is down")
        self.sent.append(alert)
        return f"r{len(self.sent)}"

    async def close(self) -> None:
        self.closed += 1


def refused() -> AlertRefused:
    """What a receiver says that will never take it."""
    return AlertRefused("the fake will not")


def delayed(retry_after_s: float | None = None) -> AlertDelayed:
    """What a receiver says that is busy."""
    return AlertDelayed("the fake is busy", retry_after_s=retry_after_s)
