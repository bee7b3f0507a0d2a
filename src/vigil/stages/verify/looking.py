"""A detector's second look, at about twice the resolution, where the thing should be."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from vigil.core import (
    Box,
    Boxes,
    Detections,
    Detector,
    Image,
    Look,
    Rung,
    areas,
    as_array,
    intersections,
    iou,
)
from vigil.media.pixels import frame_of_array
from vigil.stages.verify.features import Features
from vigil.stages.verify.meaning import ANIMALS, PEOPLE, VEHICLES
from vigil.stages.verify.paths import Path, place_at, scaled
from vigil.stages.verify.reel import Reel
from vigil.stages.verify.trace import Trace

WINDOW = 0.5
"""Share of the picture's width and height that is cut out: what fills the detector's input then
is seen twice as large as by the watch."""
ROOM = 1.6
"""A thing larger than the window gets so many times its own size."""
WEAK = 0.2
"""Score below which a find is none."""
QUARTER = 0.6
"""Share of the picture's width and height that one of four windows on it shows."""
SAME_PLACE = 0.5
"""Intersection over union of a thing with what stood there before."""
NEAR_S = 0.5
AGREES = 0.2
"""Intersection over union from which on what differs from the place is what was tracked: of 173
young visits 95 % have more, of 120 parked cars that others passed 5 %."""
APART = 0.1
"""Below that, nothing of what differs from the place is what was tracked."""
HELD_S = 1.0
"""So long before and after it was tracked a thing that makes no difference is where it was."""
SEEN = 0.25
"""Share of the pictures in which something must differ for that."""
OVERLAP = 0.3
"""Share of the smaller of two boxes that must lie in the other, for one thing."""
OF_ONE_SIZE = 12.0
"""And one may be no more than so many times the other, by area: the tracker's box may be of a
part, or of a thing with its shadow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """What one look found where the thing was."""

    wanted: float
    """Best score of a label that would prove the claim; 0 for none."""
    label: str
    """Of that; empty for none."""
    other: float
    """Best score of any other label."""
    other_label: str
    standing: bool = False
    """Whether something that would prove the claim is there, and was there before."""
    animal: float = 0.0
    """Best score of an animal."""
    card: str = ""
    """The model that looked."""


@runtime_checkable
class Speaks(Protocol):
    """A detector that tells which words it knows."""

    @property
    def vocabulary(self) -> frozenset[str]: ...


class Looker:
    """Asks a detector. One look at a time: a session's answers are its own."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._lock = threading.Lock()

    def knows(self, labels: frozenset[str]) -> bool:
        """Whether it could find any of the labels; yes for one that does not tell its words."""
        if not isinstance(self._detector, Speaks):
            return True
        with self._lock:
            return bool(self._detector.vocabulary & labels)

    def look(self, picture: Image, window: Box) -> Detections:
        """What is in a window of the picture; boxes in pixels of the picture."""
        x1, y1, x2, y2 = (round(side) for side in window)
        part = np.ascontiguousarray(picture[y1:y2, x1:x2])
        with self._lock:
            (found,) = self._detector.detect([Look.whole(frame_of_array(part), Rung.DETECT)])
        found = found.where(found.scores >= WEAK)
        return replace(found, boxes=found.boxes + np.array([x1, y1, x1, y1], np.float32))


def finds(
    looker: Looker, reel: Reel, trace: Trace, path: Path, wanted: frozenset[str], *, most: int
) -> list[Find]:
    """One find for each of up to `most` stills, evenly over those that show the thing.

    A thing that stood in its place well before the event is furniture, and proves nothing; people
    who stand still are no furniture. Where the thing itself is where furniture stood, and nothing
    differs there, what passes before it proves nothing either.
    """
    placed = [
        (picture, box)
        for time_s, picture in reel.stills
        if (box := _where(time_s, picture.shape[1] / reel.source_width, reel, trace, path))
    ]
    chosen = np.unique(np.linspace(0, len(placed) - 1, min(most, len(placed))).round().astype(int))
    looks = [placed[index] for index in chosen]
    standing = _furniture(looker, reel.earlier, [box for _, box in looks], wanted)
    apart = trace.agree is not None and trace.agree < APART
    return [
        _find(
            looker.look(picture, window_around(box, *picture.shape[1::-1])),
            box,
            wanted,
            standing,
            parked=apart and bool((iou(as_array([box]), standing) >= SAME_PLACE).any()),
        )
        for picture, box in looks
    ]


def features(found: Sequence[Find], visible: float) -> Features:
    """What the finds say together; nothing where nobody looked.

    `visible`: how plainly there is something, as the feature of that name. A detector that finds
    nothing where there plainly is something may not know such things (`missed`).
    """
    if not found:
        return {}
    best = sorted((find.wanted for find in found), reverse=True)
    hits = float(np.mean([find.wanted > 0 for find in found]))
    return {
        "hits": hits,
        "missed": (1.0 - hits) * visible,
        "best": float(np.mean(best[:3])),
        "furniture": float(np.mean([find.standing for find in found])),
        "animal": float(np.mean([find.animal for find in found])),
        "person": _rivals(found, PEOPLE),
        "vehicle": _rivals(found, VEHICLES),
    }


def _rivals(found: Sequence[Find], labels: frozenset[str]) -> float:
    """Mean score of these labels where they outdo the wanted ones."""
    scores = [
        find.other if find.other > find.wanted and find.other_label in labels else 0.0
        for find in found
    ]
    return float(np.mean(scores))


def _furniture(
    looker: Looker, earlier: Image | None, boxes: Sequence[Box], wanted: frozenset[str]
) -> Boxes:
    """Where things of the wanted labels, but no people, stood near the boxes before the event."""
    found, things = [as_array([])], wanted - PEOPLE
    if earlier is not None and things:
        height, width = earlier.shape[:2]
        for quarter in _quarters(width, height):
            if any(_meet(quarter, box) for box in boxes):
                seen = looker.look(earlier, quarter)
                found.append(seen.where(np.array([w in things for w in seen.labels], bool)).boxes)
    return np.concatenate(found)


def _quarters(width: int, height: int) -> list[Box]:
    """Four windows that overlap in the middle."""
    wide, high = QUARTER * width, QUARTER * height
    return [
        Box(x, y, x + wide, y + high) for x in (0.0, width - wide) for y in (0.0, height - high)
    ]


def _meet(one: Box, other: Box) -> bool:
    return one.x1 < other.x2 and other.x1 < one.x2 and one.y1 < other.y2 and other.y1 < one.y2


def _where(time_s: float, factor: float, reel: Reel, trace: Trace, path: Path) -> Box | None:
    """Where the thing is in a still that is `factor` times the source; None when nobody knows.

    Where it was not tracked it is what differs from the place, if that is what was tracked: beside
    a parked car, somebody else may pass. If not, it has not gone far for a moment.
    """
    tracked = place_at(path, time_s)
    if tracked is None and path and not _agrees(trace):
        told_s, told = min(path, key=lambda point: abs(point[0] - time_s))
        return scaled(told, factor) if abs(told_s - time_s) <= HELD_S else None
    if tracked is not None:
        return scaled(tracked, factor)
    near = min(trace.sights, key=lambda sight: abs(sight.time_s - time_s), default=None)
    if near is None or abs(near.time_s - time_s) > NEAR_S:
        return None
    return scaled(near.box, reel.scale * factor)


def _agrees(trace: Trace) -> bool:
    """Whether what differs from the place, time and again, is what was tracked."""
    often = len(trace.sights) >= SEEN * trace.looked
    return often and (trace.agree is None or trace.agree >= AGREES)


def window_around(box: Box, width: int, height: int) -> Box:
    """What a detector is shown of a picture of `width` x `height` for a thing at `box`."""
    wide = min(max(WINDOW * width, ROOM * box.width), width)
    high = min(max(WINDOW * height, ROOM * box.height), height)
    x = min(max((box.x1 + box.x2 - wide) / 2, 0), width - wide)
    y = min(max((box.y1 + box.y2 - high) / 2, 0), height - high)
    return Box(x, y, x + wide, y + high)


def _find(
    found: Detections, box: Box, wanted: frozenset[str], standing: Boxes, *, parked: bool
) -> Find:
    """`parked`: whether furniture stood where the thing is."""
    near = found.where(_one_thing(found, box))
    still = (iou(near.boxes, standing) >= SAME_PLACE).any(axis=1) | parked
    still &= np.array([label not in PEOPLE for label in near.labels], bool)
    proves = np.array([label in wanted for label in near.labels], bool)
    best = _best(near.where(proves & ~still))
    other = _best(near.where(~proves))
    return Find(
        wanted=best[0],
        label=best[1],
        other=other[0],
        other_label=other[1],
        standing=bool((proves & still).any()),
        animal=_best(near.where(np.array([label in ANIMALS for label in near.labels], bool)))[0],
        card=found.card,
    )


def _best(found: Detections) -> tuple[float, str]:
    """Score and label of the surest; nothing for none."""
    return max(zip(found.scores.tolist(), found.labels, strict=True), default=(0.0, ""))


def _one_thing(found: Detections, box: Box) -> np.ndarray:
    shared = intersections(found.boxes, as_array([box]))[:, 0]
    sizes, mine = np.maximum(areas(found.boxes), 1e-3), max(box.area, 1e-3)
    alike = np.maximum(sizes, mine) <= OF_ONE_SIZE * np.minimum(sizes, mine)
    return np.asarray((shared >= OVERLAP * np.minimum(sizes, mine)) & alike)
