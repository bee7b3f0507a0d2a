"""A source that is read while a test does something to its camera."""

import random
import threading
import time
from collections.abc import Callable

from vigil.core import Packet, SourceRefused
from vigil.stages.ingest.stream import StreamSource


class Shortest(random.Random):
    """Always the shortest wait."""

    def uniform(self, a: float, b: float) -> float:
        return min(a, b)


class Follower:
    """Keeps what a source hands over or yields, with the shortest waits between attempts."""

    def __init__(self, source: StreamSource, *, iterate: bool = False) -> None:
        source.random = Shortest()
        self.source = source
        self.packets: list[Packet] = []
        self.error: Exception | None = None
        self._iterate = iterate
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            if not self._iterate:
                self.source.deliver(self._take)
                return
            for packet in self.source.packets():
                self._take(packet)
        except SourceRefused as error:
            self.error = error

    def _take(self, packet: Packet) -> bool:
        self.packets.append(packet)
        return True

    def wait_for(self, done: Callable[[], bool], timeout_s: float = 20.0) -> None:
        end_s = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < end_s, f"waited {timeout_s} s; {self.source.last_error = }"
            time.sleep(0.02)

    def wait_for_more(self, count: int = 10) -> None:
        goal = len(self.packets) + count
        self.wait_for(lambda: len(self.packets) >= goal)

    def close(self) -> float:
        """Seconds until the thread had ended."""
        began_s = time.monotonic()
        self.source.close()
        self._thread.join(10)
        assert not self._thread.is_alive()
        return time.monotonic() - began_s
