"""How much moves inside the upper half of the box of each person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Frame, Luma, Scene, Signals, Track

WIDTH = 320
"""Pixels at which pictures are compared."""
COLUMNS, ROWS = 32, 64
"""Each box is stretched to so many pixels, so that near and far count alike."""
UPPER = 36
"""Of those rows the upper ones count: who fights moves the arms, who walks, the legs."""
SHIFT = 2
"""Of those pixels: what is left of the box's own motion is looked for so far away."""
LONGEST_S = 0.5
"""Pictures further apart than this tell nothing."""
FLAT = 5.0
"""Levels added to the contrast, so that noise on somebody dark is no fight."""
SMALLEST = 6.0
"""Pixels of a box's width below which nothing can be told."""
PEOPLE = ("person", "pedestrian")

Patch = Float32[np.ndarray, "rows columns"]
Outline = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """How somebody looked in the last picture."""

    time_s: float
    patch: Patch


class EnergySense:
    """Compares each person with how they looked in the picture before, five times a second.

    The box's own motion is taken out twice: each picture is cut out at the box as it is then, and
    of a few small shifts the one that fits best counts. What is left is told in contrasts a
    second: the mean change of luma over the box, over how much luma varies within it.
    """

    every_picture = False

    def __init__(self, *, masks: Sequence[Outline] = ()) -> None:
        self._seen: dict[int, _Seen] = {}
        self._energy: dict[int, float] = {}

    def see(self, frame: Frame, scene: Scene | None) -> None:
        people = [track for track in scene.tracks if track.label in PEOPLE] if scene else []
        self._energy = {}
        if scene is None or not people:
            self._seen = {}
            return
        luma = frame.luma(WIDTH)
        scale = luma.shape[1] / frame.width
        before, self._seen = self._seen, {}
        for track in people:
            box = _now(track, scene, frame.time_s)
            if box.width * scale < SMALLEST or box.height <= 0:
                continue
            patch = _patch(luma, box, scale)
            self._seen[track.id] = _Seen(frame.time_s, patch)
            last = before.get(track.id)
            if last is not None and 0 < frame.time_s - last.time_s <= LONGEST_S:
                change = _change(last.patch, patch) / (frame.time_s - last.time_s)
                self._energy[track.id] = change / (float(patch.std()) + FLAT)

    def tell(self, signals: Signals) -> Signals:
        return replace(signals, energy=dict(self._energy))


def _now(track: Track, scene: Scene, time_s: float) -> Box:
    """Where somebody believed to be there at an earlier moment is by now."""
    ahead_s = max(0.0, min(time_s - scene.time_s, LONGEST_S))
    right, down = track.velocity[0] * ahead_s, track.velocity[1] * ahead_s
    x1, y1, x2, y2 = track.box
    return Box(x1 + right, y1 + down, x2 + right, y2 + down)


def _patch(luma: Luma, box: Box, scale: float) -> Patch:
    """What a box (source pixels) shows, stretched; beyond the picture its edge goes on."""
    left, top = box.x1 * scale, box.y1 * scale
    stretch = np.array(
        [
            [box.width * scale / COLUMNS, 0.0, left],
            [0.0, box.height * scale / ROWS, top],
        ],
        np.float32,
    )
    patch = cv2.warpAffine(
        luma,
        stretch,
        (COLUMNS, ROWS),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.GaussianBlur(patch, (3, 3), 0), np.float32)


def _change(before: Patch, now: Patch) -> float:
    """Mean change of luma between two patches, levels, at the shift at which they fit best.

    A change of light as a whole is no motion: the median of the change is taken out.
    """
    inner = now[SHIFT : UPPER - SHIFT, SHIFT : COLUMNS - SHIFT]
    best = float("inf")
    for down in (0, SHIFT, 2 * SHIFT):
        for right in (0, SHIFT, 2 * SHIFT):
            moved = before[down : down + inner.shape[0], right : right + inner.shape[1]]
            change = inner - moved
            best = min(best, float(np.abs(change - np.median(change)).mean()))
    return best
