"""Regions that keep their place: what is seen there again is the same fire, the same smoke."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

import cv2
import numpy as np
from jaxtyping import UInt8

from vigil.core import Box
from vigil.stages.blobs import Mask

NEAR = 5
"""Cells across which two sightings belong to one region."""


@dataclass(slots=True, kw_only=True, eq=False)
class Region:
    """Cells that look like fire, or like smoke, and have done so for a while."""

    id: int
    kind: Literal["fire", "smoke"]
    since_s: float
    seen_s: float
    cells: Mask
    """255 where it is, or was when last seen."""
    box: Box
    """In cells."""
    area: int
    first_area: int
    """Over its first moments."""
    traits: dict[str, float] = field(default_factory=dict)
    """What its cells were like, running means."""

    @property
    def growth(self) -> float:
        """Its area over that when it was first seen."""
        return self.area / max(1, self.first_area)

    def note(self, trait: str, value: float, weight: float) -> None:
        """Let a measurement enter its running mean."""
        known = self.traits.get(trait, value)
        self.traits[trait] = known + weight * (value - known)


class Regions:
    """The regions of one kind. What is not seen for `gone_s` is forgotten."""

    def __init__(
        self, kind: Literal["fire", "smoke"], *, gone_s: float, settle_s: float, ids: Iterator[int]
    ) -> None:
        self._kind: Literal["fire", "smoke"] = kind
        self._gone_s = gone_s
        self._settle_s = settle_s
        self._ids = ids
        self._known: list[Region] = []

    def __iter__(self) -> Iterator[Region]:
        return iter(self._known)

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()

    def see(self, mask: Mask, time_s: float, *, least: int, most: int = 16) -> list[Region]:
        """Take in where it looks so now; the regions that were seen, each in one piece.

        A region goes on where `mask` meets its cells, grown a little, and nowhere else: what
        wanders about is a new region every time it has gone further than that. Of pieces smaller
        than `least`, and of others than the `most` largest, nothing is known.
        """
        if any(one.cells.shape != mask.shape for one in self._known):
            self.clear()
        pieces = self._pieces(mask, least, most) if cv2.countNonZero(mask) >= least else {}
        seen = [
            self._renewed(self._known[index], cells, time_s)
            for index, cells in pieces.items()
            if index >= 0
        ]
        self._known = [one for one in self._known if time_s - one.seen_s <= self._gone_s]
        return seen + [self._new(cells, time_s) for index, cells in pieces.items() if index < 0]

    def _pieces(self, mask: Mask, least: int, most: int) -> dict[int, Mask]:
        """What hangs together, by the place in the list of what it belongs to; new: negative."""
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        areas = cast(list[int], stats[:, cv2.CC_STAT_AREA].tolist())
        # A picture full of specks has hundreds.
        large = [number for number in range(1, count) if areas[number] >= least]
        large.sort(key=lambda number: -areas[number])
        reach = self._reach(mask.shape)
        pieces: dict[int, Mask] = {}
        for number in large[:most]:
            x, y, wide, high, _ = (int(value) for value in stats[number])
            here = np.s_[y : y + high, x : x + wide]
            own = labels[here] == number
            meets = np.bincount(reach[here][own], minlength=1)
            # Those that meet nothing are new, each by itself.
            index = int(np.argmax(meets[1:])) if meets[1:].any() else -number
            cells = pieces.setdefault(index, np.zeros(mask.shape, np.uint8))
            cells[here][own] = 255
        return pieces

    def _reach(self, shape: tuple[int, ...]) -> UInt8[np.ndarray, "h w"]:
        """Where a sighting belongs to a known region: one more than its place in the list."""
        reach = np.zeros(shape, np.uint8)
        for number, region in enumerate(self._known[:254], 1):
            x1, y1, x2, y2 = (int(side) for side in region.box)
            here = np.s_[max(0, y1 - NEAR) : y2 + NEAR, max(0, x1 - NEAR) : x2 + NEAR]
            near = cv2.dilate(region.cells[here], np.ones((NEAR, NEAR), np.uint8)) > 0
            reach[here][near & (reach[here] == 0)] = number
        return reach

    def _renewed(self, region: Region, cells: Mask, time_s: float) -> Region:
        region.cells, region.box = cells, around(cells)
        region.area = cv2.countNonZero(cells)
        if time_s - region.since_s <= self._settle_s:
            region.first_area = max(region.first_area, region.area)
        region.seen_s = time_s
        return region

    def _new(self, cells: Mask, time_s: float) -> Region:
        area = cv2.countNonZero(cells)
        region = Region(
            id=next(self._ids), kind=self._kind, since_s=time_s, seen_s=time_s, cells=cells,
            box=around(cells), area=area, first_area=area,
        )  # fmt: skip
        self._known.append(region)
        return region


def around(mask: Mask) -> Box:
    """The box around all that is set."""
    x, y, wide, high = cv2.boundingRect(mask)
    return Box(float(x), float(y), float(x + wide), float(y + high))
