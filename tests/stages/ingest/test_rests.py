"""Packets gather in the socket, and nobody falls behind for it."""

from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Encoding, Packet
from vigil.stages.ingest.rests import GATHERED_BYTES, LONGEST_S, NEAR_S, Rests
from vigil.stages.ingest.timeline import LiveTimeline

NOON_S = 1_700_049_600.0
PICTURES = Encoding(kind="video", codec="h264", extradata=b"", time_base=Fraction(1, 90_000))


def received(
    seconds: float, rate: float, size_bytes: int, *, drift: float = 0.0, floor_s: float = 0.0
) -> Iterator[tuple[float, float]]:
    """(seconds behind, rest afterwards) of each picture of a stream that is read with rests.

    `drift`: by how much the camera's clock is fast. `floor_s`: so far ahead of ours was the last
    packet of the connection before.
    """
    timeline = LiveTimeline(rate, NOON_S + floor_s)
    rests = Rests()
    asked_s = NOON_S
    for index in range(round(seconds * rate)):
        arrives_s = NOON_S + index / rate
        now_s = max(asked_s, arrives_s)
        time_s = timeline.stamp((1 + drift) * index / rate, now_s)
        packet = Packet(
            source="gate",
            encoding=PICTURES,
            data=bytes(size_bytes),
            pts=index,
            dts=index,
            duration=1,
            key=True,
            time_s=time_s,
            received_s=now_s,
        )
        pause_s = rests.after(packet, asked_s)
        yield now_s - arrives_s, pause_s
        asked_s = now_s + pause_s


@settings(max_examples=40, deadline=None)
@given(
    rate=st.floats(1, 60),
    drift=st.floats(-5e-4, 5e-4),
    size_bytes=st.integers(100, 100_000),
    floor_s=st.sampled_from([0.0, 0.0, 3.0]),
)
def test_nobody_falls_behind(rate: float, drift: float, size_bytes: int, floor_s: float) -> None:
    behind = [b for b, _ in received(120, rate, size_bytes, drift=drift, floor_s=floor_s)]
    # As far behind as allowed, then one rest; a slow camera's clock hides a hundredth a window.
    assert max(behind) <= NEAR_S + LONGEST_S + 0.02


@pytest.mark.parametrize("rate", [12, 25])
def test_a_light_stream_wakes_its_reader_five_times_a_second(rate: int) -> None:
    rests = [pause_s for _, pause_s in received(60, rate, 3000) if pause_s]
    assert set(rests) == {LONGEST_S}
    assert 60 * 4 <= len(rests) <= 60 * 5


def test_a_heavy_stream_never_fills_the_socket() -> None:
    """Half a megabyte a second, and eight."""
    rests = [pause_s for _, pause_s in received(60, 25, 20_000)]
    assert 0 < max(rests) * 500_000 <= 1.01 * GATHERED_BYTES
    assert not any(pause_s for _, pause_s in received(60, 25, 320_000))


def test_a_slow_stream_is_read_as_it_comes() -> None:
    assert max(behind for behind, _ in received(60, 2, 3000)) == 0
