"""H.264 and HEVC packets as the NAL units that RTP carries."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

from vigil.core import Encoding, Packet


class Syntax(ABC):
    """What differs between the two codecs in the packets of a camera."""

    rtp_name: ClassVar[str]
    """As `a=rtpmap` calls the codec."""
    header_bytes: ClassVar[int]
    """Length of the header of a NAL unit."""
    sets: ClassVar[tuple[int, ...]]
    """Kinds of the parameter sets, in the order in which decoders want them."""

    @abstractmethod
    def kind(self, unit: bytes) -> int:
        """The type in a unit's header."""

    @abstractmethod
    def stored_sets(self, extradata: bytes) -> list[bytes]:
        """The parameter sets in a decoder configuration record (ISO/IEC 14496-15)."""

    @abstractmethod
    def fragment_header(self, unit: bytes, *, start: bool, end: bool) -> bytes:
        """What stands before a fragment of `unit` in place of the unit's own header."""

    @abstractmethod
    def format_words(self, sets: list[bytes]) -> str:
        """The parameters of `a=fmtp`."""


class H264(Syntax):
    """ITU-T H.264 by RFC 6184."""

    rtp_name = "H264"
    header_bytes = 1
    sets = (7, 8)
    fragmentation_unit = 28

    def kind(self, unit: bytes) -> int:
        return unit[0] & 0x1F

    def stored_sets(self, extradata: bytes) -> list[bytes]:
        sequence = _counted(extradata, 6, extradata[5] & 0x1F)
        at = 6 + sum(2 + len(unit) for unit in sequence)
        return sequence + _counted(extradata, at + 1, extradata[at])

    def fragment_header(self, unit: bytes, *, start: bool, end: bool) -> bytes:
        indicator = unit[0] & 0xE0 | self.fragmentation_unit
        return bytes([indicator, start << 7 | end << 6 | self.kind(unit)])

    def format_words(self, sets: list[bytes]) -> str:
        if not sets:
            return "packetization-mode=1"
        profile = sets[0][1:4].hex()
        words = ",".join(map(_base64, sets))
        return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={words}"


class Hevc(Syntax):
    """ITU-T H.265 by RFC 7798."""

    rtp_name = "H265"
    header_bytes = 2
    sets = (32, 33, 34)
    fragmentation_unit = 49

    def kind(self, unit: bytes) -> int:
        return unit[0] >> 1 & 0x3F

    def stored_sets(self, extradata: bytes) -> list[bytes]:
        units: list[bytes] = []
        at = 23
        for _ in range(extradata[22]):
            found = _counted(extradata, at + 3, int.from_bytes(extradata[at + 1 : at + 3], "big"))
            at += 3 + sum(2 + len(unit) for unit in found)
            units += [unit for unit in found if self.kind(unit) in self.sets]
        return units

    def fragment_header(self, unit: bytes, *, start: bool, end: bool) -> bytes:
        # The layer and the temporal id stay; only the type says that it is a fragment.
        first = unit[0] & 0x81 | self.fragmentation_unit << 1
        return bytes([first, unit[1], start << 7 | end << 6 | self.kind(unit)])

    def format_words(self, sets: list[bytes]) -> str:
        names = dict(zip(self.sets, ("vps", "sps", "pps"), strict=True))
        by_name: dict[str, list[str]] = {}
        for unit in sets:
            by_name.setdefault(names[self.kind(unit)], []).append(_base64(unit))
        return ";".join(f"sprop-{name}={','.join(units)}" for name, units in by_name.items())


SYNTAXES: dict[str, Syntax] = {"h264": H264(), "hevc": Hevc()}
"""By FFmpeg's name of the codec."""


def syntax_of(encoding: Encoding) -> Syntax:
    """Raises ValueError for a codec that is not sent."""
    if encoding.codec not in SYNTAXES:
        allowed = ", ".join(SYNTAXES)
        raise ValueError(f"{encoding.codec} is not sent over RTP; allowed: {allowed}")
    return SYNTAXES[encoding.codec]


def nal_units(packet: Packet) -> list[bytes]:
    """A packet's NAL units; a key picture comes with its parameter sets."""
    syntax = syntax_of(packet.encoding)
    cut = _with_lengths if _is_record(packet.encoding.extradata) else _with_start_codes
    units = list(cut(packet.data))
    if packet.key and not any(syntax.kind(unit) in syntax.sets for unit in units):
        units = parameter_sets(packet.encoding) + units
    return units


def parameter_sets(encoding: Encoding) -> list[bytes]:
    """The parameter sets in the extradata of MP4 or of a stream; none when they come in band."""
    syntax = syntax_of(encoding)
    if _is_record(encoding.extradata):
        return syntax.stored_sets(encoding.extradata)
    return only_sets(_with_start_codes(encoding.extradata), syntax)


def only_sets(units: Iterable[bytes], syntax: Syntax) -> list[bytes]:
    """Those of the units that are parameter sets."""
    return [unit for unit in units if syntax.kind(unit) in syntax.sets]


def _is_record(extradata: bytes) -> bool:
    """Whether it is a decoder configuration record, as in MP4; units then have lengths."""
    return extradata[:1] == b"\x01"


def _base64(unit: bytes) -> str:
    return base64.b64encode(unit).decode()


def _counted(data: bytes, at: int, count: int) -> list[bytes]:
    """`count` units, each with two bytes of its length before it."""
    units = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2], "big")
        units.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return units


def _with_lengths(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size:
            yield data[at + 4 : at + 4 + size]
        at += 4 + size


def _with_start_codes(data: bytes) -> Iterator[bytes]:
    for piece in data.split(b"\x00\x00\x01")[1:]:
        unit = piece.rstrip(b"\x00")
        if unit:
            yield unit
