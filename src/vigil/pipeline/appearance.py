"""Whether two cameras show the same thing: by its colours, or by a model made for that."""

from collections.abc import Collection
from typing import TypeAlias

import cv2
import numpy as np
import structlog
from jaxtyping import Float32

from vigil.core import Box, Case, Embedder, Event, Frame, Image, ModelError, SourceError

log = structlog.get_logger(__name__)
ALIKE = 0.6
"""Least likeness of colours in two cameras, whose white balance differs."""
UNLIKE = 0.25
"""Tracks of one camera that are less alike than this only happen to have the same number."""
HUES, SATURATIONS, VALUES = 12, 3, 4
GREY = 40
"""Below this saturation, of 255, a hue is noise."""
CENTRE = 0.6
"""Share of the box's sides that is looked at: its border shows what stands behind."""
CROP_PX = 48
"""Width at which it is looked at."""
WINDOW_S = 0.5
"""How far from the wanted moment a picture may be."""

Colours: TypeAlias = Float32[np.ndarray, "bins"]
"""Shares that add up to 1: hues by saturation, then greys by brightness."""
Counts: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Looks:
    """Compares what two events show."""

    def __init__(
        self,
        embedder: Embedder | None = None,
        *,
        labels: Collection[str] = ("person",),
        alike: float = 0.6,
    ) -> None:
        """`embedder`: for events of these labels; `alike`: least cosine in two cameras."""
        self._embedder = embedder
        self._labels = frozenset(labels)
        self._alike = alike

    def same(self, ours: Case, theirs: Case, *, one_camera: bool) -> bool | None:
        """Whether both show one thing; None when one of them cannot be seen. Blocks, decodes.

        One camera sees one track in one light: there only what is quite unlike is not the same.
        """
        if self._embedder is not None and ours.event.label in self._labels:
            found = self._cosine(self._embedder, ours, theirs)
            if found is not None:
                return found >= (self._alike / 2 if one_camera else self._alike)
        a, b = colours_of(ours), colours_of(theirs)
        if a is None or b is None:
            return None
        return likeness(a, b) >= (UNLIKE if one_camera else ALIKE)

    def _cosine(self, embedder: Embedder, ours: Case, theirs: Case) -> float | None:
        crops = [crop for case in (ours, theirs) if (crop := crop_of(case)) is not None]
        if len(crops) < 2:
            return None
        try:
            a, b = embedder.embed(crops)
        except ModelError as error:
            log.warning("colours are compared instead", reason=str(error))
            return None
        return float(a @ b)


def crop_of(case: Case) -> Image | None:
    """The event's thing at the moment when it looks largest, in the clip's own pixels."""
    found = _seen(case)
    if found is None:
        return None
    frame, box = found
    inside = box.clipped(frame.width, frame.height)
    if inside.width < 2 or inside.height < 2:
        return None
    return frame.rgb(round(inside.width), region=inside)


def colours_of(case: Case) -> Colours | None:
    """Of the event's thing, at the moment when it looks largest; None without a box or picture.

    Blocks: decodes up to a second of the clip.
    """
    found = _seen(case)
    return None if found is None else colours_in(*found)


def _seen(case: Case) -> tuple[Frame, Box] | None:
    """The picture in which the event's thing looks largest, and where it is."""
    moment = _moment(case)
    if moment is None:
        return None
    time_s, box = moment
    try:
        frames = case.footage.frames(time_s - WINDOW_S, time_s + WINDOW_S)
        frame = min(frames, key=lambda each: abs(each.time_s - time_s), default=None)
    except SourceError:
        return None
    return None if frame is None else (frame, box)


def colours_in(frame: Frame, box: Box) -> Colours | None:
    """Of the centre of a box in source pixels; None when nothing of it lies in the picture."""
    centre = _centre(box).clipped(frame.width, frame.height)
    if centre.width < 1 or centre.height < 1:
        return None
    crop = frame.rgb(CROP_PX, region=centre)
    hue, saturation, value = cv2.split(cv2.cvtColor(crop, cv2.COLOR_RGB2HSV))
    coloured = saturation >= GREY
    tints: Counts = np.histogram2d(
        hue[coloured],
        saturation[coloured],
        bins=(HUES, SATURATIONS),
        range=((0, 180), (GREY, 256)),
    )[0]
    greys = np.histogram(value[~coloured], bins=VALUES, range=(0, 256))[0]
    # What lies near the border of a bin may lie beyond it in another camera's light.
    tints = _spread(_spread(tints, axis=0, around=True), axis=1)
    bins = np.concatenate([tints.ravel(), _spread(greys, axis=0)]).astype(np.float32)
    return np.asarray(bins / bins.sum(), np.float32)


def likeness(a: Colours, b: Colours) -> float:
    """Bhattacharyya coefficient of two histograms: 1 for the same colours, 0 for none in common."""
    return float(np.sqrt(a * b).sum())


def _moment(case: Case) -> tuple[float, Box] | None:
    """When the thing is seen best within the clip as it is now, and where."""
    seen = [
        (time_s, box)
        for time_s, box in (case.event.path or _last_known(case.event))
        if case.footage.start_s <= time_s
    ]
    return max(seen, key=lambda each: each[1].area, default=None)


def _last_known(event: Event) -> tuple[tuple[float, Box], ...]:
    return () if event.box is None else ((event.end_s, event.box),)


def _spread(bins: Counts, *, axis: int, around: bool = False) -> Counts:
    """Half of each bin, and a quarter of either neighbour; hues go `around`."""
    padded = np.pad(
        bins,
        [(1, 1) if each == axis else (0, 0) for each in range(bins.ndim)],
        mode="wrap" if around else "edge",
    )
    size = bins.shape[axis]
    before, after = (np.take(padded, range(at, at + size), axis=axis) for at in (0, 2))
    return np.asarray(0.5 * bins + 0.25 * (before + after))


def _centre(box: Box) -> Box:
    aside_x, aside_y = (1 - CENTRE) / 2 * box.width, (1 - CENTRE) / 2 * box.height
    return Box(box.x1 + aside_x, box.y1 + aside_y, box.x2 - aside_x, box.y2 - aside_y)
