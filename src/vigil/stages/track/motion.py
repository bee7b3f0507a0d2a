"""How a box moves: a constant-speed Kalman filter whose noise is measured in object sizes.

The four sides of a box share one covariance, counted in squared sizes of the object, so that a
filter costs three numbers and far and near things are treated alike. (With one gain for all
four it is the same whether sides are filtered, or the foot, width and height.)

Plain numbers, not arrays: a camera sees a handful of things, and for a handful every call into
NumPy costs more than the sum it does. For the same reason a filter changes in place.
"""

from math import cosh, tanh

from vigil.core import Box
from vigil.stages.track.corners import Corners, not_halved, size

PLACE_NOISE = 0.1**2
"""Variance of a detected side, in squared sizes."""
PIXEL_NOISE = 0.7**2
"""The same in squared pixels: what remains for the smallest things."""
FIRST_SPEED = 1.0
"""Standard deviation of the speed of something new, sizes a second."""
ACCELERATION = 0.3
"""Density of the white noise that drives the speed, squared sizes per cubic second."""
COAST_S = 2.0
"""An unseen thing is carried on for about this long and then taken to have stopped."""
STRAY_S = 3.0
"""When nobody looked it may have gone on: for so long its speed widens the search."""
SHRINK_S = 0.1
"""No box halves its size in less."""
STANDING = 0.1**2
"""Slower than this, in squared sizes a second, is jitter of the box."""

Velocity = tuple[float, float]
"""Of the foot, pixels a second, x right and y down."""
Doubt = tuple[float, float, float]
"""Variance of a side, squared sizes; its covariance with its speed, per second; and the
variance of that speed, per squared second."""


def noise(box: Corners) -> float:
    """Variance of one measured side, squared sizes."""
    left, top, right, bottom = box
    mean = (right - left + bottom - top) / 2  # as `size`
    return PLACE_NOISE + PIXEL_NOISE / (mean * mean) if mean > 1.0 else PLACE_NOISE + PIXEL_NOISE


def reach(unseen_s: float) -> float:
    """Seconds of travel after `unseen_s` seconds: all of them at first, never above `COAST_S`."""
    return COAST_S * tanh(unseen_s / COAST_S)


class Motion:
    """Where one object was at its last hit, how it moves, and where it is now.

    Every prediction starts at the last hit and takes one step: looks that did not happen, or
    happened elsewhere, change nothing, and any frame rate will do.
    """

    __slots__ = ("ahead", "ahead_doubt", "box", "doubt", "speed")

    def __init__(self, seen: Corners) -> None:
        self.box = self.ahead = seen
        """Filtered at the last hit; predicted since. Pixels."""
        self.speed: Corners = (0.0, 0.0, 0.0, 0.0)
        """Of each side, pixels a second; something new may go anywhere."""
        self.doubt: Doubt = (noise(seen), 0.0, FIRST_SPEED**2)
        """At the last hit, and as predicted."""
        self.ahead_doubt = self.doubt

    def go(self, velocity: Velocity) -> None:
        """Something new goes about as fast as something else does."""
        right, down = velocity
        self.speed = (right, down, right, down)

    def predict(self, unseen_s: float, travel_s: float | None = None) -> None:
        """Say where it is `unseen_s` seconds after the last hit; `travel_s`: their `reach`."""
        doubt, drift, haste = self.doubt
        if travel_s is None:
            travel_s = reach(unseen_s)
        pushed = ACCELERATION * travel_s
        self.ahead = self._moved(self.box, travel_s)
        if unseen_s > SHRINK_S:
            self.ahead = not_halved(self.ahead, self.box)
        self.ahead_doubt = (
            doubt + travel_s * (2 * drift + travel_s * (haste + pushed / 3)),
            drift + travel_s * (haste + pushed / 2),
            haste + pushed,
        )

    def stray(self, unwatched_s: float) -> None:
        """Widen the prediction, as nobody looked for so long: it may not have stopped."""
        doubt, drift, haste = self.ahead_doubt
        gone_s = min(unwatched_s, STRAY_S)
        self.ahead_doubt = doubt + self.pace() * (gone_s - reach(gone_s)) ** 2, drift, haste

    def correct(self, measured: Corners) -> None:
        """Blend the prediction with a measured box (Kalman 1960)."""
        left, top, right, bottom = self.ahead
        left_speed, top_speed, right_speed, bottom_speed = self.speed
        seen_left, seen_top, seen_right, seen_bottom = measured
        off_left, off_top = seen_left - left, seen_top - top
        off_right, off_bottom = seen_right - right, seen_bottom - bottom
        doubt, drift, haste = self.ahead_doubt
        spread = doubt + noise(measured)
        gain, push = doubt / spread, drift / spread
        self.box = (
            left + gain * off_left,
            top + gain * off_top,
            right + gain * off_right,
            bottom + gain * off_bottom,
        )
        self.speed = (
            left_speed + push * off_left,
            top_speed + push * off_top,
            right_speed + push * off_right,
            bottom_speed + push * off_bottom,
        )
        self.doubt = (1 - gain) * doubt, (1 - gain) * drift, haste - push * drift

    def velocity(self) -> Velocity:
        """Of the foot at the last hit."""
        left, _, right, bottom = self.speed
        return (left + right) / 2, bottom

    def pace(self) -> float:
        """Squared speed of foot and of growth, in squared sizes a second."""
        left, top, right, bottom = self.speed
        along, wider, higher = (left + right) / 2, right - left, bottom - top
        mean = size(self.box)
        return (along * along + bottom * bottom + wider * wider + higher * higher) / (mean * mean)

    def moves(self) -> bool:
        """Whether the box surely moves or grows: twice its doubt, and more than boxes jitter."""
        return self.pace() > max(4 * self.doubt[2], STANDING)

    def carry(self, box: Corners, unseen_s: float) -> tuple[Box, Velocity]:
        """A box measured `unseen_s` seconds ago, moved on; and the speed of its foot now."""
        right, down = self.velocity()
        slower = cosh(min(unseen_s / COAST_S, 30.0)) ** 2
        return Box._make(self._moved(box, reach(unseen_s))), (right / slower, down / slower)

    def _moved(self, box: Corners, travel_s: float) -> Corners:
        """The box after so many seconds; its foot stays in the middle if it shrinks."""
        left, top, right, bottom = box
        left_speed, top_speed, right_speed, bottom_speed = self.speed
        left, top = left + left_speed * travel_s, top + top_speed * travel_s
        right, bottom = right + right_speed * travel_s, bottom + bottom_speed * travel_s
        # What shrinks while it is away vanishes at last, but never turns inside out.
        if left > right:
            left = right = (left + right) / 2
        return left, top if top < bottom else bottom, right, bottom
