"""How boxes move: a constant-speed Kalman filter whose noise is measured in object sizes.

The four coordinates of a box (foot x, foot y, width, height) share one covariance, counted in
squared sizes of the object, so that a filter costs three numbers and far and near things are
treated alike. Every prediction starts at the last hit and takes one step: looks that did not
happen, or happened elsewhere, change nothing, and any frame rate will do.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from vigil.core import Boxes

PLACE_NOISE = 0.05
"""Standard deviation of a detected box, in sizes."""
PIXEL_NOISE = 1.0
"""The same in pixels: what remains for the smallest things."""
FIRST_SPEED = 2.0
"""Standard deviation of the speed of something new, sizes a second."""
ACCELERATION = 0.3
"""Density of the white noise that drives the speed, squared sizes per cubic second."""
COAST_S = 2.0
"""An unseen thing is carried on for about this long and then taken to have stopped."""
STRAY_S = 3.0
"""When nobody looked it may have gone on: for so long its speed widens the search."""
STANDING = 0.1
"""Slower than this, in sizes a second, is jitter of the box."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """Places, speeds and doubts of n objects at one moment; columns as in `Tracks`."""

    place: Float64[np.ndarray, "n 4"]
    speed: Float64[np.ndarray, "n 4"]
    doubt: Float64[np.ndarray, "n 3"]

    def where(self, rows: Int64[np.ndarray, "k"]) -> "Motion":
        """Some of them."""
        return Motion(place=self.place[rows], speed=self.speed[rows], doubt=self.doubt[rows])


def places(boxes: Boxes) -> Float64[np.ndarray, "n 4"]:
    """Foot x, foot y, width, height of corners x1, y1, x2, y2."""
    result = np.empty((len(boxes), 4))
    result[:, 0] = (boxes[:, 0] + boxes[:, 2]) / 2
    result[:, 1] = boxes[:, 3]
    result[:, 2:] = boxes[:, 2:] - boxes[:, :2]
    return result


def corners(place: Float64[np.ndarray, "n 4"]) -> Boxes:
    """The way back from `places`."""
    result = np.empty((len(place), 4), np.float32)
    half = place[:, 2] / 2
    result[:, 0] = place[:, 0] - half
    result[:, 1] = place[:, 1] - place[:, 3]
    result[:, 2] = place[:, 0] + half
    result[:, 3] = place[:, 1]
    return result


def sizes(place: Float64[np.ndarray, "n 4"]) -> Float64[np.ndarray, "n"]:
    """Mean of width and height, pixels, at least 1."""
    return np.asarray(np.maximum((place[:, 2] + place[:, 3]) / 2, 1.0))


def noise(size: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Variance of one measured coordinate, squared sizes."""
    return np.asarray(PLACE_NOISE**2 + (PIXEL_NOISE / size) ** 2)


def begin(place: Float64[np.ndarray, "n 4"]) -> Motion:
    """Objects seen for the first time: their speed is unknown."""
    doubt = np.zeros((len(place), 3))
    doubt[:, 0] = noise(sizes(place))
    doubt[:, 2] = FIRST_SPEED**2
    return Motion(place=place, speed=np.zeros((len(place), 4)), doubt=doubt)


def reach(unseen_s: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Seconds of travel after `unseen_s` seconds: all of them at first, never above `COAST_S`."""
    return np.asarray(COAST_S * np.tanh(unseen_s / COAST_S))


def predict(
    last: Motion, unseen_s: Float64[np.ndarray, "n"], unwatched_s: Float64[np.ndarray, "n"]
) -> Motion:
    """Where things seen `unseen_s` seconds ago are now; nobody looked for `unwatched_s` of them."""
    travel_s = reach(unseen_s)
    place = last.place + last.speed * travel_s[:, None]
    # A box may shrink while it is away, but never turns inside out.
    np.maximum(place[:, 2:], last.place[:, 2:] / 2, out=place[:, 2:])
    still, both, moving = last.doubt.T
    stray_s = np.minimum(unwatched_s, STRAY_S) - reach(np.minimum(unwatched_s, STRAY_S))
    stray = (last.speed[:, :2] ** 2).sum(1) * (stray_s / sizes(last.place)) ** 2
    doubt = np.empty_like(last.doubt)
    drift = ACCELERATION * travel_s
    doubt[:, 0] = still + travel_s * (2 * both + travel_s * (moving + drift / 3)) + stray
    doubt[:, 1] = both + travel_s * (moving + drift / 2)
    doubt[:, 2] = moving + drift
    return Motion(place=place, speed=last.speed, doubt=doubt)


def correct(predicted: Motion, measured: Float64[np.ndarray, "n 4"]) -> Motion:
    """Blend predictions with measured places, row by row (Kalman 1960)."""
    still, both, moving = predicted.doubt.T
    total = still + noise(sizes(measured))
    place_gain, speed_gain = still / total, both / total
    surprise = measured - predicted.place
    doubt = np.empty_like(predicted.doubt)
    doubt[:, 0] = (1 - place_gain) * still
    doubt[:, 1] = (1 - place_gain) * both
    doubt[:, 2] = moving - speed_gain * both
    return Motion(
        place=predicted.place + place_gain[:, None] * surprise,
        speed=predicted.speed + speed_gain[:, None] * surprise,
        doubt=doubt,
    )


def moves(motion: Motion) -> Bool[np.ndarray, "n"]:
    """Whether the box surely moves or grows: twice its doubt, and more than boxes jitter."""
    speed = (motion.speed**2).sum(1) / sizes(motion.place) ** 2
    return np.asarray(speed > np.maximum(4 * motion.doubt[:, 2], STANDING**2))


def carry(
    last: Motion, box: Boxes, unseen_s: Float64[np.ndarray, "n"]
) -> tuple[Boxes, Float64[np.ndarray, "n 2"]]:
    """Boxes measured `unseen_s` seconds ago, moved on; and the speed of their feet now, px/s.

    What does not surely move stays exactly where it was measured, for hours. What is cut by the
    border of the picture keeps its foot there and shrinks.
    """
    travel_s = np.where(moves(last), reach(unseen_s), 0.0)[:, None]
    place = places(box) + last.speed * travel_s
    np.maximum(place[:, 2:], 0.0, out=place[:, 2:])
    speed = last.speed[:, :2] / np.cosh(np.minimum(unseen_s / COAST_S, 30.0))[:, None] ** 2
    return corners(place), speed
