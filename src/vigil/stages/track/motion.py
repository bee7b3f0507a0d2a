"""How a box moves: a constant-speed Kalman filter whose noise is measured in object sizes.

The four coordinates of a box (foot x, foot y, width, height) share one covariance, counted in
squared sizes of the object, so that a filter costs three numbers and far and near things are
treated alike. Every prediction starts at the last hit and takes one step: looks that did not
happen, or happened elsewhere, change nothing, and any frame rate will do.

Plain numbers, not arrays: a camera sees a handful of things, and for a handful every call into
NumPy costs more than the sum it does.
"""

from math import cosh, tanh
from typing import NamedTuple

from vigil.core import Box

PLACE_NOISE = 0.1**2
"""Variance of a detected box, in squared sizes."""
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
STANDING = 0.1**2
"""Slower than this, in squared sizes a second, is jitter of the box."""

Place = tuple[float, float, float, float]
"""Foot x, foot y, width, height, in pixels."""
Corners = tuple[float, float, float, float]
"""As in `Box`, where a box need not have a name."""
Velocity = tuple[float, float]
"""Of the foot, pixels a second, x right and y down."""


class Motion(NamedTuple):
    """One object at one moment."""

    x: float
    """Foot, pixels; below it, all pixels, and pixels a second."""
    y: float
    width: float
    height: float
    right: float
    """Speed of each of the four above."""
    down: float
    widening: float
    heightening: float
    doubt: float
    """Variance of a coordinate, squared sizes; then its covariance with its speed …"""
    drift: float
    haste: float
    """… and the variance of that speed, squared sizes per squared second."""


def place_of(box: Corners) -> Place:
    """Foot and size of corners."""
    left, top, right, bottom = box
    return (left + right) / 2, bottom, right - left, bottom - top


def corners(place: Place) -> Corners:
    """The way back from `place_of`."""
    x, y, width, height = place
    return x - width / 2, y - height, x + width / 2, y


def size(width: float, height: float) -> float:
    """Mean of width and height, pixels, at least 1."""
    mean = (width + height) / 2
    return mean if mean > 1.0 else 1.0


def noise(width: float, height: float) -> float:
    """Variance of one measured coordinate, squared sizes."""
    mean = size(width, height)
    return PLACE_NOISE + PIXEL_NOISE / (mean * mean)


def pace(motion: Motion) -> float:
    """Squared speed, in squared sizes a second."""
    _, _, width, height, right, down, widening, heightening, _, _, _ = motion
    mean = size(width, height)
    moved, grown = right * right + down * down, widening * widening + heightening * heightening
    return (moved + grown) / (mean * mean)


def begin(place: Place) -> Motion:
    """An object seen for the first time: its speed is unknown."""
    return Motion(*place, 0.0, 0.0, 0.0, 0.0, noise(*place[2:]), 0.0, FIRST_SPEED**2)


def reach(unseen_s: float) -> float:
    """Seconds of travel after `unseen_s` seconds: all of them at first, never above `COAST_S`."""
    return COAST_S * tanh(unseen_s / COAST_S)


def predict(last: Motion, unseen_s: float) -> Motion:
    """Where something seen `unseen_s` seconds ago is now."""
    x, y, width, height, right, down, widening, heightening, doubt, drift, haste = last
    travel_s = reach(unseen_s)
    wide, high = width + widening * travel_s, height + heightening * travel_s
    pushed = ACCELERATION * travel_s
    return Motion(
        x + right * travel_s,
        y + down * travel_s,
        # A box may shrink while it is away, but never turns inside out.
        wide if wide > width / 2 else width / 2,
        high if high > height / 2 else height / 2,
        right,
        down,
        widening,
        heightening,
        doubt + travel_s * (2 * drift + travel_s * (haste + pushed / 3)),
        drift + travel_s * (haste + pushed / 2),
        haste + pushed,
    )


def stray(last: Motion, unwatched_s: float) -> float:
    """Variance of place to add when nobody looked for `unwatched_s`: it may not have stopped."""
    gone_s = min(unwatched_s, STRAY_S)
    return pace(last) * (gone_s - reach(gone_s)) ** 2


def correct(predicted: Motion, measured: Place) -> Motion:
    """Blend a prediction with a measured place (Kalman 1960)."""
    x, y, width, height, right, down, widening, heightening, doubt, drift, haste = predicted
    seen_x, seen_y, seen_width, seen_height = measured
    spread = doubt + noise(seen_width, seen_height)
    gain, push = doubt / spread, drift / spread
    off_x, off_y, off_width, off_height = (
        seen_x - x, seen_y - y, seen_width - width, seen_height - height,
    )  # fmt: skip
    return Motion(
        x + gain * off_x,
        y + gain * off_y,
        width + gain * off_width,
        height + gain * off_height,
        right + push * off_x,
        down + push * off_y,
        widening + push * off_width,
        heightening + push * off_height,
        (1 - gain) * doubt,
        (1 - gain) * drift,
        haste - push * drift,
    )


def between(measured: Corners, filtered: Motion) -> Box:
    """Half way: measured boxes jitter, and filtered ones come late when speed changes."""
    left, top, right, bottom = measured
    x, y, width, height = filtered[:4]
    half = width / 2
    return Box(
        (left + x - half) / 2, (top + y - height) / 2, (right + x + half) / 2, (bottom + y) / 2
    )


def moves(motion: Motion) -> bool:
    """Whether the box surely moves or grows: twice its doubt, and more than boxes jitter."""
    doubt = 4 * motion.haste
    return pace(motion) > (doubt if doubt > STANDING else STANDING)


def carry(last: Motion, box: Box, unseen_s: float) -> tuple[Box, Velocity]:
    """A moving box measured `unseen_s` seconds ago, moved on; and the speed of its foot now.

    What is cut by the border of the picture keeps its foot there and shrinks.
    """
    travel_s = reach(unseen_s)
    x, y, width, height = place_of(box)
    place = (
        x + last.right * travel_s,
        y + last.down * travel_s,
        max(width + last.widening * travel_s, 0.0),
        max(height + last.heightening * travel_s, 0.0),
    )
    slower = cosh(min(unseen_s / COAST_S, 30.0)) ** 2
    return Box._make(corners(place)), (last.right / slower, last.down / slower)
