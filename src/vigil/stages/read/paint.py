"""The colour that most of a surface has, in a word.

Pixels vote in CIE L*a*b* (8 bits, as OpenCV has it, brought back to L* 0..100 and a*, b* around
0), because hue and chroma there are what people see. What is glass, tyre or shadow is dark and
without hue: it votes only where nearly everything is.
"""

from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from vigil.core import Image

SAMPLE_PX = 48
"""Pixels a side in which votes are counted: more change nothing."""
VIVID = 18.0
"""Chroma from which a pixel has a hue …"""
MOSTLY = 0.3
"""… and share of such pixels from which the surface has one."""
DIM = 10.0
"""L* below which no hue is to be told."""
BLACK, WHITE = 28.0, 74.0
"""L* up to which paint is black, and from which it is white."""
BODY = 65.0
"""Percentile of L* taken for the paint's own: windows and tyres are darker, glare is brighter."""
HUES = (
    (22.0, "rose"), (56.0, "red"), (80.0, "orange"), (110.0, "yellow"),
    (190.0, "green"), (312.0, "blue"), (345.0, "purple"), (360.0, "rose"),
)  # fmt: skip
"""Upper ends of hue angles in the a*b* plane, degrees from +a* towards +b*, and their words."""
PINK = 68.0
"""L* from which rose is pink; below, people call it red, and so is a red roof in the sun."""
COLOURS = (
    "black", "grey", "white", "red", "orange", "yellow", "green", "blue", "purple", "brown",
    "pink",
)  # fmt: skip


class Paint(NamedTuple):
    """A colour and the share of votes for it."""

    word: str
    share: float


def paint_of(image: Image) -> Paint:
    """The colour of a crop in which the surface fills the middle."""
    lab = _sampled(image)
    light, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    weights = _towards_the_middle()
    vivid = (chroma >= VIVID) & (light >= DIM)
    share = float(weights[vivid].sum() / weights.sum())
    if share >= MOSTLY:
        return _by_hue(lab[vivid], weights[vivid], share)
    return _by_light(light[~vivid], 1.0 - share)


def _sampled(image: Image) -> Float32[np.ndarray, "n 3"]:
    small = cv2.resize(image, (SAMPLE_PX, SAMPLE_PX), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(np.asarray(small, np.float32) / 255.0, cv2.COLOR_RGB2LAB)
    return np.asarray(lab.reshape(-1, 3), np.float32)


def _towards_the_middle() -> Float32[np.ndarray, "n"]:
    """One at the middle, a quarter at the edges: those show the road and the neighbours."""
    line = np.linspace(-1.0, 1.0, SAMPLE_PX, dtype=np.float32)
    squares = line[:, None] ** 2 + line[None, :] ** 2
    return np.asarray(np.exp(-0.7 * squares).reshape(-1), np.float32)


def _by_hue(
    lab: Float32[np.ndarray, "n 3"], weights: Float32[np.ndarray, "n"], share: float
) -> Paint:
    angle = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360.0
    ends = np.array([end for end, _ in HUES])
    votes: dict[str, float] = {}
    # Vivid pixels are the paint, dull ones what is mirrored in it.
    strength = weights * np.hypot(lab[:, 1], lab[:, 2])
    of_pixel = np.searchsorted(ends, angle, side="right").clip(0, len(HUES) - 1)
    for index, (_, word) in enumerate(HUES):
        mine: Bool[np.ndarray, n] = of_pixel == index
        if mine.any():
            name = _shade(word, lab[mine], weights[mine])
            votes[name] = votes.get(name, 0.0) + float(strength[mine].sum())
    best = max(votes, key=lambda name: votes[name])
    agreed = votes[best] / sum(votes.values())
    return Paint(best, agreed * min(1.0, 0.5 + share))


def _shade(word: str, lab: Float32[np.ndarray, "n 3"], weights: Float32[np.ndarray, "n"]) -> str:
    """Hues that have names of their own when dark or pale."""
    light = float(np.average(lab[:, 0], weights=weights))
    chroma = float(np.average(np.hypot(lab[:, 1], lab[:, 2]), weights=weights))
    if word == "rose":
        return "pink" if light >= PINK else "red"
    if word in ("orange", "red") and light < 45 and chroma < 42:
        return "brown"
    return "brown" if word == "yellow" and light < 42 else word


def _by_light(light: Float32[np.ndarray, "n"], share: float) -> Paint:
    level = float(np.percentile(light, BODY))
    word = "black" if level < BLACK else "white" if level >= WHITE else "grey"
    # Near a border between two words, either may be right.
    margin = min(abs(level - BLACK), abs(level - WHITE)) / 12.0
    return Paint(word, share * (0.55 + 0.45 * min(1.0, margin)))
