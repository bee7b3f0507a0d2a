"""Where it burns: cells of the colour of fire that flicker and keep their place."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from vigil.core import Box, Image
from vigil.stages.blobs import Mask
from vigil.stages.flicker import Flicker, fire_coloured
from vigil.stages.sense.plume_regions import Region, Regions

Flags = Bool[np.ndarray, "h w"]

LEAST = 5
"""Cells, of a picture 160 wide: a thirtieth of its width across."""
RESTLESS = 2.0
"""Turns a second from which on a cell flickers."""
OFTEN = 0.35
"""Share of the time in which it must have had the colour of fire."""
BRIGHT = 205.0
"""Red that it must have reached lately: a fire shines by itself."""
STIRRING = 1.5
"""Turns a second from which on a cell that never had the colour stirs."""
UNLIKE = 0.15
MOST_STIR = 0.12
"""When so much of the picture stirs that is no fire, the camera moves, or all there is does."""
IDLE_S = 0.2
"""Without any cell of the colour, the picture is looked at so often …"""
BUSY_S = 0.1
"""… and with some, so often: a flame turns some five times a second, and ten pictures show it; on
the clips of `python -m benchmarks fire` twenty told the same, at twice the cost."""
MEASURE_S = 0.15
"""Cells are followed from picture to picture, regions so often."""
GONE_S = 0.6
SETTLE_S = 1.0
WEIGHT = 0.4
RIM = 7
"""Cells around a region that tell whether what is near it stirs as well."""
STEEP = 2.67
FULL_FLICKER = 8.0
"""Turns a second that count as the most restless there is."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What a region is seen in."""

    picture: Image
    coloured: Mask
    """Where the colour is that of fire."""
    strange: Flags
    """Where it stirs without ever having had that colour."""


class FireRegions:
    """Follows flickering regions from picture to picture."""

    def __init__(self, ids: Iterator[int]) -> None:
        self._regions = Regions("fire", gone_s=GONE_S, settle_s=SETTLE_S, ids=ids)
        self._flicker: Flicker | None = None
        self._seen_s = self._measured_s = float("-inf")

    def __iter__(self) -> Iterator[Region]:
        return iter(self._regions)

    def due(self, time_s: float) -> bool:
        """Whether it wants to see a picture of that time."""
        every_s = IDLE_S if self._flicker is None else BUSY_S
        return not 0.0 <= time_s - self._seen_s < every_s - 1e-3

    def see(self, picture: Image, allowed: Mask, time_s: float) -> None:
        """Take in a picture, 160 wide; what is not `allowed` is not looked at."""
        self._seen_s = time_s
        mask = np.asarray(cv2.bitwise_and(fire_coloured(picture), allowed), np.uint8)
        if self._flicker is None or not self._flicker.fits(picture, time_s):
            self._regions.clear()
            found = cv2.countNonZero(mask) >= LEAST
            self._flicker = Flicker(picture, time_s) if found else None
            return
        self._flicker.see(picture, mask, time_s)
        if 0.0 <= time_s - self._measured_s < MEASURE_S - 1e-3:
            return
        self._measured_s = time_s
        strange = (self._flicker.turns > STIRRING) & (self._flicker.coloured < UNLIKE)
        hot = self._hot(self._flicker, strange)
        for region in self._regions.see(hot, time_s, least=LEAST):
            self._measure(region, self._flicker, Around(picture, mask, strange))
        if not cv2.countNonZero(mask) and self._flicker.coloured.max() < UNLIKE / 2:
            self._flicker = None

    def _hot(self, flicker: Flicker, strange: Flags) -> Mask:
        """Where it flickers like fire; nowhere while much of the picture stirs that is none."""
        if np.count_nonzero(strange) > MOST_STIR * strange.size:
            return np.zeros(strange.shape, np.uint8)
        hot = (flicker.turns > RESTLESS) & (flicker.coloured > OFTEN) & (flicker.peak > BRIGHT)
        whole = cv2.morphologyEx(hot.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        return np.asarray(whole, np.uint8)

    def _measure(self, region: Region, flicker: Flicker, around: Around) -> None:
        here = _window(region.box, RIM, flicker.turns.shape)
        cells = region.cells[here]
        own, near = cells > 0, cv2.dilate(cells, np.ones((5, 5), np.uint8)) > 0
        rim = (cv2.dilate(cells, np.ones((2 * RIM + 1,) * 2, np.uint8)) > 0) & ~near
        found = {
            "flicker": float(flicker.turns[here][own].mean()) / FULL_FLICKER,
            "coloured": float(flicker.coloured[here][own].mean()),
            "peak": float(np.percentile(flicker.peak[here][own], 90)) / 255,
            "calm": 1.0 - float(around.strange[here][rim].mean()) if rim.any() else 1.0,
        }
        found |= _hues(around.picture[here][near & (around.coloured[here] > 0)])
        for trait, value in found.items():
            region.note(trait, value, WEIGHT)


def _hues(colours: UInt8[np.ndarray, "n 3"]) -> dict[str, float]:
    """How many hues there are, from red to yellow, and whether what is brighter is yellower."""
    if len(colours) < 4:
        return {}
    red = colours[:, 0].astype(np.float32)
    yellow = colours[:, 1] / red
    spread = float(yellow.std())
    if spread < 0.005 or red.std() < 1.0:
        return {"spread": spread, "yellows": 0.0}
    return {"spread": spread, "yellows": float(np.corrcoef(red, yellow)[0, 1])}


def fire_score(region: Region) -> float:
    """How much it is like a fire, 0 to 1.

    Restless, of the colour for most of the time, shining, of many hues of which the brighter are
    not the redder ones, of some size, and in calm surroundings: whoever moves is not all orange.
    """
    traits = region.traits
    parts = (
        _ramp(traits["flicker"], 0.22, 0.45),
        _ramp(traits["coloured"], 0.3, 0.7),
        _ramp(traits["peak"], 0.8, 0.95),
        _ramp(traits["calm"], 0.65, 0.97),
        _ramp(traits.get("spread", 0.0), 0.045, 0.1),
        _ramp(traits.get("yellows", 0.0), -0.6, -0.05),
        _ramp(region.area, 1, 16),
    )
    # So that 0.5 parts the fires from the others of the clips it was measured on.
    return float(np.prod(parts) ** (STEEP / len(parts)))


def _window(box: Box, margin: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a box with a margin."""
    return (
        slice(max(0, int(box.y1) - margin), min(shape[0], int(box.y2) + margin)),
        slice(max(0, int(box.x1) - margin), min(shape[1], int(box.x2) + margin)),
    )


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.02, 1))
