"""Fire and smoke, from colour pictures 160 cells wide."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import cv2
import numpy as np

from vigil.core import Box, Frame, Image, Plume, Scene, Signals, as_array, part
from vigil.stages.blobs import Mask, Polygon, boxes_mask, polygons_mask
from vigil.stages.sense.plume_fire import FireRegions, fire_score
from vigil.stages.sense.plume_regions import Region
from vigil.stages.sense.plume_smoke import SmokeRegions, smoke_score

WIDTH = 160
"""Cells in a row."""
HAZY = frozenset({"fire", "flame", "smoke", "object"})
"""Labels of what may be smoke itself."""
SAMPLES = 320
"""Pixels in a row that are read of a picture; each cell is the mean of four."""


@part
class PlumeSense:
    """Fills `Signals.plumes`.

    Fire needs ten pictures a second, more than a gate compares: at five a flame and a swaying coat
    look alike. While no cell has the colour of fire, five are looked at, as they are for smoke.
    Fire is what has its colour, shines, keeps its place and flickers. Smoke is what is grey or
    pales what is there, spreads from one spot, stirs, and lets through what is behind it, softer.
    Where tracks are, there is no smoke, but of those that may be smoke.
    """

    masks: tuple[Polygon, ...] = ()
    """Polygons, in fractions of the picture, in which nothing counts."""

    def __post_init__(self) -> None:
        ids = count(1)
        self._fire = FireRegions(ids)
        self._smoke = SmokeRegions(ids)
        self._allowed: Mask = np.zeros((0, 0), np.uint8)
        self._scale = (1.0, 1.0)

    @property
    def every_picture(self) -> bool:
        return True

    def see(self, frame: Frame, scene: Scene | None) -> None:
        fire, smoke = self._fire.due(frame.time_s), self._smoke.due(frame.time_s)
        if not (fire or smoke):
            return
        picture = self._cells(frame)
        if fire:
            self._fire.see(picture, self._allowed, frame.time_s)
        if smoke:
            self._smoke.see(picture, self._allowed, self._held(scene), frame.time_s)

    def tell(self, signals: Signals) -> Signals:
        return replace(signals, plumes=tuple(self._plumes()))

    def _cells(self, frame: Frame) -> Image:
        fine = frame.rgb(SAMPLES)
        size = (WIDTH, max(1, round(fine.shape[0] * WIDTH / SAMPLES)))
        picture = np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8)
        self._scale = frame.width / size[0], frame.height / size[1]
        if self._allowed.shape != picture.shape[:2]:
            self._allowed = polygons_mask(self.masks, *size)
        return picture

    def _held(self, scene: Scene | None) -> Mask | None:
        """Where something is that a detector knows by name, and that is no smoke."""
        things = [track.box for track in scene.tracks if track.label not in HAZY] if scene else []
        if not things:
            return None
        high, wide = self._allowed.shape
        return boxes_mask(as_array(things), wide, high, *self._scale)

    def _plumes(self) -> Iterator[Plume]:
        for region in self._fire:
            yield self._plume(region, region.traits["flicker"], fire_score(region))
        for region in self._smoke:
            yield self._plume(region, region.traits.get("stirring", 0.0), smoke_score(region))

    def _plume(self, region: Region, flicker: float, score: float) -> Plume:
        x, y = self._scale
        box = region.box
        return Plume(
            id=region.id,
            kind=region.kind,
            box=Box(box.x1 * x, box.y1 * y, box.x2 * x, box.y2 * y),
            since_s=region.since_s,
            area=region.area / max(1, self._allowed.size),
            growth=region.growth,
            flicker=min(1.0, flicker),
            score=score,
        )
