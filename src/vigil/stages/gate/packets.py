"""Is the size of a packet a surprise? Nothing is decoded."""

import math
from collections import deque
from collections.abc import Iterator

import numpy as np

from vigil.core import Encoding, Packet, part

FILLER_TYPE = {"h264": 12, "hevc": 38}
"""NAL unit types of filler data: ITU-T H.264, table 7-1, and H.265, table 7-1."""
LENGTH_SIZE_AT = {"h264": 4, "hevc": 21}
"""Where avcC and hvcC (ISO/IEC 14496-15) say how many bytes a length has, less one."""
LAST_POSITION = 600
"""Later packets of a group count as this one."""
SMALLEST_SPREAD = 0.05
"""Of the logarithm of a size; no encoder is steadier."""
SIGMAS_OF_MAD = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""


@part
class PacketGate:
    """Wakes a camera before its next key frame when packets grow beyond what is usual.

    A packet is compared with those at the same position of past groups of pictures (median and
    median absolute deviation of the logarithm of its bytes, filler stripped): that holds under
    constant bit rate, where sizes drift through the group. It is an early hint and never the only
    gate. `learn` tells it whether pixels moved, and it mutes itself where its hints were
    mostly wrong or its scores do not tell motion from rest. Feed it every packet of pictures,
    keys too.
    """

    threshold: float = 4.0
    """Smoothed deviations above the usual size that wake."""
    groups: int = 12
    """Past groups of pictures that make the baseline."""
    smallest_precision: float = 0.35
    """Share of its hints that must have been right."""
    smallest_separation: float = 0.7
    """Chance that a stretch with motion scores above one without (area under the ROC curve)."""

    def __post_init__(self) -> None:
        self._sizes: list[deque[float]] = []
        self._group: list[float] = []
        self._in_group = False
        self._moved = False
        self._score = 0.0
        self._peak = 0.0
        self._hints: deque[bool] = deque(maxlen=20)
        self._peaks: dict[bool, deque[float]] = {True: deque(maxlen=40), False: deque(maxlen=40)}
        self._muted = False

    @property
    def wakes(self) -> bool:
        """Whether the last packets are worth a decoder now; false while it is muted."""
        return not self._muted and self._score > self.threshold

    @property
    def muted(self) -> bool:
        """Whether it has lost trust in itself."""
        return self._muted

    def feed(self, packet: Packet) -> float:
        """Smoothed surprise of the last packets, in deviations; 0 until a baseline is known."""
        size = math.log(1 + payload_bytes(packet))
        if packet.key:
            self._close_group()
        if not self._in_group:
            return 0.0
        position = min(len(self._group), LAST_POSITION)
        self._group.append(size)
        self._score += 0.5 * (self._surprise(position, size) - self._score)
        self._peak = max(self._peak, self._score)
        return self._score

    def learn(self, was_motion: bool) -> None:
        """Tell whether pixels moved since the last call; best once for every key frame seen."""
        if self._peak > self.threshold:
            self._hints.append(was_motion)
        self._peaks[was_motion].append(self._peak)
        self._peak = 0.0
        self._moved |= was_motion
        self._muted = self._is_poor()

    def _close_group(self) -> None:
        """A group in which something moved says nothing about the usual sizes."""
        if self._in_group and not (self._moved and len(self._sizes)):
            while len(self._sizes) < min(len(self._group), LAST_POSITION + 1):
                self._sizes.append(deque(maxlen=self.groups))
            for past, size in zip(self._sizes, self._group, strict=False):
                past.append(size)
        self._group, self._in_group, self._moved = [], True, False
        self._score = 0.0

    def _surprise(self, position: int, size: float) -> float:
        past = self._sizes[position] if position < len(self._sizes) else ()
        if len(past) < 3:
            return 0.0
        ordered = sorted(past)
        middle = ordered[len(ordered) // 2]
        apart = sorted([abs(value - middle) for value in ordered])
        spread = SIGMAS_OF_MAD * apart[len(apart) // 2]
        return (size - middle) / max(spread, SMALLEST_SPREAD)

    def _is_poor(self) -> bool:
        if len(self._hints) >= 4:
            # One right hint is taken for granted, so that few samples do not condemn it.
            precision = (sum(self._hints) + 1) / (len(self._hints) + 1)
            if precision < self.smallest_precision:
                return True
        moving, still = self._peaks[True], self._peaks[False]
        if min(len(moving), len(still)) < 5:
            return False
        above = np.array(moving)[:, None] - np.array(still)
        return float((above > 0).mean() + 0.5 * (above == 0).mean()) < self.smallest_separation


def payload_bytes(packet: Packet) -> int:
    """Bytes that code the picture: no filler units, no zeros at the end."""
    kind = packet.encoding.codec
    if kind not in FILLER_TYPE:
        return len(packet.data)
    filler = FILLER_TYPE[kind]
    total = 0
    for first, size in nal_units(packet.data, packet.encoding):
        of_type = first >> 1 & 0x3F if kind == "hevc" else first & 0x1F
        total += 0 if of_type == filler else size
    return total


def nal_units(data: bytes, encoding: Encoding) -> Iterator[tuple[int, int]]:
    """First byte and size of each NAL unit, behind start codes (Annex B) or lengths (avcC, hvcC).

    Broken lengths end it early; bytes are counted, never trusted.
    """
    extradata = encoding.extradata
    where = LENGTH_SIZE_AT[encoding.codec]
    if extradata[:1] == b"\x01" and len(extradata) > where:
        return _by_length(data, (extradata[where] & 3) + 1)
    return _by_start_code(data)


def _by_length(data: bytes, length_size: int) -> Iterator[tuple[int, int]]:
    at = 0
    while at + length_size < len(data):
        size = int.from_bytes(data[at : at + length_size], "big")
        at += length_size
        if size and at < len(data):
            yield data[at], min(size, len(data) - at)
        at += size


def _by_start_code(data: bytes) -> Iterator[tuple[int, int]]:
    start = data.find(b"\x00\x00\x01") + 3
    while 3 <= start < len(data):
        following = data.find(b"\x00\x00\x01", start)
        end = len(data) if following < 0 else following
        # Zeros before the next start code, or at the end, belong to no unit.
        size = len(data[start:end].rstrip(b"\x00"))
        if size:
            yield data[start], size
        start = following + 3 if following >= 0 else len(data)
