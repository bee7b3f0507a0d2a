"""The last seconds of a camera as encoded packets: a late wake loses nothing."""

from collections import deque
from itertools import chain

from vigil.core import Encoding, Packet

REMEMBERED_KEYS = 32


class PacketRing:
    """Packets of one camera, at least `seconds` of them if `size_bytes` allow.

    Old ones go by whole groups of pictures, so what is left always starts with a key. Sound
    stays with the pictures it came with. A group that alone outgrows `size_bytes` is given up,
    and the ring stays empty until the next key.
    """

    def __init__(self, seconds: float, size_bytes: int) -> None:
        self._seconds = seconds
        self._cap = size_bytes
        self._groups: deque[_Group] = deque()
        self._keys: deque[float] = deque(maxlen=REMEMBERED_KEYS)
        self._size = 0
        self._newest_s: float | None = None

    @property
    def size_bytes(self) -> int:
        """Encoded bytes held now."""
        return self._size

    @property
    def newest_s(self) -> float | None:
        """Time of the newest picture held; None while empty."""
        return self._newest_s if self._groups else None

    @property
    def oldest_s(self) -> float | None:
        """Time of the oldest key held; None while empty."""
        return self._groups[0].start_s if self._groups else None

    @property
    def key_times_s(self) -> list[float]:
        """Times of the last keys that came, held or not, oldest first."""
        return list(self._keys)

    def append(self, packet: Packet) -> None:
        """Take the next packet, in decoding order; before the first key nothing is kept."""
        video = packet.encoding.kind == "video"
        if video and packet.key:
            self._groups.append(_Group(packet))
            self._keys.append(packet.time_s)
        elif self._groups and (not video or packet.encoding is self._groups[-1].encoding):
            self._groups[-1].packets.append(packet)
            self._groups[-1].size_bytes += len(packet.data)
        else:
            return
        self._size += len(packet.data)
        if video:
            # A clock set back makes the next group look older; the newest is what came last.
            new = packet.key or self._newest_s is None
            self._newest_s = packet.time_s if new else max(self._newest_s or 0, packet.time_s)
        self._drop_old()

    def since_key(self, time_s: float) -> list[Packet]:
        """Everything from the last key at or before `time_s` (else the oldest) until now."""
        groups = list(self._groups)
        first = 0
        for index, group in enumerate(groups):
            if group.start_s <= time_s:
                first = index
        return list(chain.from_iterable(group.packets for group in groups[first:]))

    def between(self, start_s: float, end_s: float) -> list[Packet]:
        """As `since_key(start_s)`, up to the last packet at or before `end_s`; may be empty."""
        packets = self.since_key(start_s)
        while packets and packets[-1].time_s > end_s:
            packets.pop()
        return packets

    def clear(self) -> None:
        """Forget everything; the next packet kept is a key."""
        self._groups.clear()
        self._size = 0

    def _drop_old(self) -> None:
        groups = self._groups
        newest_s = self._newest_s or 0.0
        while len(groups) > 1 and (
            self._size > self._cap or newest_s - groups[1].start_s >= self._seconds
        ):
            self._size -= groups.popleft().size_bytes
        if self._size > self._cap:
            self.clear()


class _Group:
    """A key and what depends on it, with the sound in between."""

    __slots__ = ("encoding", "packets", "size_bytes", "start_s")

    def __init__(self, key: Packet) -> None:
        self.encoding: Encoding = key.encoding
        self.start_s = key.time_s
        self.packets = [key]
        self.size_bytes = len(key.data)
