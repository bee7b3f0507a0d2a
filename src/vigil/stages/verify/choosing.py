"""Which moments of a clip tell most: by what changes, not by the clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from vigil.core import Box, Case, Frame, Luma
from vigil.stages.verify.paths import Path, path_of, place_at, scaled
from vigil.stages.verify.pool import Stop

LUMA_PX = 320
EVERY_S = 0.2
CONTEXT_S = 5.0
"""Before and after the event."""
LONGEST_S = 60.0
"""Of an event; of a longer one the beginning and the end are read."""
NEAREST_S = 0.35
"""Two stills are not nearer in time."""
NOISE = 6.0
"""Levels; a smaller change of a pixel is none."""
KEPT_BYTES = 64 << 20
"""Of decoded pictures that are kept while moments are chosen; what has no room is decoded again."""
MARGIN = 0.5
"""The region in which change counts: the path, padded by so much of its size on each side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One still to be shown."""

    time_s: float
    box: Box | None
    """Where the tracker had it then, source pixels; None when it did not follow it at that time."""
    near: Box | None
    """Where it was last or next, for cutting out; None when nobody knows at all."""
    frame: Frame | None = field(default=None, compare=False, repr=False)
    """Its picture, where there was room to keep it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Glimpse:
    time_s: float
    luma: Luma
    frame: Frame | None


def moments(case: Case, stop: Stop, *, most: int) -> list[Moment]:
    """Up to `most` moments in order of time: onset, best view, end, and where most changes.

    Raises `SourceError` when the clip cannot be read.
    """
    glimpses, scale = _glimpses(case, stop)
    if not glimpses:
        return []
    path = path_of(case.event)
    region = _region(path, scale, glimpses[0].luma)
    times = np.array([glimpse.time_s for glimpse in glimpses])
    chosen = _chosen(glimpses, times, region, case, path, scale, most)
    return [_moment(glimpses[index], path) for index in sorted(chosen)]


def _glimpses(case: Case, stop: Stop) -> tuple[list[_Glimpse], float]:
    """Small pictures of the event and its context, and source pixels for each of theirs."""
    event, footage = case.event, case.footage
    spans = [(event.start_s - CONTEXT_S, event.end_s + CONTEXT_S)]
    if event.end_s - event.start_s > LONGEST_S:
        half = LONGEST_S / 2
        spans = [
            (event.start_s - CONTEXT_S, event.start_s + half),
            (event.end_s - half, event.end_s + CONTEXT_S),
        ]
    found, scale, kept_bytes = [], 1.0, 0
    for start_s, end_s in spans:
        for frame in stop.frames(footage, start_s, end_s, every_s=EVERY_S):
            # Luma, and chroma at half its width and height, as most cameras send it.
            kept_bytes += frame.width * frame.height * 3 // 2
            kept = frame if kept_bytes <= KEPT_BYTES else None
            luma = frame.luma(LUMA_PX).copy()
            found.append(_Glimpse(time_s=frame.time_s, luma=luma, frame=kept))
            scale = frame.width / LUMA_PX
    return found, scale


def _chosen(
    glimpses: Sequence[_Glimpse],
    times: Float64[np.ndarray, "n"],
    region: tuple[slice, slice],
    case: Case,
    path: Path,
    scale: float,
    most: int,
) -> set[int]:
    event = case.event
    onset = int(np.searchsorted(times, event.start_s))
    onset = min(onset, len(times) - 1)
    ending = max(onset, int(np.searchsorted(times, event.end_s, side="right")) - 1)
    best = _best_view(glimpses, path, scale, onset, ending)
    chosen: list[int] = []
    for index in (onset, best, ending):
        if len(chosen) < most and not _is_near(times, index, chosen):
            chosen.append(index)
    changed = np.cumsum(_change(glimpses, region))
    # Finer and finer shares of all change, until there are enough moments.
    for parts in range(2, 4 * most + 2):
        for share in np.linspace(0, 1, parts):
            if len(chosen) >= most:
                return set(chosen)
            index = int(np.searchsorted(changed, share * changed[-1]))
            index = min(index, len(times) - 1)
            if not _is_near(times, index, chosen):
                chosen.append(index)
    return set(chosen)


def _is_near(times: Float64[np.ndarray, "n"], index: int, chosen: Sequence[int]) -> bool:
    return any(abs(times[index] - times[other]) < NEAREST_S for other in chosen)


def _change(glimpses: Sequence[_Glimpse], region: tuple[slice, slice]) -> Float32[np.ndarray, "n"]:
    """How much the region differs from the glimpse before, noise left out."""
    found = np.zeros(len(glimpses), np.float32)
    for index in range(1, len(glimpses)):
        step = cv2.absdiff(glimpses[index].luma[region], glimpses[index - 1].luma[region])
        found[index] = np.maximum(step.astype(np.float32) - NOISE, 0).mean()
    # In a picture without any change the clock must do.
    return found + np.float32(1e-3)


def _best_view(
    glimpses: Sequence[_Glimpse],
    path: Path,
    scale: float,
    onset: int,
    ending: int,
) -> int:
    """Of the event, where the thing is largest and sharpest."""
    if not path:
        return (onset + ending) // 2

    def view(index: int) -> float:
        box = place_at(path, glimpses[index].time_s)
        if box is None:
            return 0.0
        height, width = glimpses[index].luma.shape
        x1, y1, x2, y2 = (round(side) for side in scaled(box, 1 / scale).clipped(width, height))
        part = glimpses[index].luma[y1:y2, x1:x2]
        if part.size < 16:
            return 0.0
        return float(part.size**0.5 * cv2.Laplacian(part, cv2.CV_32F).std())

    return max(range(onset, ending + 1), key=view)


def _region(path: Path, scale: float, luma: Luma) -> tuple[slice, slice]:
    height, width = luma.shape
    if not path:
        return slice(0, height), slice(0, width)
    boxes = np.array([box for _, box in path]) / scale
    x1, y1 = boxes[:, :2].min(axis=0)
    x2, y2 = boxes[:, 2:].max(axis=0)
    wide, high = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    box = Box(x1 - wide, y1 - high, x2 + wide, y2 + high).clipped(width, height)
    left, top = min(int(box.x1), width - 1), min(int(box.y1), height - 1)
    return slice(top, max(top + 1, round(box.y2))), slice(left, max(left + 1, round(box.x2)))


def _moment(glimpse: _Glimpse, path: Path) -> Moment:
    time_s = glimpse.time_s
    near = min(path, key=lambda point: abs(point[0] - time_s))[1] if path else None
    box = place_at(path, time_s)
    return Moment(time_s=time_s, box=box, near=box or near, frame=glimpse.frame)
