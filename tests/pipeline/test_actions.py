"""Rules about actions before the whole watch: networks of the registry, films, and the figures."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.infer.test_clip_session import CARD, SIDE, as_ir, write
from tests.stages.sense.clip_models import RATE, restless_file

from vigil.cli.status import _actions as status_lines
from vigil.config.home import Home, open_home
from vigil.config.load import parse
from vigil.core import ConfigError, Event, ModelError, Packet, Step, StepKind
from vigil.infer import Registry
from vigil.media.encode import Encoder, H264Options
from vigil.media.ring import PacketRing
from vigil.pipeline.actions import Actions
from vigil.pipeline.build import Builder
from vigil.pipeline.metrics import COUNTERS, GAUGES
from vigil.pipeline.replay import replay
from vigil.pipeline.scene_log import recorded, scene_files
from vigil.pipeline.shard import Shard
from vigil.pipeline.stats import camera_stats
from vigil.pipeline.watch import Watch
from vigil.sim.motions import Deed
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.sites import yard
from vigil.sim.world import Walker, World
from vigil.stages.gate.luma import LumaGate
from vigil.stages.rules.action import ActionRule
from vigil.stages.track.two_stage import TwoStageTracker
from vigil.testing.films import write_tiny_film

from .test_people import CAMERA, Knows, stays
from .test_people import RATE as FILM_RATE

RULE = {"kind": "action", "model": "restless", "labels": "restless", "where": "view"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """With a network that knows how much changes from picture to picture."""
    folder = open_home(tmp_path / "home")
    Registry(folder.models).add(
        tmp_path / "restless.onnx", restless_file(tmp_path / "restless.onnx")
    )
    return folder


class Told:
    """An outbox that keeps steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def put(self, step: Step, _clip: object) -> None:
        self.steps.append(step)

    def events(self) -> list[Event]:
        return [step.event for step in self.steps if step.kind is StepKind.END]


def story(home: Home, what: str, seconds: float = 8.5) -> list[Event]:
    """Somebody walks in, stands, and does something from the fourth second on."""
    deed = Deed(what=what, start_s=4.0, lasts_s=30.0)
    walker = Walker(id=1, looks=Looks.from_seed(3), route=stays(-0.8), deeds=(deed,))
    view = Renderer(world=World(site=yard(False), seconds=seconds, actors=(walker,)), camera=CAMERA)
    options = H264Options(key_every=20, live=True, repeat_headers=True)
    encoder = Encoder(source="yard", width=320, height=180, rate=FILM_RATE, options=options)
    packets: list[Packet] = []
    for index in range(round(seconds * FILM_RATE)):
        packets += encoder.encode(view.picture(index / FILM_RATE)[0], index / FILM_RATE)
    packets += encoder.flush()
    rule = ActionRule(model="restless", labels=("restless",), close_s=1.0)
    gate = LumaGate()
    watch = Watch(
        source="yard", gate=gate, tracker=TwoStageTracker(), rules=(rule,),
        ring=PacketRing(8.0, 1 << 24), senses=Actions(home).senses((rule,), gate, ()),
    )  # fmt: skip
    steps, detector = [], Knows(view)
    for packet in packets:
        for look in watch.feed(packet):
            steps += watch.take(look, detector.detect(look))
    return [step.event for step in steps + watch.close() if step.kind is StepKind.END]


@pytest.mark.parametrize(("what", "goes_on"), [("punch", True), ("hug", False)])
def test_who_keeps_striking_is_told_of_and_who_comes_to_rest_is_not(
    home: Home, what: str, goes_on: bool
) -> None:
    found = story(home, what)
    assert {event.rule for event in found} <= {"action"}
    last_s = max((event.end_s for event in found), default=0.0)
    assert (last_s > 7.5) is goes_on
    assert all("restless@1" in event.cards and event.track_ids for event in found)


def test_the_watch_runs_openvinos_file_of_the_same_network(tmp_path: Path, home: Home) -> None:
    card = replace(restless_file(tmp_path / "restless.onnx"), file="restless.xml")
    Registry(home.models).add(as_ir(tmp_path / "restless.onnx"), card)
    (found,) = story(home, "punch", 7.0)
    assert "restless@2" in found.cards


def watched(
    home: Home,
    film: Path,
    rules: list[dict[str, Any]],
    *,
    meanwhile: Callable[..., None] | None = None,
) -> tuple[Told, Any]:
    """A film before a shard; `meanwhile` is called with the camera between its turns."""
    settings = {"source": str(film), "rules": rules, "record_scenes": True}
    config = parse({"cameras": {"yard": settings}}).cameras["yard"]
    camera, detector = Builder(home, evidence=False).camera(config)
    told = Told()

    def between() -> None:
        if meanwhile is not None:
            meanwhile(camera)

    Shard(cameras=[(camera, detector)], outbox=told).run(threading.Event(), between_turns=between)
    return told, camera


def test_a_film_is_told_counted_and_replayed(tmp_path: Path, home: Home) -> None:
    film = write_tiny_film(tmp_path / "yard.mp4", 12, [(3, 6)])
    rule = {**RULE, "min_score": 0.01, "keep_score": 0.0, "suspect_score": 0.001}
    told, camera = watched(home, film, [rule])
    (event,) = [event for event in told.events() if not event.suspected]
    assert (event.rule, event.label, event.cards[-1]) == ("action", "restless", "restless@1")
    assert event.start_s < 6
    assert 5 < event.end_s < 9

    figures = camera_stats(camera)
    # Of twelve seconds only those were looked at in which something moved, and a clip after them.
    assert 3 * RATE <= figures["actions_asked"] <= 5.5 * RATE
    assert figures["actions_cpu_s"] > 0
    assert (figures["actions_followed"], figures["actions_held_bytes"]) == (0, 0)
    (line,) = status_lines({"yard": figures, "gate": {"actions_asked": 0}})
    assert line.startswith(f"yard: networks of clips ran {figures['actions_asked']} times, ")

    named = {name for name in (*COUNTERS, *GAUGES) if name.startswith("actions")}
    assert named == {name for name in figures if name.startswith("actions")}

    own = parse({"cameras": {"yard": {"source": str(film), "rules": [rule]}}}).cameras["yard"]
    (again,) = replay(recorded(scene_files([home.scenes])), [lambda _: own.rules])
    assert [
        (one.rule, one.label, one.start_s, one.end_s, one.suspected) for one in again.events
    ] == [
        (one.rule, one.label, one.start_s, one.end_s, one.suspected)
        for one in sorted(told.events(), key=lambda one: one.start_s)
    ]


def test_a_model_is_swapped_while_its_stream_runs(tmp_path: Path, home: Home) -> None:
    film = write_tiny_film(tmp_path / "yard.mp4", 12, [(1, 11)])
    swapped: list[float] = []

    def swap(camera: Any) -> None:
        scene = camera.watch.scene
        if scene is None or scene.time_s < 5 or swapped:
            return
        swapped.append(scene.time_s)
        card = restless_file(tmp_path / "longer.onnx", frames=6)
        Registry(home.models).add(tmp_path / "longer.onnx", replace(card, file="longer.onnx"))
        (sense,) = camera.watch.senses
        (live,) = [asker._live for asker in sense._askers]
        deadline = time.monotonic() + 5
        while live.settled().card.version != 2 and time.monotonic() < deadline:
            time.sleep(0.05)

    rule = {**RULE, "min_score": 0.001, "keep_score": 0.0}
    told, _camera = watched(home, film, [rule], meanwhile=swap)
    assert swapped
    (event,) = told.events()  # it went on over the swap
    assert event.cards[-2:] == ("restless@1", "restless@2")


@pytest.mark.parametrize(
    ("rules", "error", "problem"),
    [
        ([{**RULE, "model": "gone"}], ModelError, "no model 'gone'"),
        ([{**RULE, "model": "bright"}], ModelError, "bright@1: sees single pictures"),
        ([{**RULE, "labels": "fight"}], ModelError, "knows no 'fight'; it knows: restless, calm"),
        (
            [RULE, {**RULE, "name": "other", "rate": 2}],
            ConfigError,
            "rule 'other': asks restless about each view with another",
        ),
    ],
)
def test_what_no_network_can_answer_is_refused_in_one_line(
    tmp_path: Path, home: Home, rules: list[dict[str, Any]], error: type[Exception], problem: str
) -> None:
    one = replace(CARD, clip=None)
    Registry(home.models).add(write(tmp_path / CARD.file, pictures=(1, 3, SIDE, SIDE)), one)
    film = write_tiny_film(tmp_path / "yard.mp4", 1)
    with pytest.raises(error, match=problem) as refused:
        watched(home, film, rules)
    assert "\n" not in str(refused.value)
