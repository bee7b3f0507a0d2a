"""Find what moves, and what came to rest, without any model."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import ANYTHING, Detections, Frame, Image, Look, Rung, as_array, part
from vigil.stages.background import Background, plane
from vigil.stages.blobs import Blob, Mask, alike, blends_in, find_blobs, polygons_mask

REMEMBERED_CALLS = 10_000
"""A source that none of so many calls named is forgotten."""
EVERYWHERE = 0.6
"""When more of the picture than this differs, the scene has changed, not the things in it."""


DARKEST_SHADOW = 0.65
"""Of the light that fell there before."""
SHADOW_TINT = 10.0
"""Levels by which a shadow's colour may be off."""
JUDGED_EVERY_S = 1.0
"""What rests is asked so often whether it is a thing."""
RESTLESS = 0.2
"""A thing rests when less of it than this changes from look to look."""
SAME_SURFACE = 0.87
"""Correlation above which a place that rests has only another light."""
HOLE_MARGIN = 0.1
"""By so much more must a hole look like its surroundings than the thing that left it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moved:
    """What one look found to move or to have come to rest."""

    found: Detections
    blobs: list[Blob]
    """The same things, pixel by pixel, at the size at which pictures are compared."""
    objects: Mask
    """All that differs from the background, shadows aside."""
    stirring: Mask
    """What of it is not as it was at the look before."""


@dataclass
class View:
    """What is kept of one source."""

    background: Background
    allowed: Mask
    called: int = 0
    judge_due_s: float = 0.0


@part
class MotionDetector:
    """Background subtraction in colour at a small size; every find is an `object`.

    A pixel is compared with its running mean (Wren et al., "Pfinder", 1997), shadows are dropped
    by their unchanged colour (Horprasert et al., "A statistical approach for real-time robust
    background subtraction and shadow detection", 1999), and what is left is joined to blobs. A
    thing that stays is found until about `absorb_s` have passed. The hole that a thing leaves is
    found for a second or two: it looks more like its surroundings than the background did.
    """

    width: int = 320
    """Pixels at which pictures are compared."""
    contrast: float = 14.0
    """Levels, 0 to 255, that a pixel must differ by at least."""
    sigmas: float = 4.0
    """And how many times its usual deviation."""
    area: float = 0.0004
    """Smallest object, as a fraction of the picture."""
    join: float = 0.02
    """Parts of an object nearer than this fraction of the picture's width are one."""
    settle_s: float = 15.0
    """Seconds in which the background follows slow change."""
    absorb_s: float = 120.0
    """Seconds after which a thing at rest is taken for background."""
    drop_shadows: bool = True
    masks: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Polygons, in fractions of the picture, in which nothing is sought."""

    def __post_init__(self) -> None:
        self._views: dict[str, View] = {}
        self._calls = 0

    @property
    def needs(self) -> Rung:
        return Rung.LUMA

    def detect(self, looks: Sequence[Look]) -> list[Detections]:
        return [moved.found for moved in self.moved(looks)]

    def moved(self, looks: Sequence[Look]) -> list[Moved]:
        """As `detect`, with the pixels that tell what was found."""
        self._calls += 1
        moved = [self._moved(look.frame) for look in looks]
        if self._calls % REMEMBERED_CALLS == 0:
            self._views = {
                source: view
                for source, view in self._views.items()
                if self._calls - view.called < REMEMBERED_CALLS
            }
        return moved

    def _moved(self, frame: Frame) -> Moved:
        picture = np.asarray(cv2.blur(frame.rgb(self.width), (3, 3)), np.uint8)
        view = self._view(frame.source, picture)
        background = view.background
        foreground = background.compare(picture, frame.time_s)
        cv2.bitwise_and(foreground, view.allowed, foreground)
        if cv2.countNonZero(foreground) > EVERYWHERE * cv2.countNonZero(view.allowed):
            background.restart(picture, frame.time_s)
            nowhere = np.zeros_like(foreground)
            return Moved(found=Detections.none(), blobs=[], objects=nowhere, stirring=nowhere)
        if frame.time_s >= view.judge_due_s:
            view.judge_due_s = frame.time_s + JUDGED_EVERY_S
            self._heal_what_is_no_thing(foreground, picture, view)
        objects = foreground.copy()
        if self.drop_shadows:
            drop_shadows(objects, picture, background.mean)
        blobs = self.blobs(objects)
        stirring = objects
        if blobs:
            stirring = np.asarray(cv2.bitwise_and(objects, background.moved(picture)), np.uint8)
        background.learn(picture, frame.time_s, foreground)
        found = self._detections(blobs, frame, background)
        return Moved(found=found, blobs=blobs, objects=objects, stirring=stirring)

    def _view(self, source: str, picture: Image) -> View:
        view = self._views.get(source)
        if view is None or view.allowed.shape != picture.shape[:2]:
            background = Background(
                settle_s=self.settle_s,
                absorb_s=self.absorb_s,
                tire_s=self.absorb_s,
                contrast=self.contrast,
                sigmas=self.sigmas,
                shake=1,
            )
            height, width = picture.shape[:2]
            allowed = polygons_mask(self.masks, width, height)
            view = View(background=background, allowed=allowed)
            self._views[source] = view
        view.called = self._calls
        return view

    def _heal_what_is_no_thing(self, foreground: Mask, picture: Image, view: View) -> None:
        for blob in self.blobs(foreground):
            if is_no_thing(blob, picture, view.background):
                blob.of(foreground)[blob.shape > 0] = 0
                view.background.heal(blob, picture)

    def blobs(self, objects: Mask) -> list[Blob]:
        """The things of a mask: parts joined, what is too small left out."""
        height, width = objects.shape
        return find_blobs(
            objects, smallest=self.area * width * height, join=round(self.join * width)
        )

    def _detections(self, blobs: list[Blob], frame: Frame, background: Background) -> Detections:
        """Sure of what is large and differs by several times what it must."""
        height, width = background.noise.shape
        smallest = self.area * width * height
        scores = []
        for blob in blobs:
            apart = float(blob.of(background.difference)[blob.shape > 0].mean()) / self.contrast
            scores.append((1 - 0.5**apart) * min(1.0, blob.area / (3 * smallest)) ** 0.5)
        boxes = [blob.box(frame.width / width, frame.height / height) for blob in blobs]
        return Detections(
            boxes=as_array(boxes),
            scores=np.array(scores, np.float32),
            labels=(ANYTHING,) * len(blobs),
        )


def drop_shadows(objects: Mask, picture: Image, mean: Float32[np.ndarray, "h w 3"]) -> None:
    """Clear pixels that are their background, darker, in the same colour."""
    where = np.flatnonzero(objects > 0)
    now = picture.reshape(-1, 3)[where].astype(np.float32)
    was = mean.reshape(-1, 3)[where] + 1
    every_channel = np.ones(3, np.float32)
    dimmed = (now @ every_channel) / (was @ every_channel)
    red, green, blue = np.abs(now - was * dimmed[:, None]).T
    off_colour = np.maximum(np.maximum(red, green), blue)
    shadow = (dimmed > DARKEST_SHADOW) & (dimmed < 1) & (off_colour < SHADOW_TINT)
    objects.reshape(-1)[where[shadow]] = 0


def is_no_thing(blob: Blob, picture: Image, background: Background) -> bool:
    """A place that rests: a hole that something left, or the old surface in another light."""
    restless = blob.of(background.moved(picture))[blob.shape > 0]
    if np.count_nonzero(restless) > RESTLESS * blob.area:
        return False
    now, was = plane(picture), plane(background.mean.astype(np.uint8))
    if alike(blob, now, was) > SAME_SURFACE:
        return True
    return blends_in(blob, now) > blends_in(blob, was) + HOLE_MARGIN
