"""Rendered people before the whole watch: a detector that knows the truth, all else is real."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from vigil.core import Detections, Event, Look, Packet, Rule, StepKind
from vigil.media.encode import Encoder, H264Options
from vigil.media.ring import PacketRing
from vigil.pipeline.senses import senses
from vigil.pipeline.watch import Watch
from vigil.sim.camera import Camera
from vigil.sim.motions import Deed
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route, Stop
from vigil.sim.sites import yard
from vigil.sim.world import Walker, World
from vigil.stages.gate.luma import LumaGate
from vigil.stages.rules.fall import Fall
from vigil.stages.rules.fight import Fight
from vigil.stages.rules.lying_still import LyingStill
from vigil.stages.track.two_stage import TwoStageTracker

RATE = 10.0
CAMERA = Camera(
    position=(0, -5, 2.8), target=(0, 2.5, 0.8), view_deg=62, width=320, height=180, rate=RATE
)


@dataclass
class Knows:
    """Finds people where they truly are."""

    view: Renderer

    def detect(self, look: Look) -> Detections | None:
        if not len(look.regions):
            return None
        truth = self.view.truth(look.frame.time_s)
        shown = truth.visible > 0.25
        return Detections(
            boxes=truth.boxes[shown],
            scores=np.full(int(shown.sum()), 0.9, np.float32),
            labels=("person",) * int(shown.sum()),
            card="truth@1",
        )


def stays(x: float, seconds_before: float = 0.5) -> Route:
    """Comes from the side to `x`, and stays."""
    side = 1 if x > 0 else -1
    return Route(
        points=((x + 3 * side, 2.5), (x, 2.5), (9.0 * side, 2.5)), start_s=seconds_before,
        speed_m_s=1.5, stops=(Stop(1, 60.0),),
    )  # fmt: skip


def told(walkers: tuple[Walker, ...], seconds: float, *rules: Rule) -> list[Event]:
    view = Renderer(world=World(site=yard(False), seconds=seconds, actors=walkers), camera=CAMERA)
    options = H264Options(key_every=20, live=True, repeat_headers=True)
    encoder = Encoder(source="yard", width=320, height=180, rate=RATE, options=options)
    packets: list[Packet] = []
    for index in range(round(seconds * RATE)):
        packets += encoder.encode(view.picture(index / RATE)[0], index / RATE)
    packets += encoder.flush()
    wanted = frozenset().union(*(rule.signals for rule in rules))
    watch = Watch(
        source="yard", gate=LumaGate(), tracker=TwoStageTracker(), rules=rules,
        ring=PacketRing(8.0, 1 << 24), senses=senses(wanted, ()),
    )  # fmt: skip
    steps, detector = [], Knows(view)
    for packet in packets:
        for look in watch.feed(packet):
            steps += watch.take(look, detector.detect(look))
    return [step.event for step in steps + watch.close() if step.kind is StepKind.END]


def test_a_fall_is_told_and_then_that_they_lie_there():
    fall = Deed(what="fall_backward", start_s=4.0, lasts_s=30.0)
    walker = Walker(id=1, looks=Looks.from_seed(3), route=stays(-0.8), deeds=(fall,))
    first, second = sorted(
        told((walker,), 10.5, Fall(), LyingStill(longer_than_s=4.0)), key=lambda one: one.rule
    )
    assert (first.rule, second.rule) == ("fall", "lying_still")
    assert 4.0 <= first.start_s <= 5.0
    assert 4.3 <= second.start_s <= 5.5


def test_who_sits_down_is_not_told():
    sits = Deed(what="sit_down", start_s=4.0, lasts_s=30.0)
    walker = Walker(id=1, looks=Looks.from_seed(3), route=stays(-0.8), deeds=(sits,))
    assert told((walker,), 8.0, Fall(), LyingStill(longer_than_s=2.0)) == []


@pytest.mark.parametrize(("what", "fight"), [("punch", True), ("hug", False)])
def test_two_who_strike_each_other_are_told_and_two_who_hug_are_not(what: str, fight: bool):
    pair = tuple(
        Walker(
            id=index + 1,
            looks=Looks.from_seed(index + 5),
            route=stays(x),
            deeds=(Deed(what=what, start_s=3.5, lasts_s=30, faces=index * math.pi, seed=index),),
        )
        for index, x in enumerate((-0.4, 0.4))
    )
    found = told(pair, 8.5, Fight())
    assert [event.rule for event in found] == ["fight"] * fight
    assert all(3.0 <= event.start_s <= 6.0 for event in found)
