"""Follow what differs from the place as it was, and measure what kind of difference it is."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Image, Luma, as_array, iou
from vigil.stages.background import largest_channel, plane
from vigil.stages.blobs import Blob, Mask, alike, find_blobs, new_structure
from vigil.stages.verify.paths import Path, place_at, scaled
from vigil.stages.verify.reel import Reel, Shot

CONTRAST = 14.0
"""Levels, 0 to 255, by which a pixel differs at least."""
SIGMAS = 4.0
"""And how many times its usual deviation."""
FEW = 4
"""Fewer pictures from before the event say too little; then the whole clip stands for the place."""
MOST = 15
"""Pictures of which the place is made."""
STEADY = 0.01
"""A change of light below one percent is left alone."""
JOIN = 5
"""Gaps of so many small pixels within a thing are closed."""
SMALLEST = 12
"""Small pixels."""
REACH = 0.6
"""A thing is sought around where it should be, this share of its own size to each side."""
LEAST_REACH = 10
"""Small pixels."""
FRAGMENT = 0.1
"""Parts smaller than this share of the largest one do not belong to the thing."""
WITHIN = 0.4
"""Share of a blob that must lie where the thing is sought."""
NEAR = 3
"""Small pixels around the thing in which its shadow counts as well."""
TINT = 10.0
"""Levels by which the colour of a shadow or a light may be off."""
DARKEST, BRIGHTEST = 0.5, 4.0
"""Of the light that fell there before."""
OVERLOOKED = 3
"""A thing missed so often in a row is sought again where the tracker had it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """What it looks like there without the event."""

    picture: Image
    limit: Luma
    """Levels by which a pixel must differ to be news."""

    def gain(self, picture: Image) -> Float32[np.ndarray, "3"]:
        """By how much most of the picture has become brighter, channel by channel."""
        now = picture[::8, ::8].reshape(-1, 3).astype(np.float32) + 1
        was = self.picture[::8, ::8].reshape(-1, 3).astype(np.float32) + 1
        return np.asarray(np.clip(np.median(now / was, axis=0), 0.4, 2.5), np.float32)

    def lit(self, gain: Float32[np.ndarray, "3"]) -> Image:
        """The place in a light so many times as strong."""
        if np.abs(gain - 1).max() < STEADY:
            return self.picture
        levels = np.arange(256, dtype=np.float32)[:, None] * gain
        table = np.clip(np.round(levels), 0, 255).astype(np.uint8)
        return np.asarray(cv2.LUT(self.picture, table[None]), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """The thing at one moment; lengths in small pixels."""

    time_s: float
    box: Box
    area: float
    """Pixels of its own."""
    contrast: float
    """Levels by which it differs from the place, 0 to 255."""
    dimmed: float
    """Share of it that is the place as it was, darker: a shadow."""
    lit: float
    """Share of it that is the place as it was, brighter: a light."""
    structure: float
    """New edges, levels a pixel."""
    alike: float
    """Correlation with the place as it was, -1 to 1."""
    edge: float
    """How sharp its outline is: gradient there, over the contrast inside."""
    stirring: float
    """Share of it that changed since the picture before."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """What became of the thing over the event."""

    sights: tuple[Sight, ...]
    looked: int
    """Pictures in which it was sought."""
    elsewhere: tuple[float, ...]
    """Share of the rest of the picture that differs as well, one a picture."""
    others: tuple[int, ...]
    """How many other blobs there are, one a picture."""
    height: int
    """Of the small picture."""
    exposure: float
    """Largest change of the whole picture's brightness, as the logarithm of its gain."""
    agree: float | None
    """Intersection over union of sights and the tracker's box, in the middle; None: no box."""


def place_of(reel: Reel) -> Place:
    """The median over time, and how far pixels usually are from it."""
    before = reel.before
    shots = before if len(before) >= FEW else reel.shots
    stack = np.stack([shot.picture for shot in shots[:: -(-len(shots) // MOST)]])
    middle = np.asarray(np.median(stack, axis=0), np.uint8)
    away = np.stack([largest_channel(cv2.absdiff(picture, middle)) for picture in stack])
    usual = np.partition(away, 3 * len(away) // 4, axis=0)[3 * len(away) // 4]
    limit = np.maximum(CONTRAST, SIGMAS * usual.astype(np.float32))
    return Place(picture=middle, limit=np.minimum(limit, 255).astype(np.uint8))


def foreground(place: Place, picture: Image, was: Image) -> Mask:
    """Where the picture is news; `was`: the place in the picture's light."""
    apart = largest_channel(np.asarray(cv2.absdiff(picture, was), np.uint8))
    return np.asarray(cv2.compare(apart, place.limit, cv2.CMP_GT), np.uint8)


def follow(reel: Reel, path: Path) -> Trace:
    """Seek the thing in each picture of the event, where the tracker had it or near the last."""
    place = place_of(reel)
    small = [(time_s, scaled(box, 1 / reel.scale)) for time_s, box in path]
    seeker = _Seeker(place, small)
    during = reel.during
    anchor_s = small[0][0] if small else reel.span.start_s
    # From where the tracker had it, on to the end, and back to the beginning.
    seeker.walk([shot for shot in during if shot.time_s >= anchor_s])
    seeker.walk([shot for shot in reversed(during) if shot.time_s < anchor_s])
    sights = tuple(sorted(seeker.sights, key=lambda sight: sight.time_s))
    return Trace(
        sights=sights,
        looked=len(during),
        elsewhere=tuple(seeker.elsewhere),
        others=tuple(seeker.others),
        height=reel.shots[0].picture.shape[0] if reel.shots else 1,
        exposure=max(seeker.exposures, default=0.0),
        agree=_agreement(sights, small),
    )


def _agreement(sights: tuple[Sight, ...], path: Path) -> float | None:
    """How well what differs from the place covers what was tracked; 0 where nothing differs."""
    if not path:
        return None
    pairs = [
        (sight.box, tracked)
        for sight in sights
        if (tracked := place_at(path, sight.time_s)) is not None
    ]
    if not pairs:
        return 0.0
    seen, held = (as_array(boxes) for boxes in zip(*pairs, strict=True))
    return float(np.median(np.diagonal(iou(seen, held))))


class _Seeker:
    def __init__(self, place: Place, path: Path) -> None:
        self._place = place
        self._path = path
        self.sights: list[Sight] = []
        self.elsewhere: list[float] = []
        self.others: list[int] = []
        self.exposures: list[float] = []

    def walk(self, shots: list[Shot]) -> None:
        """Go from picture to picture, keeping hold of the thing."""
        last: Box | None = self._path[0][1] if self._path else None
        missed = 0
        former: Image | None = None
        for shot in shots:
            held = place_at(self._path, shot.time_s) or (last if missed < OVERLOOKED else None)
            held = held or (self._path[-1][1] if self._path else None)
            sight = self._see(shot, held, former)
            former = shot.picture
            if sight is None:
                missed += 1
                continue
            missed, last = 0, sight.box
            self.sights.append(sight)

    def _see(self, shot: Shot, held: Box | None, former: Image | None) -> Sight | None:
        now, gain = shot.picture, self._place.gain(shot.picture)
        self.exposures.append(float(np.abs(np.log(gain)).max()))
        was = self._place.lit(gain)
        mask = foreground(self._place, now, was)
        dimmed, lit = other_light(mask, now, was)
        solid = cv2.subtract(mask, cv2.bitwise_or(dimmed, lit))
        blobs = find_blobs(mask, smallest=SMALLEST, join=JOIN)
        # A body without its shadow, or else whatever is there.
        mine = _belonging(find_blobs(solid, smallest=SMALLEST, join=JOIN), held, mask.shape)
        mine = mine or _belonging(blobs, held, mask.shape)
        if not mine:
            self._count_others(mask, blobs, None)
            return None
        whole = _united(mine)
        self._count_others(mask, blobs, whole)
        near = whole.grown(NEAR, mask.shape[1], mask.shape[0])
        changed = max(1, cv2.countNonZero(near.of(mask)))
        return Sight(
            time_s=shot.time_s,
            box=Box(whole.left, whole.top, whole.right, whole.bottom),
            area=whole.area,
            contrast=_contrast(whole, now, was),
            dimmed=cv2.countNonZero(near.of(dimmed)) / changed,
            lit=cv2.countNonZero(near.of(lit)) / changed,
            structure=new_structure(whole, plane(now), plane(was)),
            alike=alike(whole, plane(now), plane(was)),
            edge=_edge(whole, now, was),
            stirring=_stirring(whole, now, former),
        )

    def _count_others(self, mask: Mask, blobs: list[Blob], mine: Blob | None) -> None:
        """What else differs; a shadow that touches the thing belongs to it."""
        others = [blob for blob in blobs if mine is None or not _touch(blob, mine)]
        rest = max(1, mask.size - (0 if mine is None else mine.shape.size))
        self.elsewhere.append(sum(blob.area for blob in others) / rest)
        self.others.append(len(others))


def other_light(mask: Mask, now: Image, was: Image) -> tuple[Mask, Mask]:
    """Where what differs is but a shadow, and where but a light, on the place as it was.

    The colour is the same, and only the brightness another (Horprasert et al., "A statistical
    approach for real-time robust background subtraction and shadow detection", 1999).
    """
    where = np.flatnonzero(mask)
    seen = now.reshape(-1, 3)[where].astype(np.float32)
    known = was.reshape(-1, 3)[where].astype(np.float32) + 1
    ratio = seen.sum(axis=1) / known.sum(axis=1)
    same_colour = np.abs(seen - known * ratio[:, None]).max(axis=1) < TINT
    dimmed, lit = np.zeros_like(mask), np.zeros_like(mask)
    dimmed.reshape(-1)[where[same_colour & (ratio > DARKEST) & (ratio < 1.0)]] = 255
    lit.reshape(-1)[where[same_colour & (ratio > 1.0) & (ratio < BRIGHTEST)]] = 255
    return dimmed, lit


def _belonging(blobs: list[Blob], held: Box | None, shape: tuple[int, ...]) -> list[Blob]:
    """Of all blobs, those that make up the thing."""
    if held is not None:
        wide = max(LEAST_REACH, REACH * held.width)
        high = max(LEAST_REACH, REACH * held.height)
        zone = Box(held.x1 - wide, held.y1 - high, held.x2 + wide, held.y2 + high)
        zone = zone.clipped(shape[1], shape[0])
        blobs = [blob for blob in blobs if _inside(blob, zone) >= WITHIN]
    if not blobs:
        return []
    largest = max(blob.area for blob in blobs)
    return [blob for blob in blobs if blob.area >= FRAGMENT * largest]


def _inside(blob: Blob, zone: Box) -> float:
    """Share of the blob's pixels that lie in the zone."""
    rows = slice(max(0, int(zone.y1) - blob.top), max(0, int(zone.y2) - blob.top))
    columns = slice(max(0, int(zone.x1) - blob.left), max(0, int(zone.x2) - blob.left))
    return cv2.countNonZero(np.ascontiguousarray(blob.shape[rows, columns])) / max(1, blob.area)


def _touch(one: Blob, other: Blob) -> bool:
    return (
        one.left <= other.right + JOIN
        and other.left <= one.right + JOIN
        and one.top <= other.bottom + JOIN
        and other.top <= one.bottom + JOIN
    )


def _united(blobs: list[Blob]) -> Blob:
    if len(blobs) == 1:
        return blobs[0]
    left, top = min(b.left for b in blobs), min(b.top for b in blobs)
    right, bottom = max(b.right for b in blobs), max(b.bottom for b in blobs)
    shape = np.zeros((bottom - top, right - left), np.uint8)
    for blob in blobs:
        part = shape[blob.top - top : blob.bottom - top, blob.left - left : blob.right - left]
        np.maximum(part, blob.shape, out=part)
    return Blob(
        left=left, top=top, right=right, bottom=bottom, shape=shape, area=int((shape > 0).sum())
    )


def _contrast(blob: Blob, now: Image, was: Image) -> float:
    apart = largest_channel(np.asarray(cv2.absdiff(blob.of(now), blob.of(was)), np.uint8))
    return float(apart[blob.shape > 0].mean())


def _edge(blob: Blob, now: Image, was: Image) -> float:
    """Mean gradient of what is new along the outline, over its mean contrast inside."""
    around = blob.grown(3, now.shape[1], now.shape[0])
    apart = np.asarray(cv2.absdiff(around.of(now), around.of(was)), np.uint8)
    new = largest_channel(apart).astype(np.float32)
    contrast = float(new[around.shape > 0].mean())
    outline = cv2.morphologyEx(around.shape, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    across = cv2.Sobel(new, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(new, cv2.CV_32F, 0, 1, scale=1 / 8)
    steep = cv2.magnitude(across, down)
    return float(steep[outline].mean() / max(contrast, 1.0)) if outline.any() else 0.0


def _stirring(blob: Blob, now: Image, former: Image | None) -> float:
    if former is None:
        return 0.0
    inside = blob.shape > 0
    step = largest_channel(np.asarray(cv2.absdiff(blob.of(now), blob.of(former)), np.uint8))
    return float((step[inside] > CONTRAST).mean())
