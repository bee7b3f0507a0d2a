"""Optical flow: how far each place of a picture has moved, in pixels, until the next one."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from vigil.core import Image, Luma

Flow = Float32[np.ndarray, "height width 2"]
"""Pixels to the right and down."""
FlowClip = Float32[np.ndarray, "t height width 2"]
"""-1 to 1."""
Points = Float32[np.ndarray, "n 2"]
"""Pixels, x and y."""
Method = Literal["dis", "farneback"]

MOST_PX = 20.0
"""I3D (Carreira and Zisserman 2017) clips flow to this, then scales it to -1 ... 1."""
PALE_PX = 4.0
LEAST_SIDE = 16
"""Pixels; on less than this neither method finds a window to compare."""
WINDOW = (21, 21)
LEVELS = 3
STRAY_PX = 0.5
"""A point tracked forwards and back again that misses its start by more has been lost."""


class Tracks(NamedTuple):
    """Where points have gone; those that were lost keep a row and are not to be read."""

    points: Points
    found: Bool[np.ndarray, "n"]


def dense_flow(before: Luma, after: Luma, method: Method = "dis") -> Flow:
    """The flow of every pixel of `before`.

    `dis`: dense inverse search (Kroeger et al. 2016), the faster and the sharper one at edges.
    `farneback`: polynomial expansion (Farnebäck 2003), smoother. Raises `ValueError` for pictures
    of different sizes or with less than 16 pixels on a side.
    """
    _check(before, after)
    blank = np.zeros((*before.shape, 2), np.float32)
    if method == "dis":
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        found = search.calc(before, after, blank)
    else:
        found = cv2.calcOpticalFlowFarneback(
            before, after, blank, pyr_scale=0.5, levels=4, winsize=15, iterations=3, poly_n=7,
            poly_sigma=1.5, flags=0,
        )  # fmt: skip
    return np.asarray(found, np.float32)


def corners(luma: Luma, most: int = 200) -> Points:
    """Places that can be told again, the best ones first (Shi and Tomasi 1994)."""
    found = cv2.goodFeaturesToTrack(luma, most, qualityLevel=0.01, minDistance=7)
    return np.zeros((0, 2), np.float32) if found is None else np.asarray(found, np.float32)[:, 0]


def track(before: Luma, after: Luma, points: Points) -> Tracks:
    """Follow points from one picture to the next (Lucas and Kanade 1981, in a pyramid).

    A point counts as found when the way back leads to where it began. Raises as `dense_flow`.
    """
    _check(before, after)
    if not len(points):
        return Tracks(np.zeros((0, 2), np.float32), np.zeros(0, bool))
    start = np.ascontiguousarray(points, np.float32)[:, None]
    there, seen, _ = cv2.calcOpticalFlowPyrLK(
        before, after, start, start.copy(), winSize=WINDOW, maxLevel=LEVELS
    )
    back, seen_back, _ = cv2.calcOpticalFlowPyrLK(
        after, before, there, start.copy(), winSize=WINDOW, maxLevel=LEVELS
    )
    stray = np.linalg.norm(back - start, axis=2)[:, 0]
    high, wide = after.shape
    inside = ((there[:, 0] >= 0) & (there[:, 0] <= (wide - 1, high - 1))).all(axis=1)
    found = (seen[:, 0] > 0) & (seen_back[:, 0] > 0) & (stray <= STRAY_PX) & inside
    return Tracks(np.asarray(there, np.float32)[:, 0], np.asarray(found, bool))


def track_all(lumas: Iterable[Luma], points: Points) -> Iterator[Tracks]:
    """Follow points through a film, one answer a picture after the first; what is lost stays so."""
    found = np.ones(len(points), bool)
    for before, after in pairwise(lumas):
        step = track(before, after, points)
        found = found & step.found
        points = np.where(found[:, None], step.points, points)
        yield Tracks(points, found)


def flow_clip(lumas: Iterable[Luma], method: Method = "dis") -> FlowClip:
    """The second stream of a two-stream network: a flow for each two pictures in a row.

    Clipped to 20 pixels and scaled to -1 ... 1, as I3D wants it; the flow of the paper was TV-L1,
    of which this is a fast stand-in. Raises `ValueError` for fewer than two pictures, and as
    `dense_flow`.
    """
    flows = [scaled(dense_flow(before, after, method)) for before, after in pairwise(lumas)]
    if not flows:
        raise ValueError("flow needs two pictures at least")
    return np.stack(flows)


def scaled(flow: Flow) -> Flow:
    """Clipped to 20 pixels, then -1 to 1."""
    return np.asarray(np.clip(flow, -MOST_PX, MOST_PX) / MOST_PX, np.float32)


def flow_picture(flow: Flow, most_px: float | None = None) -> Image:
    """Direction as hue (right is red, down is yellow-green), speed as colour; what rests is white.

    Colour is full at `most_px` pixels; None: at the fastest of 99 pixels in a hundred, or at 4
    pixels where nothing is as fast: the flow of grain alone stays pale.
    """
    speed, angle = cv2.cartToPolar(
        np.ascontiguousarray(flow[..., 0]), np.ascontiguousarray(flow[..., 1])
    )
    full_px = max(PALE_PX, float(np.percentile(speed, 99))) if most_px is None else most_px
    hsv = np.full((*flow.shape[:2], 3), 255, np.uint8)
    hsv[..., 0] = np.round(angle * (256 / (2 * np.pi))).astype(np.int32) % 256
    hsv[..., 1] = np.round(np.clip(speed / full_px, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL), np.uint8)


def _check(before: Luma, after: Luma) -> None:
    if before.shape != after.shape:
        raise ValueError(f"pictures of {_size(before)} and {_size(after)}; one size is needed")
    if min(before.shape) < LEAST_SIDE:
        raise ValueError(f"a picture of {_size(before)}; at least {LEAST_SIDE} pixels a side")


def _size(luma: Luma) -> str:
    return f"{luma.shape[1]}x{luma.shape[0]}"
