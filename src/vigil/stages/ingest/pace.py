"""Streams that arrive in bursts are given out at the speed of life: pure, no clock is read here."""

LONGEST_AHEAD_S = 30.0
"""A packet due later than this has jumped ahead: segments that we missed are gone."""


class Pace:
    """When to give out what a playlist's segments, or a recording, bring all at once.

    The first packet is given out as it arrives, the others after it by their own clock. One that
    arrives late moves all later ones, so that after the first delays nothing is late any more.
    """

    def __init__(self) -> None:
        self._base_s = float("-inf")

    def due_s(self, pts_s: float, now_s: float) -> float:
        """When to give out a packet of stream time `pts_s` that arrived at `now_s`; not before."""
        if not now_s <= self._base_s + pts_s <= now_s + LONGEST_AHEAD_S:
            self._base_s = now_s - pts_s
        return self._base_s + pts_s
