"""Which moments of a film a network looks at: by time, not by index.

Indices are wrong wherever the rate changes, and cameras change it at night. Everything here is
arithmetic on seconds; `vigil.media.films` finds the pictures.
"""

from typing import NamedTuple, Self

import numpy as np
from jaxtyping import Float64

Times = Float64[np.ndarray, "n"]
"""Seconds, rising."""
Clips = Float64[np.ndarray, "clips n"]
"""Seconds, a row a clip; rising within a row unless the clip begins anew."""


class Span(NamedTuple):
    """A stretch of a film, seconds of the file."""

    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s

    @classmethod
    def of(cls, times: Times) -> Self:
        """From half a picture before the first to half a picture after the last.

        A picture stands for the moments nearest to it. With that, the picture nearest to the
        middle of a segment is the one that the index arithmetic of the papers takes, whenever
        the rate is constant. Raises `ValueError` without a picture.
        """
        if not len(times):
            raise ValueError("no pictures, no span")
        half_s = float(np.median(np.diff(times))) / 2 if len(times) > 1 else 0.0
        return cls(float(times[0]) - half_s, float(times[-1]) + half_s)


def uniform(span: Span, count: int) -> Times:
    """Evenly spread, both ends included; the middle for one."""
    _check(span, count)
    if count == 1:
        return np.array([(span.start_s + span.end_s) / 2])
    return np.linspace(span.start_s, span.end_s, count)


def at_random(span: Span, count: int, random: np.random.Generator) -> Times:
    """Independent and uniform, in order."""
    _check(span, count)
    return np.sort(random.uniform(span.start_s, span.end_s, count))


def segments(span: Span, count: int, random: np.random.Generator | None = None) -> Times:
    """One moment in each of `count` equal segments: at random for training, the middle for tests.

    Temporal Segment Networks (Wang et al. 2016), as TSM (Lin et al. 2019) uses them.
    """
    _check(span, count)
    offsets = np.full(count, 0.5) if random is None else random.random(count)
    return span.start_s + (np.arange(count) + offsets) * (span.seconds / count)


def dense(
    span: Span, count: int, step_s: float, random: np.random.Generator | None = None
) -> Times:
    """A window of `count` moments, `step_s` apart: placed at random, or in the middle.

    In a span shorter than the window it begins at the start, and begins anew at the end (TSM's
    rule for short videos).
    """
    _check_dense(span, count, step_s)
    free_s = max(0.0, span.seconds - count * step_s)
    start_s = free_s * (0.5 if random is None else float(random.random()))
    return np.asarray(_window(span, np.array([start_s]), count, step_s)[0])


def dense_clips(span: Span, clips: int, count: int, step_s: float) -> Clips:
    """Windows as of `dense`, their starts evenly spread: tests average over them.

    TSM takes 10 windows of 64 pictures at 30 a second.
    """
    _check_dense(span, count, step_s)
    _check(span, clips)
    free_s = max(0.0, span.seconds - count * step_s)
    starts = uniform(Span(0.0, free_s), clips)
    return _window(span, starts, count, step_s)


def segment_clips(span: Span, clips: int, count: int) -> Clips:
    """`clips` times one moment a segment, the offsets evenly spread: no moment is taken twice."""
    _check(span, count)
    _check(span, clips)
    offsets = (np.arange(clips)[:, None] + 0.5) / clips
    return np.asarray(span.start_s + (np.arange(count) + offsets) * (span.seconds / count))


def nearest(times: Times, wanted: Times) -> np.ndarray:
    """Index into `times` of the picture nearest to each wanted moment; the later one of two.

    Raises `ValueError` without a picture.
    """
    if not len(times):
        raise ValueError("no pictures, none is nearest")
    return np.asarray(np.searchsorted((times[1:] + times[:-1]) / 2, wanted, side="right"))


def _window(span: Span, starts: Times, count: int, step_s: float) -> Clips:
    """Half a step in from each start: as with segments, a moment is the middle of its share."""
    offsets = starts[:, None] + (np.arange(count) + 0.5) * step_s
    if count * step_s > span.seconds:
        offsets = np.mod(offsets, span.seconds) if span.seconds else np.zeros_like(offsets)
    return np.asarray(span.start_s + offsets)


def _check(span: Span, count: int) -> None:
    if count < 1:
        raise ValueError(f"{count} moments; at least one is needed")
    if not (np.isfinite(span).all() and span.end_s >= span.start_s):
        raise ValueError(f"from {span.start_s} s to {span.end_s} s is no span")


def _check_dense(span: Span, count: int, step_s: float) -> None:
    _check(span, count)
    if not (np.isfinite(step_s) and step_s > 0):
        raise ValueError(f"a step of {step_s} s; allowed: more than 0")
