"""What was not there before, arrived, and has not moved since."""

from dataclasses import dataclass
from itertools import count

import cv2
import numpy as np
from jaxtyping import Float32, Int32

from vigil.core import Box, Boxes, Frame, Luma, StaticBlob, as_array, iou, part
from vigil.stages.background import Background, share
from vigil.stages.blobs import (
    Blob,
    Mask,
    blends_in,
    boxes_mask,
    find_blobs,
    new_structure,
    outlined,
    over,
    polygons_mask,
)

EVERYWHERE = 0.6
"""When more of the picture than this differs, the scene has changed, not the things in it."""
LONGEST_STEP_S = 1.0
"""One picture speaks for no longer than this."""
PROVISIONAL_S = 1.0
"""A pixel that has kept a new value so long no longer teaches the background."""
ALONE = 0.7
"""Share of all that hangs together that must rest, for a new thing."""
VISIBLE = 0.8
"""Share of its pixels that must be seen before a thing is judged again."""
HOLE_MARGIN = 0.1
"""By so much more must a hole look like its surroundings than the thing that left it."""
HOLE_EDGES = 1.5
"""And so many times as clear must its outline have been as it is."""
SAME_THING_IOU = 0.3


@dataclass
class Known:
    """A blob under its id."""

    id: int
    box: Box
    since_s: float
    seen_s: float
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A blob that means something."""

    blob: Blob
    removed: bool | None = None
    """Whether it is a hole; None: hidden just now, so nobody can tell."""


@part
class StaticBlobs:
    """Newly stationary things, from about five luma pictures a second.

    Each pixel has two layers, as in the layered codebook of Kim et al. ("Real-time
    foreground-background segmentation using codebook model", 2005): the background, frozen while
    something hides it, and a candidate with the time for which it has been seen. A candidate
    that somebody walks in front of keeps its time. The same surface in another light is no thing,
    and goes into the background. Nor is the hole that a thing left: it is told as removed, for as
    long as `removed_s`, where the background had edges along it that have gone. When the picture
    changes as a whole, and no gain explains it, every thing is forgotten.
    """

    width: int = 320
    """Pixels at which pictures are compared."""
    contrast: float = 14.0
    """Levels, 0 to 255, that a pixel must differ by at least."""
    sigmas: float = 4.0
    """And how many times its usual deviation."""
    area: float = 0.001
    """Smallest thing, as a fraction of the picture."""
    rest_s: float = 4.0
    """Seconds that a thing must be seen at rest."""
    settle_s: float = 15.0
    """Seconds in which the background follows slow change."""
    structure: float = 2.5
    """Levels a pixel of new gradient that tell a thing from a change of light."""
    forget_s: float = 3.0
    """Seconds for which a thing that is no longer seen keeps its id."""
    removed_s: float = 30.0
    """Seconds for which a hole is told of before it is background."""
    masks: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Polygons, in fractions of the picture, in which nothing is sought."""

    def __post_init__(self) -> None:
        self._background = Background(
            settle_s=self.settle_s,
            absorb_s=60.0,
            tire_s=240.0,
            contrast=self.contrast,
            sigmas=self.sigmas,
            shake=1,
        )
        self._known: list[Known] = []
        self._ids = count(1)
        self._ignored: Boxes = as_array([])
        self._shape = (0, 0)
        self._scale = (1.0, 1.0)

    def ignore(self, boxes: Boxes) -> None:
        """Where something that moves is now (source pixels): nothing is learnt or lost there.

        Holds until it is called again.
        """
        self._ignored = boxes

    def update(self, frame: Frame) -> tuple[StaticBlob, ...]:
        """Everything at rest at the frame's time, oldest first."""
        picture = np.asarray(cv2.blur(frame.luma(self.width), (3, 3)), np.uint8)
        if picture.shape != self._shape:
            self._start(picture, frame.time_s)
        step_s = min(max(0.0, frame.time_s - self._background.time_s), LONGEST_STEP_S)
        foreground = self._background.compare(picture, frame.time_s)
        cv2.bitwise_and(foreground, self._allowed, foreground)
        if cv2.countNonZero(foreground) > EVERYWHERE * cv2.countNonZero(self._allowed):
            self._start(picture, frame.time_s)
            return ()
        self._scale = frame.width / picture.shape[1], frame.height / picture.shape[0]
        ignored = boxes_mask(self._ignored, picture.shape[1], picture.shape[0], *self._scale)
        self._age(picture, foreground, ignored, step_s)
        self._remember(self._things(picture, foreground, frame.time_s), frame.time_s)
        kept = over(self._rested_s, PROVISIONAL_S)
        held = np.asarray(cv2.bitwise_or(ignored, kept), np.uint8)
        self._background.learn(picture, frame.time_s, foreground, held)
        return tuple(
            StaticBlob(id=known.id, box=known.box, since_s=known.since_s, removed=known.removed)
            for known in self._known
        )

    def _start(self, picture: Luma, time_s: float) -> None:
        """Forget every thing and take the picture for the background."""
        self._shape = (picture.shape[0], picture.shape[1])
        self._background.restart(picture, time_s)
        self._candidate = picture.astype(np.float32)
        self._rested_s = np.zeros(self._shape, np.float32)
        self._allowed = polygons_mask(self.masks, picture.shape[1], picture.shape[0])
        self._known = []

    def _age(self, picture: Luma, foreground: Mask, ignored: Mask, step_s: float) -> None:
        """Count how long each pixel has kept a value that is not its background's."""
        if self._background.gain[0] != 1:
            self._candidate = np.minimum(self._candidate * self._background.gain[0], 255)
        rested, candidate = self._rested_s, self._candidate
        self._same = within(picture, candidate, self.contrast * 0.75)
        faint = cv2.bitwise_not(within(picture, self._background.mean, self.contrast / 2))
        news = cv2.bitwise_or(foreground, cv2.bitwise_and(faint, over(rested, PROVISIONAL_S)))
        free = cv2.bitwise_not(ignored)
        quiet = cv2.bitwise_and(cv2.bitwise_and(news, self._same), free)
        rested += quiet * np.float32(step_s / 255)
        # What hides a sure thing is no reason to forget it: it only stops the clock.
        hidden = cv2.bitwise_and(news, over(rested, self.rest_s))
        lost = cv2.bitwise_and(cv2.bitwise_not(cv2.bitwise_or(quiet, hidden)), free)
        rested -= lost * np.float32(2 * step_s / 255)
        np.clip(rested, 0, self.rest_s + 1, out=rested)
        fresh = cv2.bitwise_and(cv2.bitwise_not(over(rested, 0)), free)
        cv2.accumulateWeighted(picture, candidate, share(step_s, self.settle_s), self._same)
        cv2.accumulateWeighted(picture, candidate, 1.0, fresh)

    def _things(self, picture: Luma, foreground: Mask, time_s: float) -> list[Found]:
        """Sure pixels, joined and grown; what is no thing goes into the background."""
        sure = over(self._rested_s, self.rest_s)
        if not cv2.countNonZero(sure):
            return []
        smallest = self.area * picture.size
        join = max(3, picture.shape[1] // 60)
        was = self._background.mean.astype(np.uint8)
        things = []
        whole = np.asarray(cv2.connectedComponents(cv2.bitwise_or(sure, foreground))[1], np.int32)
        for core in find_blobs(sure, smallest=smallest, join=join):
            if self._known_at(core) is None and self._is_part(core, whole):
                continue
            seen = core.of(self._same)[core.shape > 0]
            if np.count_nonzero(seen) < VISIBLE * seen.size:
                things.append(Found(blob=core))
                continue
            blob = self._grow(core, picture, was)
            if (found := self._judged(blob, picture, was, time_s)) is not None:
                things.append(found)
            else:
                self._background.heal(blob, picture)
                blob.of(self._rested_s)[blob.shape > 0] = 0
        return things

    def _judged(self, blob: Blob, picture: Luma, was: Luma, time_s: float) -> Found | None:
        """A new thing, or the hole of an old one; None: neither, or told of for long enough."""
        if new_structure(blob, picture, was) < self.structure:
            return None
        if blends_in(blob, picture) <= blends_in(blob, was) + HOLE_MARGIN:
            return Found(blob=blob, removed=False)
        removed = outlined(blob, was) > HOLE_EDGES * outlined(blob, picture)
        known = self._known_at(blob)
        told = known is not None and time_s - known.since_s > self.rest_s + self.removed_s
        return Found(blob=blob, removed=True) if removed and not told else None

    def _known_at(self, blob: Blob) -> Known | None:
        box = as_array([blob.box(*self._scale)])
        return next(
            (k for k in self._known if iou(box, as_array([k.box]))[0, 0] > SAME_THING_IOU), None
        )

    def _is_part(self, core: Blob, whole: Int32[np.ndarray, "height width"]) -> bool:
        """True for the quiet part of something that moves: a person's trunk, a lorry's side."""
        number = core.of(whole)[core.shape > 0].max()
        quiet = self._rested_s[whole == number] >= PROVISIONAL_S
        return bool(np.count_nonzero(quiet) < ALONE * quiet.size)

    def _grow(self, core: Blob, picture: Luma, was: Luma) -> Blob:
        """The core with all that hangs on it and differs by half as much."""
        room = core.grown(max(4, (core.right - core.left) // 2), picture.shape[1], picture.shape[0])
        apart = cv2.absdiff(room.of(picture), room.of(was))
        faint = over(np.asarray(apart, np.uint8), self.contrast / 2)
        faint = cv2.bitwise_and(faint, room.of(self._same))
        faint = np.asarray(cv2.bitwise_or(faint, room.shape), np.uint8)
        largest = max(find_blobs(faint, smallest=1), key=lambda blob: blob.area)
        return largest.moved(room.left, room.top)

    def _remember(self, things: list[Found], time_s: float) -> None:
        """Give each thing the id of the known one that it overlaps most, or a new one."""
        boxes = [thing.blob.box(*self._scale) for thing in things]
        overlap = iou(as_array(boxes), as_array([known.box for known in self._known]))
        for index, (box, thing) in enumerate(zip(boxes, things, strict=True)):
            same = int(overlap[index].argmax()) if overlap.shape[1] else -1
            if same >= 0 and overlap[index, same] > SAME_THING_IOU:
                overlap[:, same] = 0
                known = self._known[same]
                known.box, known.seen_s = box, time_s
                if thing.removed is not None:
                    known.removed = thing.removed
            else:
                since_s = time_s - self.rest_s
                self._known.append(
                    Known(
                        id=next(self._ids),
                        box=box,
                        since_s=since_s,
                        seen_s=time_s,
                        removed=bool(thing.removed),
                    )
                )
        self._known = [known for known in self._known if time_s - known.seen_s <= self.forget_s]


def within(picture: Luma, other: Float32[np.ndarray, "height width"], levels: float) -> Mask:
    """Where two pictures differ by `levels` or less."""
    apart = np.asarray(cv2.absdiff(picture, other.astype(np.uint8)), np.uint8)
    return np.asarray(cv2.bitwise_not(over(apart, levels)), np.uint8)
