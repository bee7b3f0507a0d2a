"""A camera whose clock drifts: real sender reports, a real connection, the whole watch."""

import time

import pytest

from vigil.core import Health, Packet, StepKind
from vigil.media.ring import PacketRing
from vigil.pipeline.camera_clock import CameraClock as Comparison
from vigil.pipeline.watch import Watch
from vigil.stages.gate.luma import LumaGate
from vigil.stages.ingest.stream import StreamSource
from vigil.stages.rules.camera_clock import CameraClock
from vigil.stages.track.two_stage import TwoStageTracker
from vigil.testing.films import tiny_stream
from vigil.testing.rtsp_server import RtspServer, looped


def test_the_least_delayed_picture_tells():
    clock = Comparison()
    assert clock.off_s is None
    for delay_s in (0.3, 0.05, 1.2):
        clock.compare(100.0 + 7.0, 100.0 + delay_s)
    assert clock.off_s == pytest.approx(6.95)
    for _ in range(10):
        clock.compare(100.0, 100.1)
    assert clock.off_s == pytest.approx(-0.1)


def test_a_clock_that_is_set_back_is_believed_at_once_and_a_late_picture_only_until_the_next():
    clock = Comparison()
    for second in range(20):
        clock.compare(90 + second, second)
    clock.compare(20, 20)
    assert clock.off_s == 0
    clock.compare(21 - 8, 21)
    assert clock.off_s == -8
    clock.compare(22, 22)
    assert clock.off_s == 0


def seen(server: RtspServer, rule: CameraClock, seconds: float) -> tuple[list[str], list[Health]]:
    """What a watch tells of a camera in so many seconds, and how its health was."""
    watch = Watch(
        source="gate", gate=LumaGate(), tracker=TwoStageTracker(), rules=[rule],
        ring=PacketRing(4.0, 1 << 22),
    )  # fmt: skip
    source = StreamSource(url=server.url("cam"), name="gate")
    until_s, kinds, healths = time.monotonic() + seconds, [], []

    def take(packet: Packet) -> bool:
        for look in watch.feed(packet):
            kinds.extend(str(step.kind) for step in watch.take(look, None))
            if watch.scene is not None and watch.scene.health is not None:
                healths.append(watch.scene.health)
        return time.monotonic() < until_s and str(StepKind.NEW) not in kinds

    source.deliver(take)
    source.close()
    return kinds, healths


def test_a_clock_that_drifts_is_told_when_it_is_off_by_too_much():
    rule = CameraClock(off_by_s=3.0, longer_than_s=1.0)
    with RtspServer({"cam": looped(tiny_stream(4))}) as server:
        server.tell_time(2.0, drift=0.5)
        kinds, healths = seen(server, rule, 20.0)
    assert kinds == ["new"]
    off_s = [health.clock_off_s for health in healths if health.clock_off_s is not None]
    assert off_s[0] < 3.0 < off_s[-1]


def test_a_camera_without_a_clock_or_with_a_right_one_is_not_told_of():
    rule = CameraClock(off_by_s=3.0, longer_than_s=0.5)
    with RtspServer({"cam": looped(tiny_stream(4))}) as server:
        kinds, healths = seen(server, rule, 2.0)
        assert kinds == []
        assert all(health.clock_off_s is None for health in healths)
        server.tell_time(0.4)
        kinds, healths = seen(server, rule, 4.0)
    assert kinds == []
    assert healths[-1].clock_off_s == pytest.approx(0.4, abs=0.6)
