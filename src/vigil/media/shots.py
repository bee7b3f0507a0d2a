"""Where a film is cut: shots, told by how one picture differs from the next.

A film is decoded once and kept as small measurements; every question is then arithmetic. The
adaptive rule is PySceneDetect's (a change that stands out from its neighbours); what is ours: hue
counts as much as there is colour, a change that is taken back at once is a flash, and a view that
keeps its structure has other light; neither is a cut. Dissolves, wipes and cuts between shots of
the same view are not told.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from vigil.core import Frame, Image
from vigil.media.sampling import Times

WIDTH = 160
"""Of the picture that is measured, pixels; cameras' grain is gone by then."""
THUMB = (16, 9)
"""Width and height of what is remembered of a picture."""
BINS = (12, 4, 8)
"""Of hue, saturation and value."""
FULL_COLOUR = 64.0
"""Saturation, 0 to 255, from which a hue is certain; a grey picture's hue is noise."""
Method = Literal["adaptive", "content", "histogram"]

Scores = Float32[np.ndarray, "n"]
Boundary = Literal["start", "cut", "fade"]


class Shot(NamedTuple):
    """A stretch without a cut, seconds of the film."""

    start_s: float
    end_s: float
    """Of the next shot's start; for the last one, the last picture's time."""
    begins: Boundary
    """What it begins with."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What is kept of a film, 500 bytes a picture; index 0 has nothing before it."""

    times: Times
    content: Scores
    """Mean change of hue, saturation and value from the picture before, 0 to 255."""
    histogram: Scores
    """Share of the pixels, 0 to 1, whose colour has no match in the picture before."""
    luma: Scores
    """Mean brightness, 0 to 255."""
    spread: Scores
    """Standard deviation of brightness: a black picture has none."""
    thumbs: UInt8[np.ndarray, "n 9 16 3"]
    """L*a*b*, 8 bits each."""

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, kw_only=True)
class ShotSettings:
    """When a change is a cut. The defaults are PySceneDetect's where it has the same setting."""

    method: Method = "adaptive"
    ratio: float = 3.0
    """`adaptive`: how many times the mean change of its neighbours."""
    neighbours: int = 2
    """`adaptive`: pictures on each side."""
    least_content: float = 8.0
    """`adaptive`: a smaller change is none, 0 to 255."""
    content: float = 27.0
    """`content`: the change that is a cut, 0 to 255."""
    histogram: float = 0.35
    """`histogram`: the share of pixels that is a cut, 0 to 1."""
    fades: bool = True
    """Whether a stretch of black parts two shots, at its middle."""
    black: float = 12.0
    """A picture of at most this brightness, and as little spread, is black, 0 to 255."""
    flash_s: float = 0.4
    """A change taken back within this time is no cut."""
    same_view: float = 0.9
    """Correlation of brightness before and after from which only the light has changed, 0 to 1."""
    shortest_s: float = 0.6
    """Of cuts that are closer together only the strongest counts."""


DEFAULTS = ShotSettings()


def measure(frames: Iterable[Frame], seen: Callable[[Frame], None] | None = None) -> Measured:
    """Look at every picture once; `seen` is told each. Raises `ValueError` without any."""
    times: list[float] = []
    rows: list[tuple[float, float, float, float]] = []
    thumbs: list[Image] = []
    before: _Colours | None = None
    for frame in frames:
        # Averaged down: a smaller picture read at single points would flicker.
        small = frame.rgb(min(WIDTH, frame.width))
        colours = _Colours.of(small)
        content, histogram = (0.0, 0.0) if before is None else colours.change(before)
        brightness = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        rows.append((content, histogram, float(brightness.mean()), float(brightness.std())))
        times.append(frame.time_s)
        thumb = cv2.resize(small, THUMB, interpolation=cv2.INTER_AREA)
        thumbs.append(np.asarray(cv2.cvtColor(thumb, cv2.COLOR_RGB2LAB), np.uint8))
        before = colours
        if seen is not None:
            seen(frame)
    if not rows:
        raise ValueError("no pictures, no shots")
    content_, histogram_, luma, spread = np.array(rows, np.float32).T
    return Measured(
        times=np.array(times),
        content=content_,
        histogram=histogram_,
        luma=luma,
        spread=spread,
        thumbs=np.stack(thumbs),
    )


def find_shots(measured: Measured, settings: ShotSettings = DEFAULTS) -> list[Shot]:
    """The shots of a film, in order; one where nothing is cut."""
    cuts = cut_indices(measured, settings)
    times = measured.times
    begun: list[tuple[float, Boundary]] = []
    if settings.fades:
        stretches = _stretches(black(measured, settings))
        # A ramp into black or out of it is no cut of its own.
        cuts = [
            cut
            for cut in cuts
            if not any(
                times[first] - settings.shortest_s
                <= times[cut]
                <= times[last] + settings.shortest_s
                for first, last in stretches
            )
        ]
        begun = [
            (float(times[first] + times[last]) / 2, "fade")
            for first, last in stretches
            if first > 0 and last < len(times) - 1
        ]
    begun += [(float(times[cut]), "cut") for cut in cuts]
    begun.sort()
    starts: list[tuple[float, Boundary]] = [(float(times[0]), "start"), *begun]
    ends = [start_s for start_s, _ in begun] + [float(times[-1])]
    return [Shot(start_s, end_s, how) for (start_s, how), end_s in zip(starts, ends, strict=True)]


def cut_indices(measured: Measured, settings: ShotSettings = DEFAULTS) -> list[int]:
    """Indices of pictures that come right after a cut, whatever is black."""
    strength = _strength(measured, settings)
    found: list[int] = []
    for at in sorted(np.flatnonzero(strength), key=lambda at: -strength[at]):
        apart = all(
            abs(measured.times[at] - measured.times[other]) >= settings.shortest_s
            for other in found
        )
        if not apart or is_flash(measured, int(at), settings.flash_s):
            continue
        if not is_relit(measured, int(at), settings.same_view):
            found.append(int(at))
    return sorted(found)


def black(measured: Measured, settings: ShotSettings = DEFAULTS) -> Bool[np.ndarray, "n"]:
    """Which pictures are black; a night with a lamp in it is not."""
    return (measured.luma <= settings.black) & (measured.spread <= settings.black / 2)


def is_flash(measured: Measured, at: int, flash_s: float) -> bool:
    """Whether the picture before a change comes back, or the one after it was there just before.

    Lightning, a camera's flash, a picture that the decoder has lost.
    """
    times, thumbs = measured.times, measured.thumbs
    change = distance(thumbs[at - 1], thumbs[at])
    later = np.flatnonzero((times > times[at]) & (times <= times[at] + flash_s))
    sooner = np.flatnonzero((times < times[at - 1]) & (times >= times[at - 1] - flash_s))
    back = [distance(thumbs[at - 1], thumbs[each]) for each in later]
    there = [distance(thumbs[at], thumbs[each]) for each in sooner]
    return min([*back, *there], default=np.inf) < 0.35 * change


def is_relit(measured: Measured, at: int, same_view: float) -> bool:
    """Whether a change keeps what is bright and what is dark: a lamp is switched, an iris moves."""
    before, after = (
        measured.thumbs[each, ..., 0].ravel().astype(np.float32) for each in (at - 1, at)
    )
    before, after = before - before.mean(), after - after.mean()
    size = float(np.linalg.norm(before) * np.linalg.norm(after))
    return size > 0 and float(before @ after) / size >= same_view


def distance(one: UInt8[np.ndarray, "9 16 3"], other: UInt8[np.ndarray, "9 16 3"]) -> float:
    """Mean difference of two thumbnails, 0 to 255."""
    return float(np.abs(one.astype(np.int16) - other).mean())


def _strength(measured: Measured, settings: ShotSettings) -> Scores:
    """How much each change is a cut; 0 where it is none."""
    match settings.method:
        case "content":
            return np.where(measured.content >= settings.content, measured.content, 0)
        case "histogram":
            return np.where(measured.histogram >= settings.histogram, measured.histogram, 0)
        case "adaptive":
            stands_out = measured.content >= settings.ratio * _around(measured, settings)
            enough = measured.content >= settings.least_content
            return np.where(stands_out & enough, measured.content, 0)


def _around(measured: Measured, settings: ShotSettings) -> Scores:
    """Mean change of the neighbours, which are fewer at the film's ends."""
    reach = settings.neighbours
    window = np.ones(2 * reach + 1, np.float32)
    window[reach] = 0
    # The first picture has no change, rather than none: it is nobody's neighbour.
    there = np.ones(len(measured), np.float32)
    there[0] = 0
    total = np.convolve(measured.content * there, window, mode="full")[reach : reach + len(there)]
    count = np.convolve(there, window, mode="full")[reach : reach + len(there)]
    return np.asarray(total / np.maximum(count, 1), np.float32)


def _stretches(dark: Bool[np.ndarray, "n"]) -> list[tuple[int, int]]:
    """First and last index of each stretch."""
    edges = np.flatnonzero(np.diff(dark.astype(np.int8), prepend=0, append=0))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


class _Colours(NamedTuple):
    """A small picture in hue, saturation and value, and how much its hues say."""

    planes: Float32[np.ndarray, "height width 3"]
    certain: Float32[np.ndarray, "height width"]
    counts: Float32[np.ndarray, "bins"]

    @classmethod
    def of(cls, picture: Image) -> "_Colours":
        hsv = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV_FULL))
        counts = cv2.calcHist([hsv], [0, 1, 2], None, list(BINS), [0, 256] * 3)
        planes = hsv.astype(np.float32)
        certain = np.minimum(planes[..., 1], planes[..., 2]) / FULL_COLOUR
        share = np.asarray(counts, np.float32).ravel() / hsv[..., 0].size
        return cls(planes, np.minimum(certain, 1), share)

    def change(self, before: "_Colours") -> tuple[float, float]:
        """Content 0 to 255, and the share of pixels without a match."""
        apart = np.abs(self.planes - before.planes)
        hue = np.minimum(apart[..., 0], 256 - apart[..., 0]) * 2  # a circle: half way is farthest
        hue = hue * np.minimum(self.certain, before.certain)
        content = (hue.mean() + apart[..., 1].mean() + apart[..., 2].mean()) / 3
        return float(content), float(np.abs(self.counts - before.counts).sum() / 2)
