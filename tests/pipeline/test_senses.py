"""Senses are made only for rules that name them, and anybody may install one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from vigil.config import open_home, parse, parts
from vigil.core import Frame, Scene, Signals
from vigil.media.encode import Encoder, H264Options
from vigil.media.ring import PacketRing
from vigil.pipeline.build import Builder
from vigil.pipeline.senses import senses
from vigil.pipeline.watch import Watch
from vigil.stages.gate.luma import LumaGate
from vigil.stages.rules.camera_covered import CameraCovered
from vigil.stages.rules.presence import Presence
from vigil.stages.sense.rain import RainSense
from vigil.stages.sense.surface import SurfaceSense
from vigil.stages.sense.view import ViewSense
from vigil.stages.track.two_stage import TwoStageTracker

ENTRY_POINTS = """
[vigil.senses]
brightness = counting_sense:CountingSense
"""
PLUG_IN = """
from dataclasses import replace


class CountingSense:
    every_picture = False

    def __init__(self, masks):
        self.masks, self.seen = masks, 0

    def see(self, frame, scene):
        self.seen += 1

    def tell(self, signals):
        return replace(signals, brightness=1000.0 + self.seen)
"""


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sense of somebody else's, as an installed package has it."""
    installed = tmp_path / "installed" / "counting_sense-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: counting-sense\nVersion: 1.0\n"
    )
    (installed / "entry_points.txt").write_text(ENTRY_POINTS)
    (installed.parent / "counting_sense.py").write_text(PLUG_IN)
    monkeypatch.syspath_prepend(str(installed.parent))
    parts.parts_of.cache_clear()
    yield
    parts.parts_of.cache_clear()


def packets(seconds: float):
    """A quiet rough ground, a key each two seconds."""
    options = H264Options(key_every=10, live=True, repeat_headers=True, preset="ultrafast")
    encoder = Encoder(source="yard", width=192, height=108, rate=5.0, options=options)
    random = np.random.default_rng(3)
    ground = random.integers(60, 200, (27, 48, 1)).repeat(4, 0).repeat(4, 1).repeat(3, 2)
    for index in range(int(seconds * 5)):
        grain = random.normal(0, 1.5, ground.shape)
        yield from encoder.encode(np.clip(ground + grain, 0, 255).astype(np.uint8), index / 5)


def watched(rules, found, seconds: float = 12.0) -> tuple[Watch, list[Scene]]:
    watch = Watch(
        source="yard", gate=LumaGate(), tracker=TwoStageTracker(), rules=rules,
        ring=PacketRing(8.0, 1 << 22), senses=found,
    )  # fmt: skip
    scenes = []
    for packet in packets(seconds):
        for look in watch.feed(packet):
            watch.take(look, None)
            assert watch.scene is not None
            scenes.append(watch.scene)
    return watch, scenes


def test_only_signals_that_have_a_sense_make_one():
    assert senses((), ()) == ()
    assert senses({"static_blobs", "motion"}, ()) == ()
    (one,) = senses({"view", "static_blobs"}, ())
    assert isinstance(one, ViewSense)
    surface, view = senses({"view", "surface"}, ())
    assert isinstance(surface, SurfaceSense)
    assert isinstance(view, ViewSense)


def test_rain_is_sought_where_samples_are_kept(tmp_path: Path):
    camera = parse({"cameras": {"gate": {"source": "/gate.mp4"}}}).cameras["gate"]
    home = open_home(tmp_path)
    without = Builder(home, evidence=False)
    keeping = Builder(home, evidence=False, tell_sample=[].append)
    for builder, kinds in ((without, []), (keeping, [RainSense])):
        made, _ = builder.camera(camera)
        assert [type(sense) for sense in made.watch.senses] == kinds
        builder.close()


def test_each_camera_has_senses_of_its_own_with_its_masks():
    masks = [((0.0, 0.0), (0.5, 0.0), (0.5, 0.5))]
    (one,), (other,) = senses({"view"}, masks), senses({"view"}, masks)
    assert one is not other
    assert isinstance(one, ViewSense)
    assert one.masks == tuple(masks)


def test_a_plug_in_sense_is_found_and_fills_its_field(plug_in: None):
    (sense,) = senses({"brightness"}, ())
    _, scenes = watched([Presence()], (sense,))
    told = [scene.signals.brightness for scene in scenes if scene.signals is not None]
    assert told[:3] == [1001.0, 1002.0, 1003.0]


def test_a_camera_that_sleeps_on_key_frames_still_gets_views():
    rules = [CameraCovered()]
    watch, scenes = watched(rules, senses(rules[0].signals, ()), seconds=30)
    told = [scene for scene in scenes if scene.time_s > 20]
    assert told
    assert all(scene.signals is not None and scene.signals.view is not None for scene in told)
    # Asleep: pictures between the keys are not even decoded.
    assert watch.counts.decoded < watch.counts.packets / 2


class Eager:
    """A sense that asks for every picture."""

    every_picture = True

    def __init__(self) -> None:
        self.times_s: list[float] = []

    def see(self, frame: Frame, scene: Scene | None) -> None:
        self.times_s.append(frame.time_s)

    def tell(self, signals: Signals) -> Signals:
        return signals


def test_a_sense_that_asks_for_every_picture_sees_each_that_is_decoded_while_awake():
    eager = Eager()
    watch = Watch(
        source="yard", gate=LumaGate(), tracker=TwoStageTracker(), rules=[Presence()],
        ring=PacketRing(8.0, 1 << 22), senses=(eager,),
    )  # fmt: skip
    for packet in packets(2.0):
        for look in watch.feed(packet):
            watch.take(look, None)
    assert len(eager.times_s) == watch.counts.decoded
    assert len(eager.times_s) >= 9
