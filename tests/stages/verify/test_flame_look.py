"""A second look knows flames by their rhythm and hue, and smoke by what it does to the view."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Box, Case, Event, Frame, Ruling, SourceLost, Verdict
from vigil.media.decoding import Decoder
from vigil.media.opening import open_file
from vigil.media.pixels import frame_of_array
from vigil.sim.camera import Camera
from vigil.sim.distractors import Distraction
from vigil.sim.flames import Flames
from vigil.sim.lamps import SignalLamp
from vigil.sim.render import Renderer
from vigil.sim.sites import car_park
from vigil.sim.smoke import Smoke
from vigil.sim.world import World
from vigil.stages.verify.flame_look import FIRE, SMOKE
from vigil.stages.verify.flame_traits import Crops, traits
from vigil.stages.verify.second_look import SecondLook

START_S = 1_700_000_000.0
CAMERA = Camera(position=(0.0, -6.0, 3.5), width=256, height=144, rate=10.0)
SPOT = (0.5, 2.0, 0.0)


@dataclass(frozen=True)
class Filmed:
    """A rendered world as footage."""

    view: Renderer
    start_s: float = START_S

    @property
    def end_s(self) -> float:
        return START_S + self.view.world.seconds

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        step_s = max(every_s, 1 / CAMERA.rate)
        for number in range(int((end_s - start_s) / step_s) + 1):
            time_s = start_s + number * step_s
            picture, _ = self.view.picture(time_s - START_S)
            yield frame_of_array(picture, index=number, time_s=time_s)


def case(kind: str, box: Box, footage: Filmed, start_s: float) -> Case:
    event = Event(
        id="1", source="gate", rule=kind, claim="Something burns.", box=box,
        start_s=START_S + start_s, end_s=START_S + start_s + 4,
    )  # fmt: skip
    return Case(event=event, clip=None, footage=footage, kind=kind)


def filmed(*things: Distraction, until_s: float) -> Filmed:
    world = World(site=car_park(), seconds=until_s, disturbances=things)
    return Filmed(Renderer(world=world, camera=CAMERA))


def ruled(one: Case) -> Verdict:
    return asyncio.run(SecondLook().verify(one))


@pytest.mark.parametrize("seed", [2])
def test_flames_are_confirmed_and_the_reason_says_why(seed):
    flames = Flames(position=SPOT, start_s=0.0, end_s=99, grows_s=2.0, seed=seed)
    verdict = ruled(case("fire", flames.box(CAMERA, 4.0), filmed(flames, until_s=7.0), 2.0))
    assert verdict.ruling is Ruling.CONFIRMED
    assert verdict.judge.startswith("flame_look@")
    assert verdict.reason.endswith(".")
    assert verdict.reason_zh.endswith("。")


def test_a_lamp_that_flashes_is_rejected():
    lamp = SignalLamp(
        position=(0.5, 2.0, 1.0), start_s=0, end_s=99, pattern="flashes", radius_m=0.2, hertz=2.0
    )
    verdict = ruled(case("fire", lamp.box(CAMERA, 1.0), filmed(lamp, until_s=6.0), 1.0))
    assert verdict.ruling is Ruling.REJECTED


def test_smoke_is_confirmed():
    smoke = Smoke(position=SPOT, start_s=4.0, end_s=99, thickens_s=4.0, seed=2)
    box = smoke.box(CAMERA, 10.0)
    assert ruled(case("smoke", box, filmed(smoke, until_s=14.0), 6.0)).ruling is Ruling.CONFIRMED


def test_what_cannot_be_seen_is_not_ruled_on():
    assert traits(Crops()) == {}
    flames = Flames(position=SPOT, start_s=0.0, end_s=99, seed=2)
    short = filmed(flames, until_s=0.5)
    assert ruled(case("fire", Box(100, 50, 150, 100), short, 0.0)).ruling is Ruling.UNSURE

    class Empty(Filmed):
        def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0):
            return iter(())

    with pytest.raises(SourceLost):
        ruled(case("fire", Box(1, 1, 9, 9), Empty(short.view), 0.0))


def test_every_slope_is_level_beyond_its_ends_and_has_words_for_both():
    for slope in (*FIRE.values(), *SMOKE.values()):
        assert slope.odds(-1e9) == slope.at_low
        assert slope.odds(1e9) == slope.at_high
        assert all((*slope.said(-1e9), *slope.said(1e9)))
        assert slope.said(-1e9) != slope.said(1e9)


@dataclass(frozen=True)
class OfFile:
    """A real file as footage."""

    path: Path
    start_s: float = START_S
    end_s: float = START_S + 20

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        decoder = None
        with open_file(self.path) as demuxer:
            for packet in demuxer.packets(lambda _, pts_s, __: START_S + (pts_s or 0.0)):
                if packet.encoding.kind != "video":
                    continue
                decoder = decoder or Decoder(packet.encoding, fast=False)
                for frame in decoder.decode(packet):
                    if frame.time_s > end_s:
                        return
                    if frame.time_s >= start_s:
                        yield frame


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "box", "start_s", "burns"),
    [
        ("videos/fire_house6.mp4", Box(176, 75, 203, 118), 1.0, True),
        ("action/up_fall/A10_S1_T1_C1.mp4", Box(136, 200, 200, 340), 1.5, False),
        ("videos/construction.mp4", Box(100, 200, 250, 400), 1.0, False),
    ],
)
def test_real_fire_is_confirmed_and_a_jumping_man_is_not(data, name, box, start_s, burns):
    verdict = ruled(case("fire", box, OfFile(data(name)), start_s))  # type: ignore[arg-type]
    assert (verdict.ruling is Ruling.CONFIRMED) == burns
    assert np.isfinite(verdict.likelihood)
