"""Where the surface of the place has changed and stayed so: a slide, a spill, a hole."""

from dataclasses import dataclass, replace
from itertools import count

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from vigil.core import Box, Frame, Luma, Scene, Signals, SurfaceChange, as_array, iou, part
from vigil.stages.background import share
from vigil.stages.blobs import Blob, Mask, Polygon, find_blobs, polygons_mask
from vigil.stages.sense.calm import Calm
from vigil.stages.sense.edges import (
    LASTING,
    WIDTH,
    Edges,
    Grid,
    cells,
    edges_of,
    likeness,
    straightness,
)

ASTIR = 0.002
TRUSTED = 0.45
"""A cell whose edges are usually less alike than this tells nothing: leaves, water."""
CHANGED = 0.5
"""A cell has changed when its likeness falls below this share of the usual one."""
STEEP = 3.0
"""Levels a pixel: clouds are softer than any ground."""
STILL_WELL = 0.75
SUDDEN_S = 8.0
"""From the last glance at which a cell was still like itself until it has changed."""
SAME = 0.5
"""So alike to the moments before, a cell shows something that stays."""
STRAIGHT = 0.7
EVERYWHERE = 0.4
"""When more than this of the cells that tell anything change, it is the camera or the light."""
RECENT = 0.35
"""Weight of the newest picture in the average of the last few."""
JOIN = 3
Cells = Bool[np.ndarray, "rows columns"]
SAME_REGION_IOU = 0.3


@dataclass(kw_only=True)
class _Region:
    id: int
    box: Box
    since_s: float
    seen_s: float
    area: float
    strength: float


@part
class SurfaceSense:
    """Fills `Signals.surface`, from a glance each second when something stirs, else each `calm_s`.

    Each cell of a grid keeps the edges of its texture, slowly averaged and weighed so that light
    and shadows hardly matter; what moved over it leaves them as they were. A cell has changed when
    its edges have little in common with them any more, though they are the same from glance to
    glance: whatever passes in front is not; and what changes little by little is followed. Cells
    that changed for `rest_s` make regions. After `adopt_s` a change is usual.
    """

    masks: tuple[Polygon, ...] = ()
    """Polygons, in fractions of the picture, in which nothing counts."""
    calm_s: float = 15.0
    first_s: float = 8.0
    """Seconds in which the surface is learnt."""
    follow_s: float = 600.0
    """Seconds in which it follows slow change."""
    rest_s: float = 4.0
    adopt_s: float = 3600.0
    smallest: int = 3
    """Cells of a region, of about 500 in the picture."""

    def __post_init__(self) -> None:
        self._calm = Calm(calm_s=self.calm_s, astir=ASTIR)
        self._shape = (0, 0)
        self._usual: Edges | None = None
        self._regions: list[_Region] = []
        self._ids = count(1)

    @property
    def every_picture(self) -> bool:
        return False

    def tell(self, signals: Signals) -> Signals:
        changes = tuple(
            SurfaceChange(
                id=one.id, box=one.box, since_s=one.since_s, area=one.area, strength=one.strength
            )
            for one in self._regions
        )
        return replace(signals, surface=changes)

    def see(self, frame: Frame, scene: Scene | None) -> None:
        if not self._calm.due(frame.time_s, scene):
            return
        luma = frame.luma(WIDTH)
        now = edges_of(luma)
        step_s = min(self._calm.glanced(frame.time_s), 2 * self.calm_s)
        if luma.shape != self._shape or self._usual is None:
            self._restart(luma, now, frame.time_s)
            return
        if frame.time_s - self._began_s < self.first_s or self._looks < 5:
            self._learn(now)
            return
        changed, alike = self._compare(now, step_s)
        if self._is_everywhere(changed, frame.time_s):
            self._regions = []
            return
        if changed.any():
            self._calm.stir(frame.time_s)
        self._age(changed, step_s)
        self._follow(changed, alike, step_s)
        self._remember(alike, frame)

    def _restart(self, luma: Luma, now: Edges, time_s: float) -> None:
        self._shape = (luma.shape[0], luma.shape[1])
        self._usual = self._recent = now
        self._began_s, self._looks = time_s, 1
        self._rested_s: Grid = np.zeros(now.power.shape, np.float32)
        self._trust: Grid = np.ones(now.power.shape, np.float32)
        self._unwell_s: Grid = np.zeros(now.power.shape, np.float32)
        self._was_unwell: Cells = np.zeros(now.power.shape, bool)
        self._was_changed: Cells = np.zeros(now.power.shape, bool)
        self._everywhere_s: float | None = None
        self._regions = []
        allowed = polygons_mask(self.masks, luma.shape[1], luma.shape[0])
        self._allowed = cells(allowed.astype(np.float32)) > 127

    def _learn(self, now: Edges) -> None:
        assert self._usual is not None
        self._looks += 1
        alike = likeness(now, self._usual)
        self._trust = alike if self._looks == 2 else 0.7 * self._trust + 0.3 * alike
        self._usual = _moved(self._usual, now, _everywhere(now, 1 / self._looks))
        self._recent = _moved(self._recent, now, _everywhere(now, RECENT))

    def _compare(self, now: Edges, step_s: float) -> tuple[Cells, Grid]:
        """Which cells have changed and stay so, and how alike each is to its usual self."""
        assert self._usual is not None
        # The average of the last few glances, not the last alone: noise counts for less.
        stays = likeness(now, self._recent) >= SAME
        calm = np.abs(now.steepness - self._recent.steepness) < 0.5 + 0.3 * now.steepness
        stays |= calm & (now.power < LASTING)
        self._recent = _moved(self._recent, now, _everywhere(now, RECENT))
        alike = likeness(self._recent, self._usual)
        trusted = (self._usual.power >= LASTING) & (self._trust >= TRUSTED)
        bare = self._usual.power < LASTING / 2
        gone = trusted & (alike < CHANGED * self._trust)
        # A shadow brings nothing but its outline.
        rough = straightness(self._recent) < STRAIGHT
        new = bare & rough & (self._recent.power >= 2 * LASTING)
        self._stays = stays
        steep = np.maximum(self._usual.steepness, self._recent.steepness) >= STEEP
        changed = (gone | new) & steep & self._allowed
        rising = bare & (self._recent.power >= LASTING)
        falling = trusted & (alike < STILL_WELL * self._trust)
        # From the first glance at which it was not well: the one before may be long ago.
        since_s = np.where(self._was_unwell, self._unwell_s + np.float32(step_s), 0)
        self._was_unwell = rising | falling
        self._unwell_s = np.where(self._was_unwell, since_s, 0)
        slowly = changed & ~self._was_changed & (self._unwell_s > SUDDEN_S)
        # Clouds drift and shadows creep; earth comes down within seconds.
        self._usual = _moved(self._usual, self._recent, slowly.astype(np.float32))
        self._was_changed = changed & ~slowly
        return self._was_changed, alike

    def _is_everywhere(self, changed: Cells, time_s: float) -> bool:
        assert self._usual is not None
        telling = (self._usual.power >= LASTING) & (self._trust >= TRUSTED) & self._allowed
        if changed.sum() <= EVERYWHERE * (telling | changed).sum():
            self._everywhere_s = None
            return False
        if self._everywhere_s is None:
            self._everywhere_s = time_s
        if time_s - self._everywhere_s > self.first_s:
            self._usual = None  # another place, or another light: it is learnt anew
        return True

    def _age(self, changed: Cells, step_s: float) -> None:
        rests = changed & self._stays
        # Who passes in front stops the clock; who goes and leaves all as it was sets it back.
        self._rested_s[rests] += np.float32(step_s)
        self._rested_s[~changed] = 0

    def _follow(self, changed: Cells, alike: Grid, step_s: float) -> None:
        assert self._usual is not None
        rate = share(step_s, self.follow_s)
        rates = np.where(changed, 0.0, rate).astype(np.float32)
        adopted = self._rested_s > self.adopt_s
        rates[adopted] = 1.0
        self._rested_s[adopted] = 0
        self._usual = _moved(self._usual, self._recent, rates)
        self._trust += np.where(changed, 0.0, share(step_s, 60.0)) * (alike - self._trust)

    def _remember(self, alike: Grid, frame: Frame) -> None:
        """Give each region the id of the one that it overlaps most, or a new one."""
        sure = np.where(self._rested_s >= self.rest_s, 255, 0).astype(np.uint8)
        found = find_blobs(_closed(sure), smallest=self.smallest)
        rows, columns = sure.shape
        scale = frame.width / columns, frame.height / rows
        boxes = [blob.box(*scale) for blob in found]
        overlap = iou(as_array(boxes), as_array([one.box for one in self._regions]))
        regions = []
        for index, (blob, box) in enumerate(zip(found, boxes, strict=True)):
            same = int(overlap[index].argmax()) if overlap.shape[1] else -1
            known = same >= 0 and overlap[index, same] > SAME_REGION_IOU
            if known:
                overlap[:, same] = 0
            regions.append(
                _Region(
                    id=self._regions[same].id if known else next(self._ids),
                    box=box,
                    since_s=self._regions[same].since_s
                    if known
                    else frame.time_s - float(_within(blob, self._rested_s).max()),
                    seen_s=frame.time_s,
                    area=blob.area / sure.size,
                    strength=float(np.clip(1 - _within(blob, alike).mean(), 0, 1)),
                )
            )
        self._regions = regions


def _within(blob: Blob, values: Grid) -> Float32[np.ndarray, "n"]:
    return np.asarray(blob.of(values)[blob.shape > 0], np.float32)


def _everywhere(edges: Edges, rate: float) -> Grid:
    return np.full(edges.power.shape, rate, np.float32)


def _closed(mask: Mask) -> Mask:
    """Cells without texture in the midst of changed ones belong to them."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (JOIN, JOIN))
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc), np.uint8)


def _moved(slow: Edges, now: Edges, rates: Grid) -> Edges:
    """An average in which each cell of `now` counts by its own rate."""
    height, width = now.x.shape
    fine = cv2.resize(rates.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)
    x = np.asarray(slow.x + fine * (now.x - slow.x), np.float32)
    y = np.asarray(slow.y + fine * (now.y - slow.y), np.float32)
    steepness = slow.steepness + rates.astype(np.float32) * (now.steepness - slow.steepness)
    return Edges(x=x, y=y, power=cells(x * x + y * y), steepness=steepness)
