"""How somebody holds themselves who does not walk: joint angles, and what lies between two."""

from dataclasses import astuple, dataclass, replace

import numpy as np

Pair = tuple[float, float]
"""Left and right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """Angles in radians; everything at 0 stands at attention. The lowest point is on the ground."""

    pitch: float = 0.0
    """By which the whole body is tilted to its front: 1.57 lies on its face, -1.57 on its back."""
    roll: float = 0.0
    """By which it is tilted to its right side."""
    bend: float = 0.0
    """By which the trunk leans forward from the hips."""
    hips: Pair = (0.0, 0.0)
    """By which the thighs are raised to the front."""
    knees: Pair = (0.0, 0.0)
    """By which the knees are bent."""
    arms: Pair = (0.05, 0.05)
    """By which the upper arms are raised to the front: 1.57 level, 3 up."""
    elbows: Pair = (0.25, 0.25)
    spread: float = 0.1
    """By which the arms are raised to the sides, up to 1.2."""
    turn: float = 0.0
    """By which the shoulders are turned to the left."""
    aside_m: float = 0.0
    """Metres to the own right of where they stood."""
    ahead_m: float = 0.0
    """Metres before where they stood."""
    lift_m: float = 0.0
    """Metres above the ground of the lowest point."""

    def rounded(self) -> "Posture":
        """The nearest one of a coarser kind, so that a body need not be made for every picture."""
        return _made((np.round(_numbers(self) / STEP) * STEP).tolist())


STEP = 0.04
"""Radians, and metres, between two postures that are drawn differently."""

STANDING = Posture()
LYING_FRONT = Posture(
    pitch=1.5, hips=(-0.05, 0.25), knees=(0.1, 0.7), arms=(2.3, 1.9), elbows=(0.9, 1.2), spread=0.5
)
LYING_BACK = Posture(
    pitch=-1.5, hips=(0.1, 0.45), knees=(0.15, 0.9), arms=(-0.1, 0.3), elbows=(0.4, 0.9), spread=0.7
)
LYING_RIGHT = Posture(
    roll=1.45, bend=0.25, hips=(0.7, 0.35), knees=(1.0, 0.6), arms=(1.0, 1.5), elbows=(0.6, 0.5)
)
LYING_LEFT = replace(
    LYING_RIGHT, roll=-1.45, hips=(0.35, 0.7), knees=(0.6, 1.0), arms=(1.5, 1.0)
)  # fmt: skip
SITTING = Posture(
    pitch=-0.3, bend=0.35, hips=(1.5, 1.35), knees=(0.7, 0.9), arms=(0.3, 0.5), elbows=(0.5, 0.6)
)
CROUCHING = Posture(
    bend=0.55, hips=(1.95, 1.85), knees=(2.15, 2.25), arms=(0.9, 0.8), elbows=(0.5, 0.6)
)
KNEELING = Posture(
    pitch=0.1, bend=0.3, hips=(0.25, 1.3), knees=(1.75, 1.5), arms=(0.7, 0.5), elbows=(0.4, 0.5)
)
ALL_FOURS = Posture(
    pitch=0.55, bend=0.75, hips=(1.1, 1.2), knees=(1.75, 1.7), arms=(1.45, 1.4), elbows=(0.1, 0.1)
)
REACHING_DOWN = Posture(
    bend=1.35, hips=(0.55, 0.45), knees=(0.75, 0.65), arms=(1.25, 1.35), elbows=(0.1, 0.1)
)
BUCKLING = Posture(
    pitch=0.05, bend=0.45, hips=(1.0, 1.2), knees=(1.7, 1.9), arms=(0.1, 0.2), elbows=(0.2, 0.2)
)
STUMBLING = Posture(
    pitch=0.55, bend=0.25, hips=(0.9, -0.2), knees=(0.9, 0.5), arms=(1.3, 1.0), elbows=(0.4, 0.5),
    spread=0.4,
)  # fmt: skip
TOPPLING_BACK = Posture(
    pitch=-0.7, bend=0.4, hips=(0.7, 0.4), knees=(0.5, 0.6), arms=(1.0, 0.7), spread=0.7
)


def blend(one: Posture, other: Posture, share: float) -> Posture:
    """What lies between two postures; 0 is the first, 1 the second."""
    return _made(((1 - share) * _numbers(one) + share * _numbers(other)).tolist())


def _numbers(posture: Posture) -> np.ndarray:
    """All fields in a row, pairs as two."""
    return np.array(np.hstack(astuple(posture)), np.float64)


def _made(numbers: list[float]) -> Posture:
    """The opposite of `_numbers`."""
    pitch, roll, bend, h1, h2, k1, k2, a1, a2, e1, e2, spread, turn, aside, ahead, lift = numbers
    return Posture(
        pitch=pitch, roll=roll, bend=bend, hips=(h1, h2), knees=(k1, k2), arms=(a1, a2),
        elbows=(e1, e2), spread=spread, turn=turn, aside_m=aside, ahead_m=ahead, lift_m=lift,
    )  # fmt: skip
