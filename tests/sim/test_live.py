from dataclasses import replace
from itertools import pairwise

import av
import pytest

from vigil.media.encode import H264Options
from vigil.sim.live import Loop, encode_loop, play

from .places import CAMERA, walker, world


class BentClock:
    """Sleeping is all that makes time go by."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def now_s(self) -> float:
        return 1_000_000.0 + self.slept_s

    def monotonic_s(self) -> float:
        return self.slept_s

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds


@pytest.fixture(scope="module")
def loop() -> Loop:
    options = H264Options(key_every=6, preset="ultrafast", live=True)
    camera = replace(CAMERA, rate=6.0)
    return encode_loop(world(walker(1), seconds=2.0), camera, options=options)


def test_a_loop_plays_in_real_time_and_goes_on(loop: Loop) -> None:
    clock = BentClock()
    packets = list(play(loop, source="a", rounds=3, clock=clock))
    assert len(packets) == 36
    assert clock.slept_s == pytest.approx(6.0 - 1 / 6)
    for before, after in pairwise(packets):
        assert after.time_s - before.time_s == pytest.approx(1 / 6, abs=1e-4)
        assert after.pts is not None
        assert before.pts is not None
        assert after.pts - before.pts == 15_000
    assert {packet.source for packet in packets} == {"a"}


def test_a_camera_may_join_at_a_later_key_picture(loop: Loop) -> None:
    packets = list(play(loop, source="b", start_at_s=1.4, rounds=1, clock=BentClock()))
    assert len(packets) == 6
    assert packets[0].key
    assert packets[0].data == loop.packets[6].data


def test_the_packets_decode_across_the_seam(loop: Loop) -> None:
    context = av.CodecContext.create("h264", "r")
    count = 0
    for packet in play(loop, source="a", rounds=2, clock=BentClock()):
        count += len(context.decode(av.Packet(packet.data)))
    assert count + len(context.decode(None)) == 24


def test_a_loop_must_begin_with_a_key_picture(loop: Loop) -> None:
    with pytest.raises(ValueError, match="key picture"):
        Loop(packets=loop.packets[1:], seconds=1.0)
