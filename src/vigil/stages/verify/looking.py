"""A detector's second look, at about twice the resolution, where the thing should be."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from vigil.core import Box, Detections, Detector, Image, Look, Rung, intersections
from vigil.media.pixels import frame_of_array
from vigil.stages.verify.features import Features
from vigil.stages.verify.meaning import ANIMALS, PEOPLE
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

    def look(self, picture: Image, around: Box) -> Detections:
        """What is in the part of the picture around a box; boxes in pixels of the picture."""
        window = _window(around, picture.shape[1], picture.shape[0])
        x1, y1, x2, y2 = (round(side) for side in window)
        part = np.ascontiguousarray(picture[y1:y2, x1:x2])
        with self._lock:
            (found,) = self._detector.detect([Look.whole(frame_of_array(part), Rung.DETECT)])
        shift = np.array([x1, y1, x1, y1], np.float32)
        return Detections(
            boxes=found.boxes + shift, scores=found.scores, labels=found.labels, card=found.card
        )


def finds(
    looker: Looker, reel: Reel, trace: Trace, path: Path,
    wanted: frozenset[str], *, most: int,
) -> list[Find]:  # fmt: skip
    """One find for each of up to `most` stills, evenly over those that show the thing."""
    placed = [
        (picture, box)
        for time_s, picture in reel.stills
        if (box := _where(time_s, picture.shape[1] / reel.source_width, reel, trace, path))
    ]
    chosen = np.unique(np.linspace(0, len(placed) - 1, min(most, len(placed))).round().astype(int))
    return [
        _find(looker.look(picture, box), box, wanted)
        for picture, box in (placed[index] for index in chosen)
    ]


def features(found: Sequence[Find]) -> Features:
    """What the finds say together; nothing where nobody looked."""
    if not found:
        return {}
    best = sorted((find.wanted for find in found), reverse=True)
    return {
        "hits": float(np.mean([find.wanted >= WEAK for find in found])),
        "best": float(np.mean(best[:3])),
        "mean": float(np.mean(best)),
        "rival": _rivals(found, lambda _label: True),
        "animal": _rivals(found, ANIMALS.__contains__),
        "person": _rivals(found, PEOPLE.__contains__),
    }


def _rivals(found: Sequence[Find], counts: Callable[[str], bool]) -> float:
    """Mean score of other labels where they outdo the wanted ones."""
    scores = [
        find.other if find.other > find.wanted and counts(find.other_label) else 0.0
        for find in found
    ]
    return float(np.mean(scores))


def _where(time_s: float, factor: float, reel: Reel, trace: Trace, path: Path) -> Box | None:
    """Where the thing is in a still that is `factor` times the source; None when nobody knows."""
    tracked = place_at(path, time_s)
    if tracked is not None:
        return scaled(tracked, factor)
    near = min(trace.sights, key=lambda sight: abs(sight.time_s - time_s), default=None)
    if near is None or abs(near.time_s - time_s) > 0.5:
        return None
    return scaled(near.box, reel.scale * factor)


def _window(around: Box, width: int, height: int) -> Box:
    wide = min(max(WINDOW * width, ROOM * around.width), width)
    high = min(max(WINDOW * height, ROOM * around.height), height)
    x = min(max((around.x1 + around.x2 - wide) / 2, 0), width - wide)
    y = min(max((around.y1 + around.y2 - high) / 2, 0), height - high)
    return Box(x, y, x + wide, y + high)


def _find(found: Detections, box: Box, wanted: frozenset[str]) -> Find:
    near = found.where(_one_thing(found, box) & (found.scores >= WEAK))
    ranked = sorted(zip(near.scores.tolist(), near.labels, strict=True), reverse=True)
    best = next(((s, word) for s, word in ranked if word in wanted), (0.0, ""))
    other = next(((s, word) for s, word in ranked if word not in wanted), (0.0, ""))
    return Find(
        wanted=best[0], label=best[1], other=other[0], other_label=other[1], card=found.card
    )


def _one_thing(found: Detections, box: Box) -> np.ndarray:
    one = np.array([box], np.float32)
    shared = intersections(found.boxes, one)[:, 0]
    areas = np.prod(np.maximum(found.boxes[:, 2:] - found.boxes[:, :2], 1e-3), axis=1)
    mine = max(box.area, 1e-3)
    alike = np.maximum(areas, mine) <= OF_ONE_SIZE * np.minimum(areas, mine)
    return np.asarray((shared >= OVERLAP * np.minimum(areas, mine)) & alike)
