"""A camera is covered, in the dark, out of focus, turned away: films for the whole watch."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from vigil.core import Event, Packet, Rule, StepKind
from vigil.media.encode import Encoder, H264Options
from vigil.media.ring import PacketRing
from vigil.pipeline.senses import senses
from vigil.pipeline.watch import Watch
from vigil.sim.camera import Camera
from vigil.sim.mishaps import Covered, Darkness, Defocus, Fog, Turned
from vigil.sim.render import Renderer
from vigil.sim.scenes import parking
from vigil.sim.slope import Slope
from vigil.sim.world import Disturbance, Shake, World
from vigil.stages.gate.luma import LumaGate
from vigil.stages.rules.camera_blurred import CameraBlurred
from vigil.stages.rules.camera_covered import CameraCovered
from vigil.stages.rules.camera_dark import CameraDark
from vigil.stages.rules.camera_moved import CameraMoved
from vigil.stages.rules.slope_collapse import SlopeCollapse
from vigil.stages.track.two_stage import TwoStageTracker

RATE = 4.0
SCRIPT = parking(1)
CAMERA: Camera = replace(SCRIPT.cameras[0], width=320, height=180, rate=RATE, stamp=False)
EMPTY = World(site=SCRIPT.world.site, seconds=30.0)
ASIDE = replace(CAMERA, target=(12.0, 7.0, 1.0))


def film(seconds: float, *mishaps: Disturbance, world: World = EMPTY) -> list[Packet]:
    """The car park while things happen to its camera; a key frame every two seconds."""
    options = H264Options(key_every=8, live=True, repeat_headers=True, preset="ultrafast")
    encoder = Encoder(source="yard", width=320, height=180, rate=RATE, options=options)
    view = Renderer(world=replace(world, disturbances=mishaps), camera=CAMERA)
    packets: list[Packet] = []
    for index in range(int(seconds * RATE)):
        packets += encoder.encode(view.picture(index / RATE)[0], index / RATE)
    return packets + encoder.flush()


def told(packets: Sequence[Packet], rules: Sequence[Rule]) -> dict[str, list[Event]]:
    """The events of each rule, as they ended, from a watch without a detector."""
    signals = frozenset().union(*(rule.signals for rule in rules))
    watch = Watch(
        source="yard", gate=LumaGate(), tracker=TwoStageTracker(), rules=rules,
        ring=PacketRing(8.0, 1 << 24), senses=senses(signals, ()),
    )  # fmt: skip
    steps = []
    for packet in packets:
        for look in watch.feed(packet):
            steps += watch.take(look, None)
    steps += watch.close()
    ended: dict[str, list[Event]] = {rule.name: [] for rule in rules}
    for step in steps:
        if step.kind is StepKind.END:
            ended[step.event.rule].append(step.event)
    return ended


def all_rules() -> list[Rule]:
    return [
        CameraBlurred(longer_than_s=6, steady_s=2),
        CameraCovered(),
        CameraDark(longer_than_s=6),
        CameraMoved(longer_than_s=8),
    ]


@pytest.fixture(scope="module")
def bad_day() -> dict[str, list[Event]]:
    packets = film(
        78.0,
        Covered(start_s=14, end_s=24),
        Defocus(start_s=32, end_s=44, blur=0.008),
        Turned(start_s=52, end_s=68, world=EMPTY, camera=ASIDE),
    )
    return told(packets, all_rules())


def test_a_cover_is_told_while_it_hides_the_view(bad_day):
    (event,) = bad_day["camera_covered"]
    assert event.start_s == pytest.approx(14.5, abs=2.5)
    assert event.end_s == pytest.approx(24, abs=2.5)


def test_a_lens_out_of_focus_is_told_while_it_is(bad_day):
    (event,) = bad_day["camera_blurred"]
    assert event.start_s == pytest.approx(33, abs=5.5)
    assert event.end_s == pytest.approx(43, abs=2.5)


def test_a_camera_turned_away_is_told_until_it_is_turned_back(bad_day):
    (event,) = bad_day["camera_moved"]
    assert event.start_s == pytest.approx(53, abs=2.5)
    assert event.end_s == pytest.approx(68, abs=2.5)


def test_none_of_it_is_darkness_but_darkness_is(bad_day):
    assert bad_day["camera_dark"] == []
    (event,) = told(film(34.0, Darkness(start_s=14, end_s=26)), all_rules())["camera_dark"]
    assert event.start_s == pytest.approx(14.5, abs=2.5)
    assert event.end_s == pytest.approx(26, abs=2.5)


def test_fog_and_a_shaking_pole_are_none_of_it():
    foggy = told(film(34.0, Fog(start_s=12, end_s=99, sight_m=15)), all_rules())
    shaky = told(film(30.0, Shake(start_s=12, end_s=24, pixels=5)), all_rules())
    assert all(not events for events in foggy.values())
    assert all(not events for events in shaky.values())


def test_a_slope_that_slides_is_told_where_it_lies():
    rules = [SlopeCollapse(longer_than_s=8)]
    bank = Slope(foot_y_m=CAMERA.target[1] + 3, slides_s=(14, 16), seed=2)
    (event,) = told(film(36.0, bank), rules)["slope_collapse"]
    assert event.start_s == pytest.approx(16, abs=3)
    assert event.box is not None
    assert 0 < event.box.area < 0.2 * 320 * 180
    holds = replace(bank, slides_s=None)
    assert told(film(28.0, holds), [SlopeCollapse(longer_than_s=8)])["slope_collapse"] == []
