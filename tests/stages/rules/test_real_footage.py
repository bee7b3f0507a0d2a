"""Rules on scenes of real footage: real decoding, detection and tracking, no gate."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vigil.core import Box, Detector, Frame, Look, Rung, Scene, Signals, StepKind, as_array
from vigil.infer import known_cards
from vigil.media.decoding import Decoder
from vigil.stages.detect.model import ModelDetector
from vigil.stages.detect.motion import MotionDetector
from vigil.stages.gate.static_blobs import StaticBlobs
from vigil.stages.ingest.file import FileSource
from vigil.stages.rules.abandoned_object import AbandonedObject
from vigil.stages.rules.geometry import overlap
from vigil.stages.rules.line_crossing import LineCrossing
from vigil.stages.rules.presence import Presence
from vigil.stages.rules.speed import Speed
from vigil.stages.rules.wrong_way import WrongWay
from vigil.stages.track.two_stage import TwoStageTracker

from .films import play

Data = Callable[[str], Path]


def frames(path: Path) -> Iterator[Frame]:
    decoder = None
    for packet in FileSource(path=path).packets():
        if packet.encoding.kind == "video":
            decoder = decoder or Decoder(packet.encoding)
            yield from decoder.decode(packet)


def scenes(path: Path, detector: Detector, *, hz: float, until_s: float = 1e9) -> list[Scene]:
    """What is believed at each of the detector's looks, with what rests in the background."""
    tracker, background, told, due_s = TwoStageTracker(), StaticBlobs(), [], 0.0
    for frame in frames(path):
        if frame.time_s > until_s:
            break
        if frame.time_s < due_s - 1e-3:
            continue
        due_s = frame.time_s + 1 / hz
        look = Look.whole(frame, Rung.DETECT)
        scene = tracker.update(look, detector.detect([look])[0])
        background.ignore(as_array([t.box for t in scene.tracks if t.label == "person"]))
        told.append(replace(scene, signals=Signals(static_blobs=background.update(frame))))
    return told


def people(data: Data) -> ModelDetector:
    card = next(card for card in known_cards() if card.name == "person-detection-retail-0013")
    return ModelDetector.of(card, data("models/detect"))


def truth(data: Data, name: str) -> dict:
    return json.loads(data("EVENTS.json").read_text())[name]


def test_four_cars_cross_five_lines_two_up_and_two_down_with_one_setting(data: Data):
    name = "videos/car-detection.mp4"
    film = scenes(data(name), MotionDetector(), hz=25)
    labels = truth(data, name)["tracks"]
    for y in (110, 160, 216, 270, 320):
        rule = LineCrossing(line=((0.0, y / 432), (1.0, y / 432)), forward="down", backward="up")
        found = [step.event for step in play(rule, film) if step.kind is StepKind.END]
        assert [event.direction for event in found] == ["up", "down", "up", "down"]
        for event in found:
            assert any(
                label["dir"] == event.direction and label["t"][0] <= event.start_s <= label["t"][1]
                for label in labels
            )


def test_two_of_four_cars_go_against_a_lane_that_leads_up_and_all_four_are_timed(data: Data):
    name = "videos/car-detection.mp4"
    film = scenes(data(name), MotionDetector(), hz=25)
    labels = truth(data, name)["tracks"]
    up = WrongWay(lane=((0.5, 1.0), (0.5, 0.0)), labels=("object",), min_travel=0.2)
    wrong = [step.event for step in play(up, film) if step.kind is StepKind.END]
    down = [label["t"] for label in labels if label["dir"] == "down"]
    assert len(wrong) == len(down) == 2
    for event, (start_s, end_s) in zip(wrong, down, strict=True):
        assert start_s - 3 <= event.start_s <= event.end_s <= end_s + 3
    lines = (((0.0, 0.4), (1.0, 0.4)), ((0.0, 0.8), (1.0, 0.8)))
    timed = Speed(lines=lines, distance_m=10, faster_than_kmh=5, labels=("object",))
    passages = [step.event for step in play(timed, film) if step.kind is StepKind.END]
    assert len(passages) == len(labels) == 4


@pytest.mark.slow
def test_two_people_come_one_after_the_other(data: Data):
    name = "videos/one-by-one-person-detection.mp4"
    steps = play(Presence(), scenes(data(name), people(data), hz=5, until_s=48))
    found = [step.event for step in steps if step.kind is StepKind.END]
    wanted = truth(data, name)["present"][:2]
    assert len(found) == len(wanted)
    for event, (start_s, end_s) in zip(found, wanted, strict=True):
        assert event.start_s == pytest.approx(start_s, abs=0.5)
        assert event.end_s == pytest.approx(end_s, abs=0.5)


@pytest.mark.slow
def test_one_bag_is_left_and_told_soon_after_its_owner_went(data: Data):
    name = "videos/aboda_video4.avi"
    steps = play(AbandonedObject(), scenes(data(name), people(data), hz=5, until_s=28))
    (new,) = [step for step in steps if step.kind is StepKind.NEW]
    assert truth(data, name)["bag_placed"] < new.time_s <= 26.0
    assert overlap(new.event.box, Box(*truth(data, name)["bag_box_xyxy"])) >= 0.65
    assert new.event.track_ids  # its owner
