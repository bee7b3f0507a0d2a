"""A handle to encoded evidence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Encoded pictures and sound of one source, cut by remuxing; opened by the store only."""

    uri: str
    """`clip:<node>/<id>`."""
    source: str
    start_s: float
    """UTC seconds of the first picture; at or before what was asked, since cuts fall on keys."""
    end_s: float
    size_bytes: int
    audio: bool = False
    scale: float = 1.0
    """Its pixels for one pixel of the source that was analysed: more than 1 for a finer stream."""
