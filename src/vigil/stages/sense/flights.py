"""Small fast things in every picture, and which of them fly like something thrown."""

from collections import deque
from dataclasses import dataclass, replace
from itertools import count

import cv2
import numpy as np

from vigil.core import Flight, Frame, Luma, Scene, Signals, part
from vigil.stages.blobs import Mask, Polygon, find_blobs, over, polygons_mask
from vigil.stages.sense.parabola import fitted

WIDTH = 480
"""Pixels at which pictures are compared: a bottle ten metres away is three of them wide."""
CONTRAST = 14.0
"""Levels by which a pixel must differ from the picture before, and from the one after."""
SMALLEST = 3
"""Pixels of the comparison."""
LARGEST = 0.004
"""Of the picture: what is larger walks, drives or hangs before the lens."""
WIDEST = 0.12
"""Of the picture's width."""
MOST = 12
"""With more small movers than this, rain falls or the camera shakes."""
PATHS = 160
SURE = 4
"""A path of so many points has its movers for itself."""
NEAREST, FURTHEST = 6.0, 12.0
"""Pixels of the comparison by which the next point of a path may miss its place, by its step."""
SHORTEST_STEP_S = 0.06
"""Pictures that follow sooner are left out: what has not moved by its own size shows no whole."""
AROUND = 0.15
"""Of its height and width, what is around somebody's box may be theirs: they have moved since."""
LONGEST_GAP_S = 0.25
"""At a lower rate of pictures nothing can be followed; nor over a longer gap."""
FASTEST = 0.15
"""Of the picture's width from one picture to the next."""
INSIDE = 8.0
"""A mover within a box so many times its size is a limb or a wheel of what is there."""
LINGERS_S = 1.0
"""A flight is told of for so long after its last point."""
FEWEST = 6
"""Points of a flight."""
MOST_POINTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Something small that moved; pixels of the comparison."""

    time_s: float
    x: float
    y: float
    size: float


@dataclass(kw_only=True)
class _Path:
    """Movers that may be one thing."""

    points: list[Mover]
    id: int | None = None
    """Once it is a flight."""
    missed: int = 0

    @property
    def last(self) -> Mover:
        return self.points[-1]


@part
class FlightSense:
    """Fills `Signals.flights`: what is small, fast, and falls while it flies.

    A pixel moved when it differs from the picture before and from the one after (three-frame
    differencing; Collins et al., "A system for video surveillance and monitoring", 2000). Movers
    are linked from picture to picture; a link is a flight when a parabola fits it and its fall
    suits its size: whatever is thrown falls at 9.8 m/s² on any scale, so that the ratio of its
    acceleration to its size tells a bag or a bottle from a bird, an insect and a car.
    """

    masks: tuple[Polygon, ...] = ()
    """Polygons, in fractions of the picture, in which nothing is sought."""

    def __post_init__(self) -> None:
        self._pictures: deque[tuple[float, Luma]] = deque(maxlen=3)
        self._paths: list[_Path] = []
        self._starts: list[Mover] = []
        self._told: dict[int, Flight] = {}
        self._ids = count(1)
        self._allowed: Mask | None = None
        self._scale = 1.0
        self._time_s = 0.0

    @property
    def every_picture(self) -> bool:
        """A throw is over within a second."""
        return True

    def see(self, frame: Frame, scene: Scene | None) -> None:
        """Compare with the two pictures before, and carry the paths on."""
        if self._pictures and 0 < frame.time_s - self._pictures[-1][0] < SHORTEST_STEP_S:
            return
        picture = np.asarray(cv2.GaussianBlur(frame.luma(WIDTH), (3, 3), 0), np.uint8)
        if self._pictures and not self._follows(picture, frame.time_s):
            self._pictures.clear()
            self._paths, self._starts = [], []
        self._pictures.append((frame.time_s, picture))
        self._time_s = frame.time_s
        self._scale = frame.width / picture.shape[1]
        if len(self._pictures) == 3:
            self._link(self._movers(scene))

    def tell(self, signals: Signals) -> Signals:
        """With the flights of the last second."""
        self._told = {
            id_: flight
            for id_, flight in self._told.items()
            if 0 <= self._time_s - flight.path[-1][0] <= LINGERS_S
        }
        return replace(signals, flights=tuple(self._told.values()))

    def _follows(self, picture: Luma, time_s: float) -> bool:
        last_s, last = self._pictures[-1]
        return last.shape == picture.shape and 0 < time_s - last_s <= LONGEST_GAP_S

    # What moves

    def _movers(self, scene: Scene | None) -> list[Mover]:
        """Small movers of the middle picture of three."""
        (_, first), (time_s, middle), (_, last) = self._pictures
        before = np.asarray(cv2.absdiff(middle, first), np.uint8)
        after = np.asarray(cv2.absdiff(middle, last), np.uint8)
        moved = over(np.asarray(cv2.min(before, after), np.uint8), CONTRAST)
        if self._allowed is None or self._allowed.shape != moved.shape:
            self._allowed = polygons_mask(self.masks, moved.shape[1], moved.shape[0])
        moved = np.asarray(cv2.bitwise_and(moved, self._allowed), np.uint8)
        found = []
        for blob in find_blobs(moved, smallest=SMALLEST, join=3):
            wide, high = blob.right - blob.left, blob.bottom - blob.top
            if blob.area > LARGEST * moved.size or max(wide, high) > WIDEST * moved.shape[1]:
                continue
            x, y = (blob.left + blob.right) / 2, (blob.top + blob.bottom) / 2
            mover = Mover(time_s=time_s, x=x, y=y, size=max(1.0, blob.area**0.5))
            if not self._is_limb(mover, scene):
                found.append(mover)
        return found if len(found) <= MOST else []

    def _is_limb(self, mover: Mover, scene: Scene | None) -> bool:
        x, y, size = (value * self._scale for value in (mover.x, mover.y, mover.size))
        return scene is not None and any(
            track.box.area >= INSIDE * size * size
            and -AROUND * track.box.width <= x - track.box.x1 <= (1 + AROUND) * track.box.width
            and -AROUND * track.box.height <= y - track.box.y1 <= (1 + AROUND) * track.box.height
            for track in scene.tracks
        )

    # What flies

    def _link(self, movers: list[Mover]) -> None:
        """Carry each path on by the mover nearest to where it should be; begin new ones."""
        grown, taken = [], set()
        for path in self._paths:
            near = _nearest(path, movers)
            if near is None:
                path.missed += 1
            else:
                path.points = [*path.points, near][-MOST_POINTS:]
                path.missed = 0
                self._judge(path)
                if len(path.points) >= SURE:
                    taken.add(near)
            if path.missed <= 2:
                grown.append(path)
        free = [mover for mover in movers if mover not in taken]
        grown += [
            _Path(points=[start, mover])
            for start in self._starts
            for mover in free
            if mover.size <= _apart(mover, start.x, start.y) <= FASTEST * WIDTH
            and _alike(mover, start)
        ]
        self._starts = free
        self._paths = _best(grown)

    def _judge(self, path: _Path) -> None:
        """See whether it is a flight, or still is one."""
        if len(path.points) < FEWEST:
            return
        fit = fitted([(one.time_s, one.x, one.y) for one in path.points])
        size = float(np.median([one.size for one in path.points]))
        if not fit.flies(size):
            return
        if path.id is None:
            path.id = next(self._ids)
        self._told[path.id] = Flight(
            id=path.id,
            path=tuple(
                (one.time_s, one.x * self._scale, one.y * self._scale) for one in path.points
            ),
            size=size * self._scale,
        )


def _best(paths: list[_Path]) -> list[_Path]:
    """Of those that ended alike the longest; not more than can be carried on."""
    by_end: dict[tuple[Mover, ...], _Path] = {}
    for path in sorted(paths, key=lambda one: (-len(one.points), one.missed)):
        by_end.setdefault(tuple(path.points[-2:]), path)
    return list(by_end.values())[:PATHS]


def _nearest(path: _Path, movers: list[Mover]) -> Mover | None:
    """The mover that carries a path on; several paths may claim the same until one is sure."""
    if not movers:
        return None
    x, y = _awaited(path, movers[0].time_s)
    near = min(movers, key=lambda one: _apart(one, x, y))
    fits = _apart(near, x, y) <= _reach(path) and _alike(near, path.last)
    return near if fits else None


def _awaited(path: _Path, time_s: float) -> tuple[float, float]:
    """Where the next point of a path should be."""
    if len(path.points) >= SURE:
        # The fall itself is several pixels from picture to picture.
        return fitted([(one.time_s, one.x, one.y) for one in path.points[-8:]]).at(time_s)
    one, other = path.points[-2:]
    ahead = (time_s - other.time_s) / max(other.time_s - one.time_s, 1e-6)
    return other.x + ahead * (other.x - one.x), other.y + ahead * (other.y - one.y)


def _reach(path: _Path) -> float:
    """How far from where it should be the next point may lie, pixels."""
    one, other = path.points[-2:]
    share = 0.5 if len(path.points) < SURE else 0.35
    step = _apart(other, one.x, one.y)
    return min(max(NEAREST, share * step), FURTHEST) * (1 + path.missed)


def _apart(mover: Mover, x: float, y: float) -> float:
    return float(np.hypot(mover.x - x, mover.y - y))


def _alike(one: Mover, other: Mover) -> bool:
    return max(one.size, other.size) <= 2.5 * min(one.size, other.size)
