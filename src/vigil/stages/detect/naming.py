"""Which of the things that a model sees in one view are told, and which blobs they explain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import (
    ANYTHING,
    Box,
    Boxes,
    Detections,
    Frame,
    areas,
    as_array,
    intersections,
    iou,
)
from vigil.stages.blobs import Blob, Mask, boxes_mask
from vigil.stages.detect.motion import MotionDetector, Moved

SURVEY_S = 60.0
"""So often the model sees the whole picture whatever happens, to know what stands there."""
REST_S = 1.0
"""So often it looks while nothing stirs."""
STANDS_OUT = 0.2
"""Share of a box that must differ from the background: of who walks, half of it does."""
STIRS = 0.1
"""So much is enough of what hardly leaves the box: somebody seated waves …"""
WITHIN = 0.8
"""… and so much of the blobs there must lie in it: who passes a chair is on both sides of it …"""
PASSES_S = 2.0
"""… but for the moment in which the rest of him has left the picture."""
STILL = 0.02
"""Share of a box below which nothing happens there."""
SAME = 0.5
"""Intersection over union from which two boxes are of one thing."""
FIRM = 3
"""Looks at which a thing must have stood out to be believed without that …"""
HELD_S = 600.0
"""… for so long since anything last happened there: who lives stirs, a chair does not."""
GONE = 0.5
"""Share of what stood out of a thing below which the model looks at once whether it is there."""
PATIENCE_S = 3.0
"""What the model has not seen for so long is no longer waited for."""
MISSED_SURVEYS = 5
"""What so many surveys in a row did not see stands there no more."""
MARGIN = 0.1
"""Of its width and height a box may be too small on each side for what it explains."""
EXPLAINED = 0.5
"""Share of a blob from which it is that of the boxes, its shadow included."""


@dataclass(slots=True, kw_only=True, eq=False)
class Named:
    """A thing that was told."""

    label: str
    box: Box
    """Source pixels."""
    seen_s: float
    """When the model last saw it."""
    stirred_s: float
    """When anything last differed from the background there."""
    out: float
    """Share of its box that differed then."""
    looks: int = 1
    """At which it stood out."""


@dataclass(slots=True, kw_only=True, eq=False)
class Fixture:
    """What the model sees where nothing moves, and has not moved."""

    label: str
    box: Box
    """Source pixels."""
    missed: int = 0
    """Surveys in a row that did not see it."""
    stirs_s: float | None = None
    """Since when it stirs at every look; None: it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One find of the model, beside what differs from the background."""

    row: int
    """Its number among those of the look."""
    label: str
    box: Box
    """Source pixels."""
    sure: bool
    out: float
    """Share of its box that differs."""
    within: float
    """Share of the blobs that reach into it that does not reach out of it."""

    @property
    def stirs(self) -> bool:
        """Whether it is the thing itself that moves, and nobody before it."""
        return self.out >= STIRS and self.within >= WITHIN

    @property
    def stands_out(self) -> bool:
        return self.out >= STANDS_OUT or self.stirs


class Naming:
    """What is remembered of one view: who was named there, and what only looks like it."""

    def __init__(self, motion: MotionDetector) -> None:
        self.called = 0
        """The detector's last call that was about this view."""
        self._motion = motion
        self._named: list[Named] = []
        self._fixtures: list[Fixture] = []
        self._told = Detections.none()
        self._asked_s = self._surveyed_s = float("-inf")

    def places(self, frame: Frame, moved: Moved) -> Boxes:
        """Where the model is to look, source pixels; nowhere when it could tell no news."""
        if frame.time_s - self._surveyed_s >= SURVEY_S:
            return as_array([Box(0, 0, frame.width, frame.height)])
        if not (moved.blobs or self._named):
            return as_array([])
        rests = not self._stirs(moved) and not self._leaves(frame, moved)
        if rests and frame.time_s - self._asked_s < REST_S:
            return as_array([])
        named = [one.box.clipped(frame.width, frame.height) for one in self._named]
        return np.concatenate([moved.found.boxes, as_array(named)])

    def learn(self, frame: Frame, moved: Moved, found: Detections, *, sure: float) -> None:
        """Take in what the model sees; `sure`: score from which it names what is new."""
        self._asked_s = time_s = frame.time_s
        seen = compared(frame, moved, found, sure)
        told: dict[int, Named] = {}
        for each in seen:
            one = self._recognised(each, list(told.values()), time_s) or self._met(each, time_s)
            if one is not None:
                told[each.row] = one
        self._named = [one for one in self._named if time_s - one.seen_s <= PATIENCE_S]
        self._told = found.where(np.array([row in told for row in range(len(found))], bool))
        for each in seen:
            self._unfix(each, time_s)
        self._note_fixtures([each for each in seen if each.row not in told], time_s)

    def tell(self, frame: Frame, moved: Moved) -> Detections:
        """What is named, and the blobs that no name explains."""
        named = self._told
        if not self._named or not len(named):
            return moved.found
        scale_x, scale_y = _scales(frame, moved)
        height, width = moved.objects.shape
        covered = boxes_mask(_grown(named.boxes), width, height, scale_x, scale_y)
        left = [self._unexplained(blob, covered) for blob in moved.blobs]
        boxes = [blob.box(scale_x, scale_y) for rest in left for blob in rest]
        scores = np.repeat(moved.found.scores, np.array([len(rest) for rest in left], int))
        return replace(
            named,
            boxes=np.concatenate([named.boxes, as_array(boxes)]),
            scores=np.concatenate([agreed(named, moved.found), scores]),
            labels=(*named.labels, *[ANYTHING] * len(boxes)),
        )

    def _stirs(self, moved: Moved) -> bool:
        """Whether anything is not as it was at the look before."""
        least = self._motion.area * moved.objects.size
        return bool(moved.blobs) and cv2.countNonZero(moved.stirring) >= least

    def _leaves(self, frame: Frame, moved: Moved) -> bool:
        """Whether less of a named thing stands out than when it was seen: it may have gone."""
        return any(
            differing(one.box, frame, moved)[0] < GONE * one.out
            for one in self._named
            if one.seen_s == self._asked_s
        )

    def _recognised(self, seen: Seen, taken: Sequence[Named], time_s: float) -> Named | None:
        """The thing told before that this is, while it may be told."""
        one, fit = _nearest(seen, [one for one in self._named if one not in taken])
        if one is None or fit < SAME:
            return None
        if _nearest(seen, self._fixtures)[1] >= fit and not seen.stirs:
            return None
        if seen.out >= STILL:
            one.stirred_s = time_s
        if time_s - one.stirred_s > (HELD_S if one.looks >= FIRM else PATIENCE_S):
            return None
        one.looks += seen.stands_out
        one.box, one.seen_s, one.out = seen.box, time_s, seen.out
        return one

    def _met(self, seen: Seen, time_s: float) -> Named | None:
        """What was not told before, if it is no fixture."""
        fixture, fit = _nearest(seen, self._fixtures)
        stands = fixture is not None and fit >= SAME
        if not seen.sure or not (seen.stirs if stands else seen.stands_out):
            return None
        one = Named(label=seen.label, box=seen.box, seen_s=time_s, stirred_s=time_s, out=seen.out)
        self._named.append(one)
        return one

    def _note_fixtures(self, untold: Sequence[Seen], time_s: float) -> None:
        """Remember what is seen where nothing happens: it is no news when somebody passes it."""
        if time_s - self._surveyed_s >= SURVEY_S:
            self._surveyed_s = time_s
            for known in self._fixtures:
                known.missed += 1
        for seen in untold:
            fixture, fit = _nearest(seen, self._fixtures)
            if fixture is not None and fit >= SAME:
                fixture.missed = 0
            elif seen.out < STILL:
                self._fixtures.append(Fixture(label=seen.label, box=seen.box))
        self._fixtures = [each for each in self._fixtures if each.missed < MISSED_SURVEYS]

    def _unfix(self, seen: Seen, time_s: float) -> None:
        """What stirs for long is no fixture; what somebody passed is the one that it was."""
        fixture, fit = _nearest(seen, self._fixtures)
        if fixture is None or fit < SAME:
            return
        if not seen.stirs:
            fixture.stirs_s = None
        elif fixture.stirs_s is None:
            fixture.stirs_s = time_s
        elif time_s - fixture.stirs_s >= PASSES_S:
            self._fixtures = [other for other in self._fixtures if other is not fixture]

    def _unexplained(self, blob: Blob, covered: Mask) -> list[Blob]:
        """The blob, what is left of it, or nothing, when told boxes cover enough of it."""
        left = np.zeros_like(covered)
        blob.of(left)[:] = cv2.bitwise_and(blob.shape, cv2.bitwise_not(blob.of(covered)))
        pixels = cv2.countNonZero(left)
        if pixels <= (1 - EXPLAINED) * blob.area:
            return []
        # Crumbs that are too small to be things are still the thing that was found.
        return [blob] if pixels == blob.area else self._motion.blobs(left) or [blob]


def compared(frame: Frame, moved: Moved, found: Detections, sure: float) -> list[Seen]:
    """The finds of a model beside what moved, the surest first."""
    rows = []
    for row in np.argsort(-found.scores, kind="stable").tolist():
        box = Box(*found.boxes[row].tolist())
        out, within = differing(box, frame, moved)
        rows.append(
            Seen(
                row=row,
                label=found.labels[row],
                box=box,
                sure=bool(found.scores[row] >= sure),
                out=out,
                within=within,
            )
        )
    return rows


def differing(box: Box, frame: Frame, moved: Moved) -> tuple[float, float]:
    """Share of a box that differs, and share of the blobs that reach into it that lies in it."""
    height, width = moved.objects.shape
    place = boxes_mask(as_array([box]), width, height, *_scales(frame, moved))
    out = cv2.countNonZero(cv2.bitwise_and(place, moved.objects))
    parts = [cv2.countNonZero(cv2.bitwise_and(b.of(place), b.shape)) for b in moved.blobs]
    whole = sum(blob.area for blob, part in zip(moved.blobs, parts, strict=True) if part)
    return out / max(cv2.countNonZero(place), 1), sum(parts) / max(whole, 1)


def agreed(named: Detections, moved: Detections) -> Float32[np.ndarray, "n"]:
    """Scores of the named things, each no lower than that of a blob in its place.

    A name is believed from the card's score on; how sure it is that there is anything, motion
    knows, too, and rules must not lose by a name what they had without it.
    """
    if not len(moved):
        return named.scores
    smaller = np.minimum(areas(named.boxes)[:, None], areas(moved.boxes)[None, :])
    shared = intersections(named.boxes, moved.boxes) >= SAME * smaller
    best = np.where(shared, moved.scores, 0).max(axis=1)
    return np.asarray(np.maximum(named.scores, best), np.float32)


class _Placed(Protocol):
    label: str
    box: Box


PlacedT = TypeVar("PlacedT", bound=_Placed)


def _nearest(seen: Seen, others: Sequence[PlacedT]) -> tuple[PlacedT | None, float]:
    """Of those with its label the one that overlaps it most, and by how much (IoU)."""
    alike = [other for other in others if other.label == seen.label]
    if not alike:
        return None, 0.0
    fits = iou(as_array([seen.box]), as_array([other.box for other in alike]))[0]
    best = int(fits.argmax())
    return alike[best], float(fits[best])


def _scales(frame: Frame, moved: Moved) -> tuple[float, float]:
    """Source pixels of one pixel of the masks."""
    height, width = moved.objects.shape
    return frame.width / width, frame.height / height


def _grown(boxes: Boxes) -> Boxes:
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2) * MARGIN
    return np.asarray(boxes + sides * (-1, -1, 1, 1), np.float32)
