"""A camera's finer stream: kept as it comes, never decoded."""

from collections.abc import Iterator

from vigil.core import Clock, Packet, Source
from vigil.media.ring import PacketRing
from vigil.pipeline.reader import Reader


class MainStream:
    """Reads a second stream of a camera into a ring of its own, from which clips are cut.

    It comes and goes as it likes: the camera is watched all the same. A file goes no further than
    the analysed stream has come.
    """

    def __init__(self, source: Source, ring: PacketRing, *, clock: Clock | None = None) -> None:
        self.ring = ring
        self._live = source.live
        self._reader = Reader(source, name=source.name, live=source.live, clock=clock)
        self._next: Packet | None = None

    @property
    def state(self) -> str:
        """`connecting`, `watching`, `offline` or `ended`."""
        return self._reader.state

    def start(self) -> None:
        """Begin to read."""
        self._reader.start()

    def stop(self) -> None:
        """Stop reading; returns at once."""
        self._reader.stop()

    def packets(self, until_s: float) -> Iterator[Packet]:
        """What has come since the last call; the ring has each one when it is given out.

        `until_s`: how far the analysed stream has come, which only a file waits for.
        """
        while (packet := self._peek()) is not None:
            if not self._live and packet.time_s > until_s:
                return
            self._next = None
            self.ring.append(packet)
            yield packet

    def _peek(self) -> Packet | None:
        if self._next is None:
            taken = self._reader.take(wait=not self._live)
            self._next = None if taken is None else taken.packet
        return self._next
