"""The square around a track that a network of clips is shown: large enough, and calm."""

import math

from vigil.core import Box

LARGER = 1.4
"""Times the longer side of the box: arms and what they reach for are outside of it."""
CALM_S = 0.4
"""Of a change of place, about two thirds are followed within so many seconds …"""
STEADY_S = 1.2
"""… and of a change of size: who falls or stretches an arm must not seem to stand still."""


class Square:
    """Follows a box; both of its places and its size are smoothed over time."""

    def __init__(self) -> None:
        self._last_s = -math.inf
        self._x = self._y = self._side = 0.0

    def follow(self, box: Box, time_s: float, width: int, height: int) -> Box:
        """The square now, inside a picture so wide and high; source pixels."""
        since_s = time_s - self._last_s
        moved, grown = (1.0 - math.exp(-since_s / calm_s) for calm_s in (CALM_S, STEADY_S))
        self._x += moved * ((box.x1 + box.x2) / 2 - self._x)
        self._y += moved * ((box.y1 + box.y2) / 2 - self._y)
        self._side += grown * (LARGER * max(box.width, box.height) - self._side)
        self._last_s = time_s
        side = min(self._side, float(width), float(height))
        left = min(max(self._x - side / 2, 0.0), width - side)
        top = min(max(self._y - side / 2, 0.0), height - side)
        return Box(left, top, left + side, top + side)
