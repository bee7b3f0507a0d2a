"""From joints to the word for how somebody holds themselves."""

import math
from typing import NamedTuple

import numpy as np

from vigil.infer.pose import Pose

SEEN = 0.2
"""Score from which a joint counts."""
LIES, BENDS = 58.0, 35.0
"""Degrees between the trunk and upright from which somebody lies, or is bent."""
SITS = 50.0
"""Degrees between the thighs and upright from which an upright trunk sits."""
FOLDED = 0.45
"""Of a trunk's length: with knees no further below the hips somebody sits, seen from the front."""
EXTENT = 1.5
"""Joints spread so many times wider than high belong to somebody who lies, wherever they point."""


class Held(NamedTuple):
    """A posture, and how clear it is."""

    word: str
    """`lying`, `bent`, `sitting` or `upright`."""
    score: float


def held(pose: Pose) -> Held | None:
    """The posture that joints show; None when shoulders or hips are not to be seen."""
    shoulders, hips = _middle(pose, "shoulder"), _middle(pose, "hip")
    if shoulders is None or hips is None:
        return None
    sure = (shoulders[2] + hips[2]) / 2
    lean, length = _from_upright(shoulders, hips)
    if _is_spread_out(pose):
        lean = max(lean, LIES + 10.0)
    if lean >= LIES:
        return Held("lying", sure * _clear(lean - LIES))
    if lean >= BENDS:
        return Held("bent", sure * _clear(min(lean - BENDS, LIES - lean)))
    knees = _middle(pose, "knee")
    if knees is None:
        return Held("upright", 0.5 * sure)
    thigh, _ = _from_upright(hips, knees)
    drop = (knees[1] - hips[1]) / max(length, 1e-6)
    if thigh >= SITS or drop < FOLDED:
        return Held("sitting", (sure + knees[2]) / 2 * max(_clear(thigh - SITS), 0.6))
    return Held("upright", (sure + knees[2]) / 2 * _clear(BENDS - lean))


def _middle(pose: Pose, joint: str) -> tuple[float, float, float] | None:
    """x, y and score between the left one and the right one, or of the one that is seen."""
    sides = [pose.names.index(f"{side} {joint}") for side in ("left", "right")]
    seen = [index for index in sides if pose.scores[index] >= SEEN]
    if not seen:
        return None
    x, y = pose.points[seen].mean(axis=0)
    return float(x), float(y), float(pose.scores[seen].mean())


def _from_upright(
    upper: tuple[float, float, float], lower: tuple[float, float, float]
) -> tuple[float, float]:
    """Degrees, 0 upright to 180 upside down, and length in pixels."""
    right, down = lower[0] - upper[0], lower[1] - upper[1]
    return math.degrees(math.atan2(abs(right), down)), math.hypot(right, down)


def _is_spread_out(pose: Pose) -> bool:
    seen = pose.points[pose.scores >= SEEN]
    if len(seen) < 6:
        return False
    wide, high = np.ptp(seen, axis=0)
    return bool(wide >= EXTENT * max(high, 1.0))


def _clear(degrees: float) -> float:
    """Near a border between two words either may be right."""
    return 0.5 + 0.5 * min(1.0, max(0.0, degrees) / 20.0)
