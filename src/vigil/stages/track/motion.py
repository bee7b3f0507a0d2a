"""How boxes move: a constant-speed Kalman filter whose noise is measured in object sizes.

The four coordinates of a box (foot x, foot y, width, height) share one covariance, counted in
squared sizes of the object, so that a filter costs three numbers and far and near things are
treated alike. Every prediction starts at the last hit and takes one step: looks that did not
happen, or happened elsewhere, change nothing, and any frame rate will do.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64

from vigil.core import Boxes

PLACE_NOISE = 0.07
"""Standard deviation of a detected box, in sizes."""
PIXEL_NOISE = 1.0
"""The same in pixels: what remains for the smallest things."""
FIRST_SPEED = 1.0
"""Standard deviation of the speed of something new, sizes a second."""
ACCELERATION = 0.3
"""Density of the white noise that drives the speed, squared sizes per cubic second."""
COAST_S = 2.0
"""An unseen thing is carried on for about this long and then taken to have stopped."""
STRAY_S = 3.0
"""When nobody looked it may have gone on: for so long its speed widens the search."""
STANDING = 0.1
"""Slower than this, in sizes a second, is jitter of the box."""

TO_PLACE = np.array([[0.5, 0, -1, 0], [0, 0, 0, -1], [0.5, 0, 1, 0], [0, 1, 0, 1]])
"""x1, y1, x2, y2 times this is foot x, foot y, width, height."""
TO_CORNERS = np.linalg.inv(TO_PLACE)

ONCE = np.array([[0.0, 0, 0], [2, 0, 0], [0, 1, 0]])
TWICE = np.array([[0.0, 0, 0], [0, 0, 0], [1, 0, 0]])
POWERS = np.array([3.0, 2.0, 1.0])
"""Doubt grows by doubt @ ONCE for each second, by doubt @ TWICE for each squared second, and by
the acceleration's share of t^3 / 3, t^2 / 2 and t."""

HALVES = np.array([[0.5], [0.5]])

Places = Float64[np.ndarray, "n 4"]
"""Foot x, foot y, width, height, in pixels."""
Seconds = Float64[np.ndarray, "n 1"] | float
"""For each object, or for all of them."""


class Motion(NamedTuple):
    """N objects at one moment."""

    place: Places
    speed: Places
    """Change of `place` a second."""
    doubt: Float64[np.ndarray, "n 3"]
    """Variance of place, covariance, variance of speed, in squared sizes (and seconds)."""


def places(boxes: Boxes) -> Places:
    """Foot x, foot y, width, height of corners."""
    return np.asarray(boxes @ TO_PLACE)


def corners(place: Places) -> Boxes:
    """The way back from `places`."""
    return np.asarray(place @ TO_CORNERS, np.float32)


def sizes(place: Places) -> Float64[np.ndarray, "n 1"]:
    """Mean of width and height, pixels, at least 1."""
    return np.asarray(np.maximum(place[:, 2:] @ HALVES, 1.0))


def noise(place: Places) -> Float64[np.ndarray, "n 1"]:
    """Variance of one measured coordinate, squared sizes."""
    return np.asarray(PLACE_NOISE**2 + PIXEL_NOISE**2 / sizes(place) ** 2)


def begin(place: Places) -> Motion:
    """Objects seen for the first time: their speed is unknown."""
    doubt = np.zeros((len(place), 3))
    doubt[:, :1] = noise(place)
    doubt[:, 2] = FIRST_SPEED**2
    return Motion(place, np.zeros_like(place), doubt)


def reach(unseen_s: Seconds) -> Seconds:
    """Seconds of travel after `unseen_s` seconds: all of them at first, never above `COAST_S`."""
    return COAST_S * np.tanh(unseen_s / COAST_S)


def predict(last: Motion, unseen_s: Seconds) -> Motion:
    """Where things seen `unseen_s` seconds ago are now."""
    travel_s = reach(unseen_s)
    place = last.place + last.speed * travel_s
    # A box may shrink while it is away, but never turns inside out.
    np.maximum(place[:, 2:], last.place[:, 2:] / 2, out=place[:, 2:])
    doubt = last.doubt + (last.doubt @ ONCE) * travel_s + (last.doubt @ TWICE) * travel_s**2
    doubt += ACCELERATION * travel_s**POWERS / POWERS
    return Motion(place, last.speed, doubt)


def stray(last: Motion, unwatched_s: Float64[np.ndarray, "n 1"]) -> Float64[np.ndarray, "n 1"]:
    """Variance of place to add when nobody looked for `unwatched_s`: it may not have stopped."""
    gone_s = np.minimum(unwatched_s, STRAY_S)
    return np.asarray(_pace(last) * (gone_s - reach(gone_s)) ** 2)


def correct(predicted: Motion, measured: Places) -> Motion:
    """Blend predictions with measured places, row by row (Kalman 1960)."""
    place, speed, doubt = predicted
    gain = doubt[:, :2] / (doubt[:, :1] + noise(measured))
    surprise = measured - place
    settled = np.empty_like(doubt)
    settled[:, :2] = (1 - gain[:, :1]) * doubt[:, :2]
    settled[:, 2] = doubt[:, 2] - gain[:, 1] * doubt[:, 1]
    return Motion(place + gain[:, :1] * surprise, speed + gain[:, 1:] * surprise, settled)


def moves(motion: Motion) -> Bool[np.ndarray, "n"]:
    """Whether the box surely moves or grows: twice its doubt, and more than boxes jitter."""
    doubt = np.maximum(4 * motion.doubt[:, 2:], STANDING**2)
    return np.asarray(_pace(motion) > doubt)[:, 0]


def carry(
    last: Motion, box: Boxes, unseen_s: Float64[np.ndarray, "n 1"]
) -> tuple[Boxes, Float64[np.ndarray, "n 2"]]:
    """Boxes measured `unseen_s` seconds ago, moved on; and the speed of their feet now, px/s.

    What does not surely move stays exactly where it was measured, for hours. What is cut by the
    border of the picture keeps its foot there and shrinks.
    """
    moving = moves(last)[:, None]
    place = places(box) + last.speed * reach(unseen_s)
    np.maximum(place[:, 2:], 0.0, out=place[:, 2:])
    speed = last.speed[:, :2] / np.cosh(np.minimum(unseen_s / COAST_S, 30.0)) ** 2
    return np.where(moving, corners(place), box), speed


def _pace(motion: Motion) -> Float64[np.ndarray, "n 1"]:
    """Squared speed, in squared sizes a second."""
    pace = motion.speed / sizes(motion.place)
    return np.asarray((pace**2).sum(1, keepdims=True))
