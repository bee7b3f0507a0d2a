"""From moments to pictures that a large model can afford: cut out, marked, and made small."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, sqrt

import cv2
import numpy as np

from vigil.core import Box, Case, Corners, Frame, Image
from vigil.stages.verify.choosing import Moment
from vigil.stages.verify.lettering import share_inside, without_words, word_boxes
from vigil.stages.verify.pool import Stop

CONTEXT = 1.0
"""Around a thing: so much of its size on each side."""
LEAST_PART = 0.3
"""Of the picture's width and height that a part shows at least."""
WHOLE_SHARE = 0.3
"""Of the tokens, for the one still of the whole picture."""
LARGEST_FACTOR = 2.0
"""Pixels are not enlarged any further: that shows nothing new."""
FEWEST_TOKENS = 40
"""A smaller still shows nothing: there are fewer of them then."""
QUIET_S = 1.5
"""A still from so long before the event shows nothing of it."""
AROUND = 0.25
"""Of a thing's size on each side: what it holds or does is there."""
MOST_HIDDEN = 0.05
"""Of a thing and what is around it: with more of it blurred it may no longer be seen."""
MOST_BLURRED = 0.25
"""Of a still: with more of it blurred the place may no longer be understood."""
EDGE = 0.12
"""Of the picture's height, at the top and at the bottom: there cameras put clock and name."""
BOX_INK = (255, 40, 40)
ZONE_INK = (60, 140, 255)
SHRINK = 0.97


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cutting:
    """One picture of the request."""

    image: Image
    wordless: Image | None = None
    """The same with its words blurred; None where no words were found, or looked for."""
    words: Sequence[Box] = ()
    """Where they are, in pixels of the source."""
    hides: bool = False
    """Whether the blur covers what the event is about, so that it may hide it."""
    after_s: float
    """Seconds since the event began; negative before it."""
    id: str
    """Of the event and the moment, made of a hash: it names nothing."""

    @property
    def background(self) -> bool:
        """Whether nothing of the event can be in it."""
        return self.after_s < -QUIET_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """How a model counts pictures: so many pixels squared are a token, as Qwen2.5-VL has it."""

    patch_px: int = 28

    def tokens(self, width: int, height: int) -> int:
        """Of one picture."""
        return ceil(width / self.patch_px) * ceil(height / self.patch_px)

    def fitted(self, width: float, height: float, tokens: int) -> tuple[int, int]:
        """The largest size of this shape for so many tokens."""
        scale = min(LARGEST_FACTOR, sqrt(tokens * self.patch_px**2 / (width * height)))
        while True:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            if self.tokens(*size) <= max(1, tokens):
                return size
            scale *= SHRINK


def how_many(most: int, budget: int) -> int:
    """Stills that a budget of tokens allows, the whole picture counted."""
    parts = int(budget * (1 - WHOLE_SHARE) // FEWEST_TOKENS)
    return max(1, min(most, 1 + parts))


def cuttings(
    case: Case,
    chosen: Sequence[Moment],
    stop: Stop,
    *,
    budget: int,
    patches: Patches,
    find_words: bool = True,
) -> list[Cutting]:
    """The whole picture at the first moment at which the thing is followed, then its parts.

    Together they cost no more than `budget` tokens. Raises `SourceError`.
    """
    if not chosen:
        return []
    frames = _frames(case, chosen, stop)
    alone = len(frames) == 1
    for_whole = budget if alone else round(budget * WHOLE_SHARE)
    first = next((pair for pair in frames if pair[0].box is not None), frames[0])
    cut = partial(_cutting, case, patches=patches, find_words=find_words)
    done = [cut(*first, None, for_whole)]
    # The edge of a part may cut through a word, and what is left of it is hard to find.
    known = done[0].words
    if alone:
        return done
    each = (budget - for_whole) // max(1, len(frames) - 1)
    parts = [pair for pair in frames if pair is not first] or frames
    return done + [
        cut(moment, frame, _part(moment.near, frame), each, known=known) for moment, frame in parts
    ]


def _frames(case: Case, chosen: Sequence[Moment], stop: Stop) -> list[tuple[Moment, Frame]]:
    """The pictures of moments, in order; those that were not kept are decoded once more."""
    found = [(moment, moment.frame) for moment in chosen if moment.frame is not None]
    waiting = [moment for moment in chosen if moment.frame is None]
    if waiting:
        found += _decoded(case, waiting, stop)
    return sorted(found, key=lambda pair: pair[0].time_s)


def _decoded(case: Case, chosen: Sequence[Moment], stop: Stop) -> list[tuple[Moment, Frame]]:
    """Times are those of the clip's own pictures."""
    found: list[tuple[Moment, Frame]] = []
    waiting = list(chosen)
    start_s, end_s = chosen[0].time_s, chosen[-1].time_s
    for frame in stop.frames(case.footage, start_s, end_s, every_s=0.0):
        while waiting and frame.time_s >= waiting[0].time_s - 1e-3:
            found.append((waiting.pop(0), frame))
        if not waiting:
            break
    return found


def _part(near: Box | None, frame: Frame) -> Box | None:
    """The thing with its surroundings, in source pixels; None for the whole picture."""
    if near is None:
        return None
    wide = max(near.width * (1 + 2 * CONTEXT), LEAST_PART * frame.width)
    high = max(near.height * (1 + 2 * CONTEXT), LEAST_PART * frame.height)
    wide, high = min(wide, frame.width), min(high, frame.height)
    x = min(max((near.x1 + near.x2 - wide) / 2, 0), frame.width - wide)
    y = min(max((near.y1 + near.y2 - high) / 2, 0), frame.height - high)
    return Box(x, y, x + wide, y + high)


def _cutting(
    case: Case,
    moment: Moment,
    frame: Frame,
    part: Box | None,
    tokens: int,
    *,
    patches: Patches,
    find_words: bool,
    known: Sequence[Box] = (),
) -> Cutting:
    region = part or Box(0, 0, frame.width, frame.height)
    width, height = patches.fitted(region.width, region.height, tokens)
    image = frame.pixels.rgb(width, height, part)
    after_s = frame.time_s - case.event.start_s
    # Before lines are drawn, which look like strokes and must stay sharp.
    own = word_boxes(image) if find_words else []
    words = own + _placed(known, region, image)
    wordless = _marked(without_words(image, words), case, moment, region, frame) if words else None
    what = f"{case.event.id} {frame.time_s:.3f} {region}"
    return Cutting(
        image=_marked(image.copy(), case, moment, region, frame),
        wordless=wordless,
        words=[_at_source(box, region, image) for box in own],
        hides=after_s >= -QUIET_S and _hides(words, moment, region, image),
        after_s=after_s,
        id=hashlib.sha256(what.encode()).hexdigest()[:24],
    )


def _placed(known: Sequence[Box], region: Box, image: Image) -> list[Box]:
    """What of these places of the source is in a still, in its pixels."""
    height, width = image.shape[:2]
    x, y = width / region.width, height / region.height
    boxes = (
        Box((b.x1 - region.x1) * x, (b.y1 - region.y1) * y, (b.x2 - region.x1) * x,
            (b.y2 - region.y1) * y)
        for b in known
    )  # fmt: skip
    inside = (box for box in boxes if box.x1 < width and box.y1 < height)
    return [box for box in inside if box.x2 > 0 and box.y2 > 0]


def _at_source(box: Box, region: Box, image: Image) -> Box:
    height, width = image.shape[:2]
    x, y = region.width / width, region.height / height
    left, top = region.x1, region.y1
    return Box(left + box.x1 * x, top + box.y1 * y, left + box.x2 * x, top + box.y2 * y)


def _hides(words: Sequence[Box], moment: Moment, region: Box, image: Image) -> bool:
    """Whether blurring the words may hide what the event is about.

    Where it is must be known; else it may be anywhere but where cameras put clock and name.
    """
    height, width = image.shape[:2]
    whole = Box(0, 0, width, height)
    if share_inside(words, whole) > MOST_BLURRED:
        return True
    if moment.near is None:
        edge = EDGE * height
        return any(word.y2 > edge and word.y1 < height - edge for word in words)
    low = _inside(image, region, (moment.near.x1, moment.near.y1))
    high = _inside(image, region, (moment.near.x2, moment.near.y2))
    wide, tall = (high[0] - low[0]) * AROUND, (high[1] - low[1]) * AROUND
    thing = Box(low[0] - wide, low[1] - tall, high[0] + wide, high[1] + tall)
    return share_inside(words, thing.clipped(width, height)) > MOST_HIDDEN


def _marked(image: Image, case: Case, moment: Moment, region: Box, frame: Frame) -> Image:
    """The picture itself, with zones and the thing outlined."""
    for zone in case.zones:
        _draw_zone(image, zone, region, frame)
    if moment.box is not None:
        _draw_box(image, moment.box, region)
    return image


def _draw_box(image: Image, box: Box, region: Box) -> None:
    low = _inside(image, region, (box.x1, box.y1))
    high = _inside(image, region, (box.x2, box.y2))
    cv2.rectangle(image, low, high, BOX_INK, 1, cv2.LINE_AA)


def _draw_zone(image: Image, zone: Corners, region: Box, frame: Frame) -> None:
    corners = [_inside(image, region, (x * frame.width, y * frame.height)) for x, y in zone]
    outline = np.array(corners, np.int32)
    cv2.polylines(image, [outline], len(zone) > 2, ZONE_INK, 1, cv2.LINE_AA)


def _inside(image: Image, region: Box, point: tuple[float, float]) -> tuple[int, int]:
    height, width = image.shape[:2]
    x = (point[0] - region.x1) / region.width * width
    y = (point[1] - region.y1) / region.height * height
    return round(x), round(y)
