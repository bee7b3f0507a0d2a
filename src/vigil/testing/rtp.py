"""H.264 as RTP packets (RFC 3550, RFC 6184): what a camera's sender does, and no more."""

import base64
import struct
from collections.abc import Iterable, Iterator

from vigil.core import Encoding, Packet

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
LARGEST_PAYLOAD = 1400
SPS, PPS, FRAGMENT = 7, 8, 28


class Packetizer:
    """Cuts access units into RTP packets of one synchronisation source."""

    def __init__(self, source_id: int, first_sequence: int = 0) -> None:
        self._source_id = source_id
        self._sequence = first_sequence

    def packets(self, units: list[bytes], time_s: float) -> Iterator[bytes]:
        """The RTP packets of one picture, given as its NAL units."""
        payloads = [payload for unit in units for payload in _payloads(unit)]
        timestamp = round(time_s * CLOCK_HZ) & 0xFFFFFFFF
        for index, payload in enumerate(payloads):
            marker = 0x80 if index == len(payloads) - 1 else 0
            yield (
                struct.pack(
                    ">BBHII",
                    0x80,
                    marker | PAYLOAD_TYPE,
                    self._sequence,
                    timestamp,
                    self._source_id,
                )
                + payload
            )
            self._sequence = self._sequence + 1 & 0xFFFF


def nal_units(packet: Packet) -> list[bytes]:
    """A packet's NAL units; a key picture comes with its parameter sets."""
    extradata = packet.encoding.extradata
    units = list(
        _with_lengths(packet.data) if extradata[:1] == b"\x01" else _with_start_codes(packet.data)
    )
    if packet.key and not any(unit[0] & 31 == SPS for unit in units):
        units = parameter_sets(packet.encoding) + units
    return units


def parameter_sets(encoding: Encoding) -> list[bytes]:
    """Sequence and picture parameter sets from the extradata of MP4 or of a stream."""
    extradata = encoding.extradata
    if extradata[:1] != b"\x01":
        return [unit for unit in _with_start_codes(extradata) if unit[0] & 31 in (SPS, PPS)]
    units: list[bytes] = []
    at = 5
    for mask in (0x1F, 0xFF):  # counts of sequence and of picture sets (ISO/IEC 14496-15)
        count = extradata[at] & mask
        at += 1
        for _ in range(count):
            size = int.from_bytes(extradata[at : at + 2], "big")
            units.append(extradata[at + 2 : at + 2 + size])
            at += 2 + size
    return units


def session_description(sets: Iterable[bytes]) -> str:
    """SDP (RFC 8866) of one H.264 track with these parameter sets."""
    known = [unit for unit in sets if unit[0] & 31 in (SPS, PPS)]
    format_words = "packetization-mode=1"
    if known:
        words = ",".join(base64.b64encode(unit).decode() for unit in known)
        format_words += f";profile-level-id={known[0][1:4].hex()};sprop-parameter-sets={words}"
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=camera",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} {format_words}",
        "a=control:track1",
    ]
    return "\r\n".join(lines) + "\r\n"


def _payloads(unit: bytes) -> Iterator[bytes]:
    """One NAL unit whole, or in fragments (FU-A)."""
    if len(unit) <= LARGEST_PAYLOAD:
        yield unit
        return
    indicator = unit[0] & 0xE0 | FRAGMENT
    kind = unit[0] & 0x1F
    body, step = unit[1:], LARGEST_PAYLOAD - 2
    for at in range(0, len(body), step):
        start = 0x80 if at == 0 else 0
        end = 0x40 if at + step >= len(body) else 0
        yield bytes([indicator, start | end | kind]) + body[at : at + step]


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
