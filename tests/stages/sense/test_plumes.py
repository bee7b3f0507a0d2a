"""Fire and smoke are found in rendered and real pictures; what only resembles them is not."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest

from vigil.core import Box, Frame, Plume, Scene, Signals, StepKind, Track
from vigil.media.pixels import frame_of_array
from vigil.sim.camera import Camera
from vigil.sim.distractors import Distraction
from vigil.sim.flames import Flames
from vigil.sim.lamps import AMBER, HI_VIS, SignalLamp
from vigil.sim.render import Renderer
from vigil.sim.route import Route
from vigil.sim.sites import car_park
from vigil.sim.smoke import Smoke as SmokeCloud
from vigil.sim.smoke import Steam
from vigil.sim.world import Walker, World
from vigil.stages.rules.fire import Fire
from vigil.stages.rules.smoke import Smoke
from vigil.stages.sense.plumes import PlumeSense

START_S = 1_700_000_000.0
RATE = 10.0
CAMERA = Camera(position=(0.0, -8.0, 4.2), width=320, height=180, rate=RATE)
Footage = Callable[..., Iterator[tuple[float, Frame]]]


def filmed(*things: Distraction, walkers: tuple[Walker, ...] = (), until_s: float) -> list[Frame]:
    world = World(site=car_park(), seconds=until_s, actors=walkers, disturbances=things)
    view = Renderer(world=world, camera=CAMERA)
    return [
        frame_of_array(view.picture(number / RATE)[0], time_s=START_S + number / RATE)
        for number in range(int(until_s * RATE))
    ]


def told(frames: list[Frame], sense: PlumeSense | None = None) -> list[Scene]:
    """Every picture seen, five scenes a second."""
    sense, scenes = sense or PlumeSense(), []
    for number, frame in enumerate(frames):
        sense.see(frame, None)
        if number % 2 == 0:
            scenes.append(
                Scene(
                    source="x", time_s=frame.time_s, width=frame.width, height=frame.height,
                    signals=sense.tell(Signals()),
                )
            )  # fmt: skip
    return scenes


def events(rule: Fire | Smoke, scenes: list[Scene]) -> list[tuple[float, Box]]:
    return [
        (step.time_s - START_S, step.event.box)
        for scene in scenes
        for step in rule.update(scene)
        if step.kind is StepKind.NEW
    ]


def plumes(scenes: list[Scene], kind: str) -> list[Plume]:
    return [
        plume for scene in scenes if scene.signals for plume in scene.signals.plumes
        if plume.kind == kind
    ]  # fmt: skip


def meets(one: Box, other: Box) -> bool:
    return one.x1 < other.x2 and other.x1 < one.x2 and one.y1 < other.y2 and other.y1 < one.y2


@pytest.fixture(scope="module")
def burning() -> tuple[Flames, list[Frame]]:
    flames = Flames(position=(0.5, 2.0, 0), start_s=2.0, end_s=99, grows_s=4.0, seed=2)
    return flames, filmed(flames, until_s=8.0)


def test_flames_are_fire_where_they_burn(burning):
    flames, frames = burning
    (at_s, box), *_ = events(Fire(), told(frames))
    assert 4.0 < at_s < 7.9
    assert meets(box, flames.box(CAMERA, at_s))


def test_half_the_pictures_do_and_none_of_them_are_smoke(burning):
    _, frames = burning
    assert events(Smoke(), told(frames)) == []
    sense = PlumeSense(masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),))
    assert plumes(told(frames, sense), "fire") == []


def test_lamps_vests_and_steam_are_neither():
    lamps = (
        SignalLamp(position=(-2, 2, 1.0), start_s=0, end_s=99, radius_m=0.16),
        SignalLamp(position=(1, 2, 1.5), start_s=0, end_s=99, pattern="flashes", radius_m=0.16),
        SignalLamp(
            position=(3, 3, 1.8), start_s=1, end_s=99, pattern="turns", colour=AMBER, hertz=2.0
        ),
        Steam(position=(-4, 2, 0), start_s=0, end_s=99),
    )
    vests = tuple(
        Walker(id=n, looks=HI_VIS, route=Route(points=((-7, n), (7, n)), start_s=n, speed_m_s=1.5))
        for n in (1, 2)
    )
    scenes = told(filmed(*lamps, walkers=vests, until_s=7.0))
    assert events(Fire(), scenes) == []
    assert events(Smoke(), scenes) == []


def test_smoke_is_smoke_and_not_where_somebody_is_known_to_stand():
    cloud = SmokeCloud(position=(0, 4, 0), start_s=2.2, end_s=99, thickens_s=4.0, grey=0.2, seed=2)
    frames = filmed(cloud, until_s=12.0)
    (at_s, box), *_ = events(Smoke(), told(frames))
    assert at_s < 12.0
    assert meets(box, cloud.box(CAMERA, at_s))
    assert events(Fire(), told(frames)) == []
    person = Track(
        id=1, label="person", box=Box(0, 0, 320, 180), score=0.9, first_seen_s=0, last_seen_s=0
    )
    known = Scene(source="x", time_s=0, width=320, height=180, tracks=(person,))
    sense = PlumeSense()
    for frame in frames:
        sense.see(frame, known)
    assert sense.tell(Signals()).plumes == ()


class Counted:
    """A picture that counts how often it is asked for."""

    asked = 0

    def __init__(self, picture: np.ndarray) -> None:
        self.picture = picture

    def luma(self, width: int, height: int) -> np.ndarray:
        raise AssertionError("brightness is in the colours")

    def rgb(self, width: int, height: int, region: Box | None = None) -> np.ndarray:
        Counted.asked += 1
        return self.picture


def test_without_the_colour_of_fire_five_pictures_a_second_are_enough():
    grey = np.full((180, 320, 3), 90, np.uint8)
    sense, Counted.asked = PlumeSense(), 0
    for number in range(100):
        pixels = Counted(grey)
        sense.see(
            Frame(
                source="x", index=number, time_s=START_S + number / 25, width=320, height=180,
                pixels=pixels,
            ),
            None,
        )  # fmt: skip
    assert 15 <= Counted.asked <= 45
    assert sense.every_picture


def test_a_new_size_of_picture_and_a_clock_that_jumps_are_survived(burning):
    _, frames = burning
    sense = PlumeSense()
    told(frames[50:70], sense)
    wide = [
        frame_of_array(np.ascontiguousarray(one.rgb(320)[:120]), time_s=one.time_s)
        for one in frames[70:80]
    ]
    told(wide, sense)
    told(frames[:15], sense)
    assert sense.tell(Signals()).plumes == ()


@pytest.mark.data
def test_a_real_house_is_flagged_within_five_seconds(footage: Footage):
    frames = [f for second, f in footage("videos/fire_house6.mp4", hz=60) if second < 5.5]
    sense, scenes, due_s = PlumeSense(), [], 0.0
    for frame in frames:
        sense.see(frame, None)
        if frame.time_s >= due_s:
            due_s = frame.time_s + 0.19
            scenes.append(
                Scene(
                    source="x", time_s=frame.time_s, width=426, height=240,
                    signals=sense.tell(Signals()),
                )
            )  # fmt: skip
    assert all(one.time_s <= other.time_s for one, other in pairwise(frames))
    (at_s, box), *_ = events(Fire(), scenes)
    assert at_s <= 5.0
    assert meets(box, Box(176, 60, 200, 120))


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        "videos/gif/worker-zone-detection.gif",
        "action/up_fall/A09_S1_T1_C1.mp4",
        "action/fight_surv/fight/fi001.mp4",
    ],
)
def test_real_people_in_orange_or_with_bare_arms_are_no_fire(footage: Footage, name: str):
    scenes = told([frame for _, frame in footage(name, hz=12.5)][:40])
    assert events(Fire(), scenes) == []
    assert events(Smoke(), scenes) == []
