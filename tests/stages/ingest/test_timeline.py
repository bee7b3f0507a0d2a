"""Stream clocks against ours."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.ingest.timeline import REORDER_S, WRAPS_S, FileTimeline, LiveTimeline

NOW_S = 1_700_000_000.0


def lived(
    pts: list[float | None], arrivals: list[float], timeline: LiveTimeline | None = None
) -> list[float]:
    timeline = timeline or LiveTimeline()
    return [timeline.stamp(p, NOW_S + a) - NOW_S for p, a in zip(pts, arrivals, strict=True)]


def test_spacing_follows_the_stream_and_the_least_delay_anchors_it() -> None:
    pts = [10 + index / 25 for index in range(100)]
    jitter = [0.03 if index % 3 else 0.0 for index in range(100)]
    times = lived(pts, [p + j for p, j in zip(pts, jitter, strict=True)])
    assert times == pytest.approx(pts, abs=1e-4)


def test_a_stall_that_delivers_late_keeps_the_times_of_the_pictures() -> None:
    pts = [index / 10 for index in range(100)]
    arrivals = [max(p, 6.0) if p > 2 else p for p in pts]
    assert lived(pts, arrivals) == pytest.approx(pts, abs=1e-4)


def test_a_burst_at_the_start_is_never_in_the_future() -> None:
    pts = [index / 10 for index in range(50)]
    arrivals = [max(0.0, p - 2.0) for p in pts]
    times = lived(pts, arrivals)
    assert all(t <= a + 1e-4 for t, a in zip(times, arrivals, strict=True))
    assert times[30:] == pytest.approx(arrivals[30:], abs=1e-4)


@pytest.mark.parametrize("jump_s", [-3600.0, -40.0, 40.0, 3600.0])
def test_a_camera_clock_set_anew_leaves_no_gap(jump_s: float) -> None:
    arrivals = [index / 10 for index in range(100)]
    pts = [1e6 + a + (jump_s if a >= 5 else 0) for a in arrivals]
    assert lived(pts, arrivals) == pytest.approx(arrivals, abs=1e-3)


@pytest.mark.parametrize("wrap_s", WRAPS_S)
def test_a_wrapping_clock_goes_on_exactly(wrap_s: float) -> None:
    true = [index / 10 for index in range(100)]
    late = [t + (0.4 if 4 < t < 7 else 0.0) for t in true]
    pts = [(wrap_s - 5 + t) % wrap_s for t in true]
    assert lived(pts, late) == pytest.approx(true, abs=1e-3)


def test_b_frames_keep_their_own_times() -> None:
    pts = [0.0, 0.12, 0.04, 0.08, 0.24, 0.16, 0.20]
    times = lived(pts, [0.3 + index * 0.04 for index in range(7)])
    steps = [b - a for a, b in pairwise(times)]
    assert steps[1:4] == pytest.approx([-0.08, 0.04, 0.16], abs=1e-4)


def test_a_slow_camera_clock_is_followed() -> None:
    arrivals = [index / 5 for index in range(5 * 3600)]
    pts = [a * 0.9995 for a in arrivals]  # loses 1.8 s an hour
    times = lived(pts, arrivals)
    assert max(a - t for a, t in zip(arrivals, times, strict=True)) < 0.1


def test_without_times_the_declared_rate_or_the_arrival_counts() -> None:
    arrivals = [0.0, 0.05, 0.21, 0.22, 0.23, 0.40, 9.0]
    assert lived([None] * 7, arrivals) == pytest.approx(arrivals, abs=1e-4)
    steady = lived([None] * 7, arrivals, LiveTimeline(frame_rate=10))
    assert steady == pytest.approx([0.0, 0.05, 0.15, 0.22, 0.23, 0.33, 9.0], abs=1e-4)


def test_a_new_connection_never_goes_behind_the_last_one() -> None:
    timeline = LiveTimeline(not_before_s=NOW_S + 2)
    assert lived([0.0, 1.0, 3.0], [0.0, 1.0, 3.0], timeline) == [2.0, 2.0, 3.0]


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.floats(-1e5, 1e5), st.floats(0, 0.1)), st.floats(0, 5)),
        max_size=60,
    )
)
def test_times_are_never_in_the_future_and_step_back_no_further_than_b_frames(
    steps: list[tuple[float | None, float]],
) -> None:
    timeline = LiveTimeline(frame_rate=10)
    pts_s, received_s, last_s = 50_000.0, NOW_S, float("-inf")
    for step_s, wait_s in steps:
        received_s += wait_s
        pts_s += step_s or 0.0
        time_s = timeline.stamp(None if step_s is None else pts_s, received_s)
        assert time_s <= received_s + 1e-3
        assert time_s >= last_s - REORDER_S
        last_s = time_s


def test_a_file_counts_from_its_first_picture() -> None:
    timeline = FileTimeline(start_s=100, first_pts_s=8.333)
    assert [timeline.stamp(8.333), timeline.stamp(8.433)] == pytest.approx([100.0, 100.1])


def test_pauses_in_a_file_are_believed_and_steps_back_are_closed() -> None:
    timeline = FileTimeline(frame_rate=10)
    times = [timeline.stamp(p) for p in (0.0, 0.1, 700.0, 0.0, 0.1, None)]
    assert times == pytest.approx([0.0, 0.1, 700.0, 700.1, 700.2, 700.3])
