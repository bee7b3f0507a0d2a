"""Zones and lines in fractions of the picture, and where a thing stands."""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Annotated, Literal, TypeVar

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from vigil.core import Box, Scene

Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""Of the picture's width or height: 0 is the left or upper edge, 1 the right or lower."""
Point = tuple[Fraction, Fraction]
"""x and y, fractions of the picture unless a docstring says otherwise."""
Anchor = Literal["foot", "centre"]
"""Which point of its box a thing is taken for."""

# A thing may stand exactly on the border of a zone; rounding must not push it out.
ON_THE_BORDER = 1e-6


def _refusal(problem: str) -> PydanticCustomError:
    return PydanticCustomError("place", "{problem}", {"problem": problem})


def _as_pairs(value: object) -> object:
    """Frigate's "x,y,x,y" as pairs; anything else as it is."""
    if not isinstance(value, str):
        return value
    numbers = [number.strip() for number in value.split(",")]
    if len(numbers) < 2 or len(numbers) % 2 or not all(map(_is_number, numbers)):
        raise _refusal(f'expected pairs [[x, y], ...] or "x,y,x,y"; found {value!r}')
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


_PointT = TypeVar("_PointT", bound=tuple[float, float])


def _as_polygon(points: tuple[_PointT, ...]) -> tuple[_PointT, ...]:
    """Refuse what has no inside; a last corner that repeats the first is dropped."""
    corners = points[:-1] if len(points) > 1 and points[0] == points[-1] else points
    if len(corners) < 3:
        raise _refusal(f"a zone needs at least 3 corners; found {len(corners)}")
    if len(set(corners)) < len(corners):
        twice = next(corner for corner in corners if corners.count(corner) > 1)
        raise _refusal(f"a zone has each corner once; found {list(twice)} twice")
    edges = list(zip(corners, (*corners[1:], corners[0]), strict=True))
    for (i, one), (j, other) in combinations(enumerate(edges), 2):
        neighbours = j == i + 1 or (i == 0 and j == len(edges) - 1)
        if not neighbours and _cross(*one, *other):
            raise _refusal(
                f"the edges of a zone must not cross; the one after corner {i + 1} "
                f"crosses the one after corner {j + 1}"
            )
    if abs(_twice_area(corners)) < ON_THE_BORDER:
        raise _refusal("a zone must enclose some area; its corners lie on one line")
    return corners


def _as_line(points: tuple[_PointT, ...]) -> tuple[_PointT, ...]:
    if len(points) != 2:
        raise _refusal(f"a line has 2 ends; found {len(points)} points")
    if points[0] == points[1]:
        raise _refusal(f"the ends of a line must differ; both are {list(points[0])}")
    return points


Zone = Annotated[tuple[Point, ...], BeforeValidator(_as_pairs), AfterValidator(_as_polygon)]
"""Corners of a polygon, in order: `[[x, y], ...]` or Frigate's `"x,y,x,y,x,y"`."""
Line = Annotated[tuple[Point, ...], BeforeValidator(_as_pairs), AfterValidator(_as_line)]
"""Start and end of a straight line: `[[x, y], [x, y]]` or `"x,y,x,y"`."""


def _as_way(points: tuple[_PointT, ...]) -> tuple[_PointT, ...]:
    if len(points) < 2:
        raise _refusal(f"a way has at least 2 points; found {len(points)}")
    for number, (one, other) in enumerate(pairwise(points), start=1):
        if one == other:
            raise _refusal(f"points {number} and {number + 1} of a way are both {list(one)}")
    return points


WayPoints = Annotated[tuple[Point, ...], BeforeValidator(_as_pairs), AfterValidator(_as_way)]
"""A line with bends, in the direction meant: `[[x, y], ...]` or `"x,y,x,y"`."""


TILES = 128
"""Across the picture and down it."""
MIXED, OUTSIDE, INSIDE = range(3)
"""What is known of a tile; a mixed one is inside in part."""
NEAR = 0.1 / TILES
"""A tile to which an edge comes as near as this is mixed."""


class Area:
    """A polygon of the picture; without corners, the whole picture. Nobody changes it."""

    def __init__(self, corners: Sequence[tuple[float, float]] | None) -> None:
        self.whole = corners is None
        points = list(corners or ())
        xs, ys = [x for x, _ in points] or [0.0, 1.0], [y for _, y in points] or [0.0, 1.0]
        self.bounds = (min(xs), min(ys), max(xs), max(ys))
        """Left, top, right and bottom, fractions of the picture."""
        self._edges = list(zip(points, points[1:] + points[:1], strict=True))
        self._tiles = b""
        """What is so of each tile, row by row; empty before somebody asks. The right and lower
        edges of the picture have tiles of their own, which are mixed."""

    def __deepcopy__(self, _memo: object) -> "Area":
        # What is remembered by it is found by a copied rule, too.
        return self

    def holds(self, point: tuple[float, float]) -> bool:
        """Whether `point` lies inside or on the border."""
        x, y = point
        if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
            return self._holds(point)
        return self.each([point])[0]

    def each(self, points: Iterable[tuple[float, float]]) -> list[bool]:
        """Whether each of the points, which are in the picture, lies inside or on the border."""
        tiles = self._tiles
        if not tiles:
            tiles = self._tiles = self._told_by_tiles()
        found: list[bool] = []
        for point in points:
            x, y = point
            known = tiles[int(y * TILES) * (TILES + 1) + int(x * TILES)]
            found.append(known == INSIDE if known else self._holds(point))
        return found

    def _told_by_tiles(self) -> bytes:
        """Of each tile, whether all of it is inside or outside."""
        at = np.arange(TILES + 1) / TILES
        middle = at + 0.5 / TILES
        inside = np.full((TILES + 1, TILES + 1), self.whole)
        near = np.zeros_like(inside)
        lefts, rights = at[None] - NEAR, at[None] + 1 / TILES + NEAR
        tops, lows = lefts.T, rights.T
        for (x1, y1), (x2, y2) in self._edges:
            if y1 != y2:
                beyond = middle[None] < x1 + (middle[:, None] - y1) / (y2 - y1) * (x2 - x1)
                inside ^= ((y1 > middle) != (y2 > middle))[:, None] & beyond
            # By the corners: an edge may pass a tile, or end before it.
            touch = (max(x1, x2) >= lefts) & (min(x1, x2) <= rights)
            touch = touch & (max(y1, y2) >= tops) & (min(y1, y2) <= lows)
            sides = [
                (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
                for x, y in ((lefts, tops), (rights, tops), (rights, lows), (lefts, lows))
            ]
            parted = (np.minimum.reduce(sides) <= 0.0) & (np.maximum.reduce(sides) >= 0.0)
            near |= touch & parted
        known = np.where(near, MIXED, np.where(inside, INSIDE, OUTSIDE)).astype(np.uint8)
        known[-1], known[:, -1] = MIXED, MIXED
        return known.tobytes()

    def _holds(self, point: tuple[float, float]) -> bool:
        x, y = point
        left, top, right, bottom = self.bounds
        slack = ON_THE_BORDER
        if not (left - slack <= x <= right + slack and top - slack <= y <= bottom + slack):
            return False
        inside = self.whole
        for (x1, y1), (x2, y2) in self._edges:
            if (y1 > y) is not (y2 > y):
                inside ^= x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
        return inside or self._on_border(point)

    def _on_border(self, point: tuple[float, float]) -> bool:
        x, y = point
        slack = ON_THE_BORDER
        for start, end in self._edges:
            (x1, y1), (x2, y2) = start, end
            # Whoever is beside the line of an edge is told from it by four comparisons.
            beside = (x < x1 - slack and x < x2 - slack) or (x > x1 + slack and x > x2 + slack)
            beyond = (y < y1 - slack and y < y2 - slack) or (y > y1 + slack and y > y2 + slack)
            if not beside and not beyond and _touches(point, start, end):
                return True
        return False

    def box(self, scene: Scene) -> Box:
        """The smallest box around it, source pixels."""
        left, top, right, bottom = self.bounds
        width, height = scene.width, scene.height
        return Box(left * width, top * height, right * width, bottom * height)


class Wire:
    """A line across pictures of one shape.

    Lengths are in picture heights, so that a slanted line is as sensitive as a level one.
    """

    def __init__(self, ends: Sequence[tuple[float, float]], aspect: float) -> None:
        (x1, y1), (x2, y2) = ends
        self._aspect = aspect
        self._start = (x1 * aspect, y1)
        self._run = ((x2 - x1) * aspect, y2 - y1)
        self.length = float((self._run[0] ** 2 + self._run[1] ** 2) ** 0.5)

    def upright(self, point: tuple[float, float]) -> tuple[float, float]:
        """Fractions of the picture as picture heights."""
        return point[0] * self._aspect, point[1]

    def beyond(self, point: tuple[float, float]) -> float:
        """How far `point` (picture heights) is to the right of the way from start to end.

        Negative to the left.
        """
        (x1, y1), (right, down) = self._start, self._run
        return (right * (point[1] - y1) - down * (point[0] - x1)) / self.length

    def each_beyond(self, points: Iterable[tuple[float, float]]) -> list[float]:
        """The same of each of the points."""
        (x1, y1), (right, down), length = self._start, self._run, self.length
        return [(right * (y - y1) - down * (x - x1)) / length for x, y in points]

    def along(self, point: tuple[float, float]) -> float:
        """Where `point` (picture heights) lies along the line: 0 at its start, 1 at its end."""
        x, y = point[0] - self._start[0], point[1] - self._start[1]
        return (self._run[0] * x + self._run[1] * y) / self.length**2


class Way:
    """A line with bends across pictures of one shape, walked from its first point to its last.

    Lengths are in picture heights. Before its first and after its last point it goes straight on.
    """

    def __init__(self, points: Sequence[tuple[float, float]], aspect: float) -> None:
        self._pieces: list[tuple[float, float, float, float, float, float, bool, bool]] = []
        self.length = 0.0
        upright = [(x * aspect, y) for x, y in points]
        for (x1, y1), (x2, y2) in pairwise(upright):
            length = distance((x1, y1), (x2, y2))
            first, last = not self._pieces, len(self._pieces) == len(upright) - 2
            right, down = (x2 - x1) / length, (y2 - y1) / length
            self._pieces.append((x1, y1, right, down, self.length, length, first, last))
            self.length += length

    def along(self, point: tuple[float, float]) -> float:
        """How far along the way the point nearest to `point` (picture heights) lies."""
        return self.places([point])[0][0]

    def places(self, points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        """How far along the way the point nearest to each lies, and how far it is from there."""
        pieces, found = self._pieces, []
        for x, y in points:
            best = 0.0
            nearest = math.inf
            for x1, y1, right, down, before, length, first, last in pieces:
                off_x, off_y = x - x1, y - y1
                along = right * off_x + down * off_y
                aside = right * off_y - down * off_x
                away = aside * aside
                if along < 0.0 and not first:
                    away, along = away + along * along, 0.0
                elif along > length and not last:
                    away, along = away + (along - length) ** 2, length
                if away < nearest:
                    nearest, best = away, before + along
            found.append((best, math.sqrt(nearest)))
        return found


@lru_cache(maxsize=256)
def area_of(corners: tuple[tuple[float, float], ...] | None) -> Area:
    """The area of these corners: one for all who watch it, so that answers can be shared."""
    return Area(corners)


@lru_cache(maxsize=256)
def way_over(points: tuple[tuple[float, float], ...], aspect: float) -> Way:
    """The way of these points, made once for pictures of one shape."""
    return Way(points, aspect)


@lru_cache(maxsize=256)
def wire_over(ends: tuple[tuple[float, float], ...], aspect: float) -> Wire:
    """The wire of these ends, made once for pictures of one shape."""
    return Wire(ends, aspect)


def stand(box: Box, scene: Scene, anchor: Anchor = "foot") -> tuple[float, float]:
    """Where a box stands, in fractions of the picture and never outside it.

    Who is cut off by the lower edge stands on the edge, not beyond it.
    """
    return standing(box, scene.width, scene.height, anchor)


def standing(box: Box, width: int, height: int, anchor: Anchor = "foot") -> tuple[float, float]:
    """The same, of a picture of that size."""
    x1, y1, x2, y2 = box
    x, y = (x1 + x2) / 2 / width, (y2 if anchor == "foot" else (y1 + y2) / 2) / height
    if 0.0 <= x <= 1.0 and 0.0 <= y <= 1.0:
        return x, y
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)


def fractions(point: tuple[float, float], scene: Scene) -> tuple[float, float]:
    """A point in source pixels as fractions of the picture, moved into it if it lies outside."""
    x, y = point[0] / scene.width, point[1] / scene.height
    if 0.0 <= x <= 1.0 and 0.0 <= y <= 1.0:
        return x, y
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two points, in their own unit."""
    return math.dist(one, other)


def gap(one: Box, other: Box) -> float:
    """Shortest distance between two boxes, in their own unit; 0 when they touch."""
    x = max(one.x1 - other.x2, other.x1 - one.x2, 0.0)
    y = max(one.y1 - other.y2, other.y1 - one.y2, 0.0)
    return float((x * x + y * y) ** 0.5)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    left, top, right, bottom = one
    x1, y1, x2, y2 = other
    # Most boxes are apart, and most are asked of by several rules.
    if x1 >= right or x2 <= left or y1 >= bottom or y2 <= top:
        return 0.0
    shared = _shared(one, other)
    if shared <= 0.0:
        return 0.0
    union = one.area + other.area - shared
    return shared / union if union > 0 else 0.0


def covered(thing: Box, by: Box) -> float:
    """The share of `thing` that lies within `by`, 0 to 1."""
    shared = _shared(thing, by)
    return shared / thing.area if shared > 0.0 else 0.0


def _shared(one: Box, other: Box) -> float:
    left, top, right, bottom = one
    x1, y1, x2, y2 = other
    width = (x2 if x2 < right else right) - (x1 if x1 > left else left)
    if width <= 0.0:
        return 0.0
    height = (y2 if y2 < bottom else bottom) - (y1 if y1 > top else top)
    return width * height if height > 0.0 else 0.0


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Twice the signed area of a triangle; its sign says to which side the corner b turns."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cross(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> bool:
    """Whether the segments a-b and c-d share a point."""
    if _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0:
        return True
    return _touches(a, c, d) or _touches(b, c, d) or _touches(c, a, b) or _touches(d, a, b)


def _touches(
    point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> bool:
    """Whether `point` lies on the segment."""
    slack = ON_THE_BORDER
    within_x = min(start[0], end[0]) - slack <= point[0] <= max(start[0], end[0]) + slack
    within_y = min(start[1], end[1]) - slack <= point[1] <= max(start[1], end[1]) + slack
    if not (within_x and within_y):
        return False
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    return bool(abs(_turn(start, end, point)) <= slack * max(length, slack))


def _twice_area(corners: Sequence[tuple[float, float]]) -> float:
    return sum(
        x1 * y2 - x2 * y1
        for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True)
    )
