"""Which pictures stand for a film: one a shot, one a change, or the most different ones."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, Int64

from vigil.media.shots import Measured, Shot, distance

Descriptors = Float32[np.ndarray, "n d"]
Indices = Int64[np.ndarray, "k"]
CHANGE = 20.0
"""Mean difference of thumbnails, 0 to 255, at which a picture is another one."""


def middles(shots: Sequence[Shot], measured: Measured) -> Indices:
    """The picture nearest to the middle of each shot."""
    wanted = np.array([(shot.start_s + shot.end_s) / 2 for shot in shots])
    return np.asarray(np.abs(measured.times[None] - wanted[:, None]).argmin(axis=1))


def by_change(measured: Measured, change: float = CHANGE) -> Indices:
    """The first picture, and each that differs from the last chosen one by `change`."""
    chosen = [0]
    for at in range(1, len(measured)):
        if distance(measured.thumbs[chosen[-1]], measured.thumbs[at]) >= change:
            chosen.append(at)
    return np.array(chosen, np.int64)


def descriptors(measured: Measured) -> Descriptors:
    """What thumbnails look like, 432 numbers from 0 to 1 a picture; no model is needed."""
    flat = measured.thumbs.reshape(len(measured), -1)
    return np.asarray(flat, np.float32) / np.float32(255)


def k_centre(
    points: Descriptors, count: int, *, first: int | None = None, apart: float = 0.0
) -> Indices:
    """At most `count` of the points, so that none is far from a chosen one; in order of choice.

    Greedy, at most twice as far as the best choice (Gonzalez 1985). It begins with `first`, or with
    the point nearest to the mean. Points no farther than `apart` from a chosen one are not taken.
    """
    if not len(points) or count < 1:
        return np.zeros(0, np.int64)
    if first is None:
        first = int(((points - points.mean(axis=0)) ** 2).sum(axis=1).argmin())
    chosen = [first]
    away = np.linalg.norm(points - points[first], axis=1)
    while len(chosen) < count and away.max() > apart:
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen, np.int64)
