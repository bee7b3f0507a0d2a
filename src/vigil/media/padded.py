"""Encoded bytes as FFmpeg wants them."""

from typing import Any

import av


def padded(data: bytes) -> "av.Packet[Any]":
    """A packet with a copy of `data` and the padding behind it that decoders read into."""
    packet = av.Packet(len(data))
    packet.update(data)
    return packet
