"""H.264 and HEVC as RTP packets (RFC 3550, 6184, 7798): what a camera's sender does, no more."""

import struct
from collections.abc import Iterator

from vigil.core import Packet
from vigil.testing.nal import Syntax, nal_units, only_sets, parameter_sets, syntax_of

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
LARGEST_PAYLOAD = 1400
SENDER_REPORT = 200
NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900 to 1970."""


class Packetizer:
    """Cuts access units into RTP packets of one synchronisation source."""

    def __init__(self, source_id: int, first_sequence: int = 0) -> None:
        self._source_id = source_id
        self._sequence = first_sequence
        self._sent = self._sent_bytes = 0

    def packets(self, packet: Packet) -> Iterator[bytes]:
        """The RTP packets of one picture; raises ValueError for a codec that is not sent."""
        syntax = syntax_of(packet.encoding)
        payloads = [load for unit in nal_units(packet) for load in _payloads(unit, syntax)]
        timestamp = round(packet.time_s * CLOCK_HZ) & 0xFFFFFFFF
        for index, payload in enumerate(payloads):
            marker = 0x80 if index == len(payloads) - 1 else 0
            kind = marker | PAYLOAD_TYPE
            header = struct.pack(">BBHII", 0x80, kind, self._sequence, timestamp, self._source_id)
            yield header + payload
            self._sequence = self._sequence + 1 & 0xFFFF
            self._sent += 1
            self._sent_bytes += len(payload)

    def sender_report(self, packet: Packet, camera_s: float) -> bytes:
        """The RTCP report that says when a picture was taken, UTC seconds (RFC 3550, 6.4.1)."""
        seconds = int(camera_s)
        fraction = int((camera_s - seconds) * 2**32)
        timestamp = round(packet.time_s * CLOCK_HZ) & 0xFFFFFFFF
        counts = (self._sent & 0xFFFFFFFF, self._sent_bytes & 0xFFFFFFFF)
        clock = (seconds + NTP_EPOCH_S & 0xFFFFFFFF, fraction, timestamp)
        return struct.pack(">BBHIIIIII", 0x80, SENDER_REPORT, 6, self._source_id, *clock, *counts)


def session_description(key: Packet) -> str:
    """SDP (RFC 8866) of one track that begins with this key picture."""
    syntax = syntax_of(key.encoding)
    sets = parameter_sets(key.encoding) or only_sets(nal_units(key), syntax)
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=camera",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {syntax.rtp_name}/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} {syntax.format_words(sets)}",
        "a=control:track1",
    ]
    return "\r\n".join(lines) + "\r\n"


def _payloads(unit: bytes, syntax: Syntax) -> Iterator[bytes]:
    """One NAL unit whole, or in fragments."""
    if len(unit) <= LARGEST_PAYLOAD:
        yield unit
        return
    body = unit[syntax.header_bytes :]
    step = LARGEST_PAYLOAD - syntax.header_bytes - 1
    for at in range(0, len(body), step):
        end = at + step >= len(body)
        yield syntax.fragment_header(unit, start=at == 0, end=end) + body[at : at + step]
