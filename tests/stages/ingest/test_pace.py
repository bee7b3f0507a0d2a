"""Bursts are given out evenly."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.ingest.pace import LONGEST_AHEAD_S, Pace

NOW_S = 1_700_000_000.0


def given_out(arrivals: list[tuple[float, float]]) -> list[float]:
    """When each packet leaves, if each waits for the one before; (stream time, arrival)."""
    pace, out = Pace(), []
    for pts_s, arrives_s in arrivals:
        now_s = max([NOW_S + arrives_s, *out[-1:]])
        out.append(pace.due_s(pts_s, now_s))
    return out


def test_a_burst_leaves_at_the_speed_of_life() -> None:
    out = given_out([(100 + index / 10, 0.0) for index in range(60)])
    assert out == pytest.approx([NOW_S + index / 10 for index in range(60)])


def test_segments_of_a_playlist_become_one_even_stream() -> None:
    """Segments of four seconds, each there up to a second late."""
    late_s = [0.0, 0.9, 0.2, 0.7, 0.4]
    arrivals = [
        (4 * n + index / 10, 4 * n + late) for n, late in enumerate(late_s) for index in range(40)
    ]
    steps = [later - earlier for earlier, later in pairwise(given_out(arrivals))]
    assert sum(step > 0.11 for step in steps) == 1  # once, for the latest of all
    assert max(steps) == pytest.approx(1.0)


def test_a_jump_of_the_stream_clock_keeps_nobody_waiting() -> None:
    out = given_out([(0.0, 0.0), (0.1, 0.0), (5000.0, 0.2), (5000.1, 0.2), (3.0, 0.4)])
    assert out[-1] - NOW_S == pytest.approx(0.4)
    assert out == sorted(out)


@given(
    st.lists(
        st.tuples(st.floats(0, 1e5), st.floats(0, 1e4)),
        min_size=1,
        max_size=50,
    )
)
def test_nothing_leaves_before_it_is_there_or_very_late(
    arrivals: list[tuple[float, float]],
) -> None:
    pace = Pace()
    for pts_s, now_s in arrivals:
        assert now_s <= pace.due_s(pts_s, now_s) + 1e-6
        assert pace.due_s(pts_s, now_s) <= now_s + LONGEST_AHEAD_S + 1e-6
