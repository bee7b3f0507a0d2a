"""What somebody does at a time of the story instead of walking: they fall, sit, jump, fight."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from vigil.sim.postures import (
    ALL_FOURS,
    BUCKLING,
    CROUCHING,
    KNEELING,
    LYING_BACK,
    LYING_FRONT,
    LYING_LEFT,
    LYING_RIGHT,
    REACHING_DOWN,
    SITTING,
    STANDING,
    STUMBLING,
    TOPPLING_BACK,
    Posture,
    blend,
)

Falling = Literal["trip", "fall_forward", "fall_backward", "fall_left", "fall_right", "faint"]
Resting = Literal["lie_down", "sit_down", "crouch", "kneel", "pick_up"]
Moving = Literal[
    "jump", "punch", "push", "grapple", "ward_off", "hug", "shake_hands", "dance", "talk"
]
FALLS: tuple[Falling, ...] = (
    "trip", "fall_forward", "fall_backward", "fall_left", "fall_right", "faint",
)  # fmt: skip
FIGHTS: tuple[Moving, ...] = ("punch", "push", "grapple", "ward_off")
GROUND = frozenset({*FALLS, "lie_down"})
"""Deeds that end on the ground."""
Keys = tuple[tuple[float, Posture], ...]
"""Postures, and in how many seconds each is reached from the one before."""

DOWN: dict[str, Keys] = {
    "trip": ((0.22, STUMBLING), (0.38, LYING_FRONT)),
    "fall_forward": ((0.3, replace(BUCKLING, pitch=0.5, bend=0.3)), (0.5, LYING_FRONT)),
    "fall_backward": ((0.35, TOPPLING_BACK), (0.4, LYING_BACK)),
    "fall_left": ((0.35, replace(BUCKLING, roll=-0.5, bend=0.2)), (0.4, LYING_LEFT)),
    "fall_right": ((0.35, replace(BUCKLING, roll=0.5, bend=0.2)), (0.4, LYING_RIGHT)),
    "faint": ((0.7, BUCKLING), (0.4, replace(SITTING, roll=0.3)), (0.7, LYING_RIGHT)),
    "lie_down": ((1.2, KNEELING), (1.4, SITTING), (1.6, LYING_BACK)),
    "sit_down": ((0.8, CROUCHING), (0.9, SITTING)),
    "crouch": ((0.9, CROUCHING),),
    "kneel": ((1.1, KNEELING),),
    "pick_up": ((0.9, REACHING_DOWN),),
}
UP: dict[str, Keys] = {
    "lie_down": ((1.3, SITTING), (1.3, KNEELING), (1.0, STANDING)),
    "sit_down": ((1.0, CROUCHING), (0.9, STANDING)),
    "crouch": ((0.9, STANDING),),
    "kneel": ((1.0, STANDING),),
    "pick_up": ((0.9, STANDING),),
}
FROM_A_FALL: Keys = ((1.4, ALL_FOURS), (1.2, KNEELING), (1.0, STANDING))
FADE_S = 0.3
"""In which a motion begins and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something done on the spot; the route of who does it should stop there meanwhile."""

    what: Falling | Resting | Moving
    start_s: float
    lasts_s: float = 5.0
    """How long it is held once reached, or gone on with."""
    gets_up: bool = True
    """False: stays as it is for good."""
    faces: float | None = None
    """Where they turn to, radians from +x towards +y; None: along their way."""
    seed: int = 0
    """Of the rhythm of a motion."""

    @property
    def reached_s(self) -> float:
        """When they lie, sit, crouch …; a motion is there at once."""
        return self.start_s + sum(seconds for seconds, _ in DOWN.get(self.what, ()))

    @property
    def rises_s(self) -> float:
        """When they begin to get up."""
        return self.reached_s + self.lasts_s if self.gets_up else float("inf")

    @property
    def end_s(self) -> float:
        """When they stand again."""
        return self.rises_s + sum(seconds for seconds, _ in self._up)

    @property
    def _up(self) -> Keys:
        return () if self.what not in DOWN else UP.get(self.what, FROM_A_FALL)

    def posture(self, time_s: float) -> Posture | None:
        """How they hold themselves; None before and after."""
        if not self.acts(time_s):
            return None
        if self.what in DOWN:
            down = DOWN[self.what]
            if time_s < self.rises_s:
                return _between((STANDING, *down), time_s - self.start_s, hurries=self.falls)
            return _between((down[-1][1], *self._up), time_s - self.rises_s)
        since_s, left_s = time_s - self.start_s, self.end_s - time_s
        share = min(since_s / FADE_S, left_s / FADE_S, 1.0)
        rhythm = np.random.default_rng([self.seed, 19]).uniform(0.85, 1.15, 2)
        moved = MOTIONS[self.what](since_s * float(rhythm[0]), float(rhythm[1]))
        return blend(STANDING, moved, share)

    def acts(self, time_s: float) -> bool:
        """Whether it goes on at that moment."""
        return self.start_s <= time_s < self.end_s

    @property
    def falls(self) -> bool:
        """Whether it is a fall."""
        return self.what in FALLS


def _between(keys: tuple[Posture | tuple[float, Posture], ...], since_s: float, *,
             hurries: bool = False) -> Posture:  # fmt: skip
    """The posture so long after the first of the keys; a fall grows ever faster."""
    stages = [keys[0] if isinstance(keys[0], tuple) else (0.0, keys[0])]
    stages += [key for key in keys[1:] if isinstance(key, tuple)]
    for (_, before), (seconds, after) in pairwise(stages):
        if since_s < seconds:
            part = since_s / seconds
            share = part**1.6 if hurries else part * part * (3 - 2 * part)
            return blend(before, after, share)
        since_s -= seconds
    return stages[-1][1]


def _wave(time_s: float, hertz: float, phase: float = 0.0) -> float:
    return float(np.sin(2 * np.pi * (hertz * time_s + phase)))


def _jump(time_s: float, _: float) -> Posture:
    part = time_s * 1.1 % 1.0
    if part < 0.5:
        dip = float(np.sin(2 * np.pi * part))
        return Posture(
            hips=(0.7 * dip, 0.7 * dip), knees=(1.2 * dip, 1.2 * dip), bend=0.4 * dip,
            arms=(-0.4 * dip, -0.4 * dip),
        )  # fmt: skip
    height = float(np.sin(2 * np.pi * (part - 0.5)))
    return Posture(lift_m=0.3 * height, arms=(1.6 * height, 1.6 * height), knees=(0.1, 0.2))


def _punch(time_s: float, other: float) -> Posture:
    """Blows of both hands in turn, the weight thrown behind them."""
    left = max(0.0, _wave(time_s, 1.3 * other)) ** 2
    right = max(0.0, _wave(time_s, 1.3 * other, 0.5)) ** 2
    sway = _wave(time_s, 0.7 * other, 0.2)
    return Posture(
        bend=0.25 + 0.15 * sway, hips=(0.35, 0.0), knees=(0.4, 0.3), turn=0.6 * (right - left),
        arms=(0.8 + 0.8 * left, 0.8 + 0.8 * right), elbows=(2.0 - 1.9 * left, 2.0 - 1.9 * right),
        ahead_m=0.15 * sway + 0.15 * max(left, right), aside_m=0.15 * _wave(time_s, 0.45 * other),
    )  # fmt: skip


def _ward_off(time_s: float, other: float) -> Posture:
    """Arms before the face; staggers back and to the sides."""
    reel = _wave(time_s, 1.2 * other, 0.1)
    return Posture(
        pitch=-0.12 + 0.15 * reel, bend=0.35 - 0.25 * reel, hips=(0.3 * abs(reel), 0.1),
        knees=(0.5 * abs(reel), 0.3), arms=(1.3 + 0.5 * reel, 1.5 - 0.4 * reel), elbows=(2.0, 1.8),
        turn=0.4 * reel, ahead_m=-0.2 - 0.2 * _wave(time_s, 0.7 * other),
        aside_m=0.2 * _wave(time_s, 0.5 * other, 0.3),
    )  # fmt: skip


def _push(time_s: float, other: float) -> Posture:
    """A shove with both hands, again and again."""
    thrust = abs(_wave(time_s, 0.75 * other)) ** 2
    return Posture(
        pitch=0.2 * thrust, bend=0.1 + 0.25 * thrust, hips=(0.5 * thrust, 0.0), knees=(0.4, 0.2),
        arms=(0.9 + 0.6 * thrust, 0.9 + 0.6 * thrust), elbows=(1.8 - 1.7 * thrust,) * 2,
        ahead_m=0.3 * thrust, aside_m=0.2 * _wave(time_s, 0.6),
    )  # fmt: skip


def _grapple(time_s: float, other: float) -> Posture:
    """Holds the other around the shoulders and wrestles."""
    pull, turn = _wave(time_s, 0.9 * other), _wave(time_s, 1.3 * other, 0.3)
    return Posture(
        pitch=0.15 * pull, roll=0.22 * turn, bend=0.45 + 0.2 * pull, hips=(0.5, 0.2 + 0.2 * pull),
        knees=(0.6, 0.4), arms=(1.4 + 0.3 * turn, 1.3 - 0.3 * turn), elbows=(0.7, 0.8),
        turn=0.5 * turn, ahead_m=0.25 * pull, aside_m=0.25 * turn,
    )  # fmt: skip


def _hug(time_s: float, _: float) -> Posture:
    sway = 0.05 * _wave(time_s, 0.3)
    return Posture(
        bend=0.12, arms=(1.25, 1.1), elbows=(0.9, 0.8), spread=0.25, roll=sway, ahead_m=0.08
    )


def _shake_hands(time_s: float, _: float) -> Posture:
    shake = 0.12 * _wave(time_s, 1.8) if time_s < 2.5 else 0.0
    raised = 0.75 if time_s < 2.5 else 0.1
    return Posture(bend=0.08, arms=(0.05, raised + shake), elbows=(0.2, 0.5))


def _dance(time_s: float, other: float) -> Posture:
    beat, bar = _wave(time_s, 1.0 * other), _wave(time_s, 0.5 * other)
    dip = 0.25 + 0.25 * beat
    return Posture(
        hips=(dip * 0.6, dip * 0.5), knees=(dip, dip), roll=0.12 * bar, turn=0.3 * bar,
        arms=(0.9 + 0.7 * bar, 0.9 - 0.7 * bar), elbows=(1.3, 1.3), spread=0.4,
        aside_m=0.22 * bar,
    )  # fmt: skip


def _talk(time_s: float, other: float) -> Posture:
    """Stands and moves a hand now and then."""
    word = max(0.0, _wave(time_s, 0.45 * other)) ** 3
    return Posture(arms=(0.05, 0.1 + 0.5 * word), elbows=(0.3, 0.3 + 0.9 * word))


MOTIONS: dict[str, Callable[[float, float], Posture]] = {
    "jump": _jump, "punch": _punch, "push": _push, "grapple": _grapple, "ward_off": _ward_off,
    "hug": _hug, "shake_hands": _shake_hands, "dance": _dance, "talk": _talk,
}  # fmt: skip
