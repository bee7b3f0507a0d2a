"""Moments of a film: where the papers' indices lie at a constant rate, and right at any other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.media.sampling import (
    Span,
    at_random,
    dense,
    dense_clips,
    nearest,
    segment_clips,
    segments,
    uniform,
)

SPANS = st.tuples(st.floats(-100, 1e5, allow_nan=False), st.floats(0.01, 1e5, allow_nan=False)).map(
    lambda pair: Span(pair[0], pair[0] + pair[1])
)
COUNTS = st.integers(1, 40)
SEEDS = st.integers(0, 2**32)


def inside(times: np.ndarray, span: Span) -> bool:
    close = 1e-9 * max(1.0, abs(span.start_s), abs(span.end_s))
    return bool((times >= span.start_s - close).all() and (times <= span.end_s + close).all())


@given(SPANS, COUNTS, SEEDS)
def test_moments_are_inside_and_in_order(span: Span, count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    found = (
        uniform(span, count),
        at_random(span, count, random),
        segments(span, count),
        segments(span, count, random),
    )
    for times in found:
        assert times.shape == (count,)
        assert inside(times, span)
        assert (np.diff(times) >= 0).all()


@given(SPANS, COUNTS, SEEDS)
def test_each_segment_has_its_moment(span: Span, count: int, seed: int) -> None:
    edges = np.linspace(span.start_s, span.end_s, count + 1)
    close = 1e-9 * max(1.0, abs(span.start_s), abs(span.end_s))
    for times in (segments(span, count), segments(span, count, np.random.default_rng(seed))):
        assert (times >= edges[:-1] - close).all()
        assert (times <= edges[1:] + close).all()


@given(st.integers(1, 400), st.integers(1, 32), st.sampled_from([12.5, 24.0, 25.0, 30.0]))
def test_at_a_constant_rate_the_middles_are_those_of_the_papers(
    pictures: int, count: int, rate: float
) -> None:
    """TSN and TSM test `int(tick / 2 + tick * i)`, with `tick` pictures a segment."""
    shown = np.arange(pictures) / rate
    if pictures == 1:
        assert nearest(shown, segments(Span.of(shown), count)).tolist() == [0] * count
        return
    found = nearest(shown, segments(Span.of(shown), count))
    for index, at in enumerate(found):
        # In whole numbers: floor((2 i + 1) pictures / 2 count).
        exact, rest = divmod((2 * index + 1) * pictures, 2 * count)
        # Exactly between two pictures either is right: seconds are rounded.
        assert at == exact or (rest == 0 and at == exact - 1)


@given(SPANS, COUNTS, st.floats(0.001, 100), SEEDS)
def test_a_window_has_even_steps_and_begins_anew_where_it_is_too_long(
    span: Span, count: int, step_s: float, seed: int
) -> None:
    for random in (None, np.random.default_rng(seed)):
        times = dense(span, count, step_s, random)
        assert times.shape == (count,)
        assert inside(times, span)
        if count * step_s <= span.seconds:
            assert np.diff(times) == pytest.approx(np.full(count - 1, step_s), abs=1e-6)


def test_windows_of_a_test_reach_from_end_to_end() -> None:
    clips = dense_clips(Span(0.0, 10.0), 5, 8, 0.25)
    assert clips.shape == (5, 8)
    assert clips[0, 0] == pytest.approx(0.125)
    assert clips[-1, -1] == pytest.approx(9.875)
    assert np.diff(clips[:, 0]) == pytest.approx(np.full(4, 2.0))


@given(SPANS, st.integers(1, 10), st.integers(1, 10))
def test_segment_clips_together_are_finer_segments(span: Span, clips: int, count: int) -> None:
    together = np.sort(segment_clips(span, clips, count).ravel())
    assert together == pytest.approx(segments(span, clips * count), rel=1e-9, abs=1e-6)


@given(
    st.lists(st.floats(0, 1e4), min_size=1, max_size=30, unique=True).map(sorted),
    st.lists(st.floats(-10, 1e4 + 10), min_size=1, max_size=30),
)
def test_no_picture_is_nearer_than_the_nearest(shown: list[float], wanted: list[float]) -> None:
    times = np.array(shown)
    for at, moment in zip(nearest(times, np.array(wanted)), wanted, strict=True):
        assert abs(times[at] - moment) <= np.abs(times - moment).min() + 1e-9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: uniform(Span(0, 1), 0), "0 moments"),
        (lambda: segments(Span(2, 1), 3), "no span"),
        (lambda: dense(Span(0, 1), 3, 0.0), "a step of 0.0 s"),
        (lambda: Span.of(np.array([])), "no pictures"),
        (lambda: nearest(np.array([]), np.array([1.0])), "no pictures"),
    ],
)
def test_nonsense_is_refused(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=words):
        call()
