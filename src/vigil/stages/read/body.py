"""From joints to the word for how somebody holds themselves."""

import math
from typing import NamedTuple

import numpy as np

from vigil.infer.pose import Pose

SEEN = 0.2
"""Score from which a joint counts."""
LIES, BENDS = 58.0, 35.0
"""Degrees between the trunk and upright from which somebody lies, or is bent."""
SITS = 42.0
"""Degrees between each thigh and upright, on average, from which an upright trunk sits."""
FOLDED, FORESHORTENED = 0.45, 0.6
"""With knees no further below the hips than so much of the trunk's length, or of the way from the
knees to the ankles, somebody sits, seen from the front.
"""
CUT_OFF = 0.03
"""Of the picture's height: what is found so near its lower edge may lie beyond it."""
EXTENT = 1.5
"""Joints spread so many times wider than high belong to somebody who lies, wherever they point."""


Joint = tuple[float, float, float]
"""x, y and score."""


class Held(NamedTuple):
    """A posture, and how clear it is."""

    word: str
    """`lying`, `bent`, `sitting` or `upright`."""
    score: float


def held(pose: Pose, height: float) -> Held | None:
    """The posture that joints show in a picture so many pixels high.

    None when shoulders or hips are not to be seen.
    """
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
    if knees is None or knees[1] > height * (1 - CUT_OFF):
        return Held("upright", 0.5 * sure)
    spread = _legs(pose)
    sure = (sure + knees[2]) / 2
    if spread >= SITS or _is_folded(pose, hips, knees, length):
        return Held("sitting", sure * max(_clear(spread - SITS), 0.7))
    return Held("upright", sure * _clear(min(BENDS - lean, SITS - spread)))


def _middle(pose: Pose, joint: str, *, sides: tuple[str, ...] = ("left", "right")) -> Joint | None:
    """Between the left one and the right one, or where the one is that is seen."""
    indices = [pose.names.index(f"{side} {joint}") for side in sides]
    seen = [index for index in indices if pose.scores[index] >= SEEN]
    if not seen:
        return None
    x, y = pose.points[seen].mean(axis=0)
    return float(x), float(y), float(pose.scores[seen].mean())


def _from_upright(upper: Joint, lower: Joint) -> tuple[float, float]:
    """Degrees, 0 upright to 180 upside down, and length in pixels."""
    right, down = lower[0] - upper[0], lower[1] - upper[1]
    return math.degrees(math.atan2(abs(right), down)), math.hypot(right, down)


def _legs(pose: Pose) -> float:
    """Degrees from upright of each thigh that is seen, on average."""
    angles = []
    for side in ("left", "right"):
        hip, knee = (_middle(pose, joint, sides=(side,)) for joint in ("hip", "knee"))
        if hip is not None and knee is not None:
            angles.append(_from_upright(hip, knee)[0])
    return sum(angles) / len(angles) if angles else 0.0


def _is_folded(pose: Pose, hips: Joint, knees: Joint, trunk: float) -> bool:
    """Whether the thighs point at the camera."""
    drop = knees[1] - hips[1]
    if drop < FOLDED * trunk:
        return True
    ankles = _middle(pose, "ankle")
    return ankles is not None and 0 < drop < FORESHORTENED * (ankles[1] - knees[1])


def _is_spread_out(pose: Pose) -> bool:
    seen = pose.points[pose.scores >= SEEN]
    if len(seen) < 6:
        return False
    wide, high = np.ptp(seen, axis=0)
    return bool(wide >= EXTENT * max(high, 1.0))


def _clear(degrees: float) -> float:
    """Near a border between two words either may be right."""
    return 0.5 + 0.5 * min(1.0, max(0.0, degrees) / 20.0)
