"""Did anything change? Brightness at thumbnail size against a background of its own."""

import cv2
import numpy as np

from vigil.core import Box, Boxes, Frame, Luma, Signals, areas, as_array, intersections, part
from vigil.stages.background import Background, share
from vigil.stages.blobs import Blob, Mask, boxes_mask, find_blobs, polygons_mask
from vigil.stages.gate.regions import merged

MOST_REGIONS = 4
REGION_MARGIN = 0.02
"""Of the picture's width, on every side."""
EVERYWHERE = 0.5
"""When more of the picture than this differs, the scene has changed, not the things in it."""
NEWS = 2.5
"""So many times the usual size is news."""
SPECK = 4
"""So many times `area` is the largest size that can become usual: a near person always is news."""
RESTLESS = 0.1
LOOKS_AT_CHANGE = 3
"""So many such looks in a row, and the changed scene is the background."""
SAME_MEAN, SAME_MOST = 0.1, 4
"""Levels, of all pixels and of any: by so little two codings of one picture differ (0.08 at a key
frame). Live pictures of 18 real films, five a second, differ by less for 0.8 s at most; those of
rendered scenes with the noise of a sensor by 1.3 and more."""


@part
class LumaGate:
    """Open while something moves that is larger than `area`.

    It opens at the first look that shows a blob of `area`, and closes when for `hold_s` no blob
    had half of it. Nothing keeps it open for ever:

    - a place that keeps changing (leaves) counts as noisy after some `tire_s` of looks, each
      standing for a second at most;
    - when many places take turns (rain), blobs of the usual size are no news after half of
      `usual_s`;
    - a light or a movement of the camera is followed at once where one gain or shift explains
      it, and a scene that changed as a whole is the new background at the third look;
    - what came to rest is absorbed within about two `rest_s`.

    What a track believes in must be told with `hold`: it is not absorbed, does not count as
    usual, and opens the gate only when it stirs.
    """

    width: int = 240
    """Pixels at which pictures are compared."""
    threshold: float = 10.0
    """Levels, 0 to 255, that a pixel must differ by at least."""
    sigmas: float = 5.0
    """And how many times its usual deviation."""
    area: float = 0.0003
    """Smallest moving area, as a fraction of the picture."""
    hold_s: float = 2.0
    """Seconds without motion after which it closes."""
    settle_s: float = 10.0
    """Seconds in which the background follows slow change."""
    absorb_s: float = 60.0
    """Seconds after which a thing that stirs in one place is taken for background."""
    rest_s: float = 8.0
    """The same for a thing that does not stir."""
    tire_s: float = 20.0
    """Seconds in which a place that keeps changing is taken for noisy."""
    calm_s: float = 30.0
    """Seconds in which it is trusted again."""
    usual_s: float = 30.0
    """Seconds in which the usual size of small blobs that nobody holds is learnt."""
    masks: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Polygons, in fractions of the picture, in which nothing is news."""

    def __post_init__(self) -> None:
        self._background = Background(
            settle_s=self.settle_s,
            absorb_s=self.absorb_s,
            rest_s=self.rest_s,
            tire_s=self.tire_s,
            calm_s=self.calm_s,
            contrast=self.threshold,
            sigmas=self.sigmas,
        )
        self._allowed: Mask = np.zeros((0, 0), np.uint8)
        self._held = as_array([])
        self._boxes: list[Box] = []
        self._size = (0, 0)
        self._last: Luma = np.zeros((0, 0), np.uint8)
        self._identical = False
        self._open = False
        self._moved_s = 0.0
        self._changed_looks = 0
        self._usual = 0.0
        self._nearness = 0.0

    @property
    def open(self) -> bool:
        return self._open

    @property
    def identical_to_last(self) -> bool:
        """Whether the last two pictures were one, if coded twice: a frozen camera."""
        return self._identical

    @property
    def nearness(self) -> float:
        """How near the last picture came to opening it, 0 to 1."""
        return self._nearness

    def hold(self, boxes: Boxes) -> None:
        """Where something is that must not be absorbed (source pixels), until the next call."""
        self._held = boxes

    def regions(self) -> Boxes:
        if not self._boxes:
            return as_array([])
        width, height = self._size
        return merged(
            self._boxes,
            margin=REGION_MARGIN * width,
            most=MOST_REGIONS,
            width=width,
            height=height,
        )

    def see(self, frame: Frame) -> Signals:
        luma = frame.luma(self.width)
        self._identical = _same(luma, self._last)
        self._last = luma.copy()
        picture = np.asarray(cv2.blur(luma, (3, 3)), np.uint8)
        if picture.shape != self._allowed.shape:
            self._allowed = polygons_mask(self.masks, picture.shape[1], picture.shape[0])
        foreground = self._background.compare(picture, frame.time_s)
        cv2.bitwise_and(foreground, self._allowed, foreground)
        changed = cv2.countNonZero(foreground) / max(1, cv2.countNonZero(self._allowed))
        if self._is_another_scene(changed):
            self._background.restart(picture, frame.time_s)
            foreground[:] = 0
        self._decide(foreground, picture, frame)
        self._background.learn(picture, frame.time_s, foreground, self._held_mask(frame))
        return Signals(motion=changed, brightness=float(cv2.mean(luma)[0]))

    def _is_another_scene(self, changed: float) -> bool:
        self._changed_looks = self._changed_looks + 1 if changed > EVERYWHERE else 0
        return self._changed_looks >= LOOKS_AT_CHANGE

    def _decide(self, foreground: Mask, picture: Luma, frame: Frame) -> None:
        """Open at one blob of `area`; stay open for blobs of half of it."""
        high, wide = foreground.shape
        smallest = self.area * foreground.size
        blobs = find_blobs(foreground, smallest=smallest / 2)
        self._size = frame.width, frame.height
        self._boxes = [blob.box(frame.width / wide, frame.height / high) for blob in blobs]
        held = self._are_held()
        loose = [blob.area for blob, known in zip(blobs, held, strict=True) if not known]
        self._learn_usual(max(loose, default=0), SPECK * smallest, frame.time_s)
        large = smallest / 2 if self._open else smallest
        news = max(large, NEWS * self._usual)
        restless = self._background.moved(picture) if blobs else foreground
        self._nearness = min(1.0, max(loose, default=0.0) / news)
        news_here = [
            blob.area >= (large if known else news) and not (known and is_at_rest(blob, restless))
            for blob, known in zip(blobs, held, strict=True)
        ]
        # Specks beside what moves would only widen the look.
        self._boxes = [box for box, new in zip(self._boxes, news_here, strict=True) if new]
        if any(news_here):
            self._open, self._moved_s = True, frame.time_s
        if frame.time_s - self._moved_s > self.hold_s:
            self._open = False

    def _are_held(self) -> list[bool]:
        """Of each blob, whether most of it lies in one of the held boxes."""
        if not self._boxes or not len(self._held):
            return [False] * len(self._boxes)
        boxes = as_array(self._boxes)
        within = intersections(boxes, self._held).max(axis=1)
        return [bool(most) for most in within > 0.5 * areas(boxes)]

    def _learn_usual(self, size: float, largest: float, time_s: float) -> None:
        """A running median: who passes now and then, however large, is never usual."""
        gone_s = max(0.0, time_s - self._background.time_s)
        if size > self._usual:
            risen = self._usual + largest * share(min(gone_s, 1.0), self.usual_s)
            self._usual = min(risen, size, largest)
        else:
            self._usual = max(self._usual - largest * share(gone_s, self.usual_s), size)

    def _held_mask(self, frame: Frame) -> Mask | None:
        if not len(self._held):
            return None
        high, wide = self._allowed.shape
        held = boxes_mask(self._held, wide, high, frame.width / wide, frame.height / high)
        # The blur carries a thing's edge beyond a tight box.
        return np.asarray(cv2.dilate(held, np.ones((5, 5), np.uint8)), np.uint8)


def is_at_rest(blob: Blob, restless: Mask) -> bool:
    """True when hardly any of its pixels changed since the last look."""
    stirring = np.count_nonzero(blob.of(restless)[blob.shape > 0])
    return bool(stirring < RESTLESS * blob.area)


def _same(one: Luma, other: Luma) -> bool:
    """Whether two pictures may be one picture, coded twice."""
    if one.shape != other.shape or cv2.norm(one, other, cv2.NORM_INF) > SAME_MOST:
        return False
    return bool(cv2.norm(one, other, cv2.NORM_L1) <= SAME_MEAN * one.size)
