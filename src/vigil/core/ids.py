"""Ids that sort by time of birth."""

import secrets
import uuid


def uuid7(time_s: float) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) for a moment in UTC seconds; before 1970 counts as 0."""
    milliseconds = max(0, int(time_s * 1000)) & ((1 << 48) - 1)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))
