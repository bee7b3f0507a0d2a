"""What all our servers for tests have in common."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Running(ABC):
    """Something that is started and stopped; it runs inside a `with`."""

    @abstractmethod
    def start(self) -> None:
        """Begin; back when ready."""

    @abstractmethod
    def stop(self) -> None:
        """End, and let everything go."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
