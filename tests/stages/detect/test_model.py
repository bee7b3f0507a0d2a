"""Every detection model on real pictures, whole and on canvases."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import (
    Box,
    Detections,
    Frame,
    Image,
    Look,
    ModelCard,
    ModelError,
    ModelInput,
    Rung,
    as_array,
    iou,
)
from vigil.infer import OpenModel, Registry
from vigil.media.pixels import frame_of_array
from vigil.stages.detect.model import ModelDetector

Known = Callable[[str], tuple[ModelCard, Path]]
Pictures = Callable[..., Frame]

WOMAN = ("videos/one-by-one-person-detection.mp4", 96)
"""One person, seen from behind, seven seconds into the clip."""
HIGHWAY = ("tracking/cdnet_highway/img1/000900.jpg",)
SAILOR = ("models/sample_images/grace_hopper.bmp",)
# Drawn by hand.
PERSON_BOX = Box(383, 14, 514, 405)
CAR_BOX = Box(199, 62, 242, 107)
FACE_BOX = Box(172, 119, 352, 330)

CONTRACT = [
    ("yolox-nano-416", WOMAN, "person", PERSON_BOX),
    ("nanodet-m-320", WOMAN, "person", PERSON_BOX),
    ("fastestdet-352", WOMAN, "person", PERSON_BOX),
    ("person-detection-retail-0013", WOMAN, "person", PERSON_BOX),
    ("person-vehicle-bike-crossroad-0078", WOMAN, "person", PERSON_BOX),
    ("yolox-nano-416", HIGHWAY, "car", CAR_BOX),
    ("nanodet-m-320", HIGHWAY, "car", CAR_BOX),
    ("fastestdet-352", HIGHWAY, "car", CAR_BOX),
    ("person-vehicle-bike-crossroad-0078", HIGHWAY, "vehicle", CAR_BOX),
    ("yunet-face-120x160", SAILOR, "face", FACE_BOX),
]


def whole(frame: Frame) -> Look:
    return Look.whole(frame, Rung.DETECT)


def look_at(frame: Frame, *boxes: Box, more: float = 0.0) -> Look:
    regions = as_array(boxes) + np.array([-more, -more, more, more], np.float32)
    return Look(frame=frame, regions=regions, rung=Rung.DETECT)


def sees(found: Detections, label: str, box: Box, overlap: float = 0.7) -> bool:
    mine = found.where(np.array([word == label for word in found.labels], bool))
    return bool((iou(mine.boxes, as_array([box])) >= overlap).any())


@pytest.mark.data
@pytest.mark.parametrize(("name", "where", "label", "box"), CONTRACT)
def test_each_model_finds_what_is_there(
    known: Known, picture: Pictures, name: str, where: tuple[str, int], label: str, box: Box
) -> None:
    found = ModelDetector.of(*known(name)).detect([whole(picture(*where))])[0]

    assert sees(found, label, box)
    assert found.card == f"{name}@1"


@pytest.mark.data
def test_an_empty_room_holds_nobody(known: Known, picture: Pictures) -> None:
    detector = ModelDetector.of(*known("person-detection-retail-0013"))

    assert len(detector.detect([whole(picture(WOMAN[0], 0))])[0]) == 0


@pytest.mark.data
@pytest.mark.parametrize("name", ["yolox-nano-416", "person-detection-retail-0013"])
def test_on_a_shared_canvas_each_look_gets_its_own_things(
    known: Known, picture: Pictures, name: str
) -> None:
    detector = ModelDetector.of(*known(name))
    someone, empty = picture(*WOMAN), picture(WOMAN[0], 0)

    found = detector.detect([look_at(empty, PERSON_BOX), look_at(someone, PERSON_BOX)] * 2)

    assert [sees(each, "person", PERSON_BOX) for each in found] == [False, True, False, True]


@pytest.mark.data
def test_a_region_that_holds_half_a_person_still_gives_the_whole_one(
    known: Known, picture: Pictures
) -> None:
    detector = ModelDetector.of(*known("yolox-nano-416"))
    head_and_shoulders = Box(400, 20, 500, 150)

    found = detector.detect([look_at(picture(*WOMAN), head_and_shoulders)] * 3)

    assert all(sees(each, "person", PERSON_BOX) for each in found)


@pytest.mark.data
def test_only_wanted_words_come_out(known: Known, picture: Pictures) -> None:
    card, folder = known("yolox-nano-416")
    frame = picture(*SAILOR)

    assert set(ModelDetector.of(card, folder).detect([whole(frame)])[0].labels) > {"person"}
    only = ModelDetector.of(card, folder, labels=("person",)).detect([whole(frame)])[0]
    assert set(only.labels) == {"person"}
    asked = Look.whole(frame, Rung.DETECT, frozenset({"tie"}))
    assert set(ModelDetector.of(card, folder).detect([asked])[0].labels) == {"tie"}


@pytest.mark.data
def test_a_model_is_swapped_between_two_calls(
    known: Known, picture: Pictures, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigil.infer.live.CHECK_EVERY_S", 0.0)
    registry = Registry(home / "models")
    for name in ("yolox-nano-416", "nanodet-m-320"):
        card, folder = known(name)
        registry.add(folder / card.file, replace(card, name="watch"))
    registry.activate("watch", 1)
    detector = ModelDetector(name="watch", labels=("person",))
    look = whole(picture(*WOMAN))

    for version in (1, 2, 1):
        registry.activate("watch", version)
        until_s = time.monotonic() + 60
        card = ""
        while card != f"watch@{version}" and time.monotonic() < until_s:
            found = detector.detect([look])[0]
            assert sees(found, "person", PERSON_BOX)  # never a call without an answer
            card = found.card
        assert card == f"watch@{version}"


@pytest.mark.data
def test_half_precision_finds_the_same(known: Known, picture: Pictures, home: Path) -> None:
    card, folder = known("person-detection-retail-0013")
    Registry(home / "models").add(folder / card.file, card)

    found = ModelDetector(name=card.name, precision="bf16").detect([whole(picture(*WOMAN))])[0]

    assert sees(found, "person", PERSON_BOX)


def test_a_name_that_is_not_in_the_registry_is_one_line() -> None:
    with pytest.raises(ModelError, match="no model 'yolox'"):
        ModelDetector(name="yolox").warm_up()


@pytest.mark.data
def test_a_card_with_the_wrong_head_is_found_out_when_it_opens(known: Known) -> None:
    card, folder = known("yolox-nano-416")

    with pytest.raises(ModelError, match="cannot read"):
        ModelDetector.of(replace(card, head="nanodet"), folder)
    with pytest.raises(ModelError, match="finds no boxes"):
        ModelDetector.of(replace(card, head="embedding"), folder)
    with pytest.raises(ModelError, match="knows no dragon"):
        ModelDetector.of(card, folder, labels=("dragon",))


SIDE = 208


@dataclass
class BrightThings:
    """A session that finds what is white, as an SSD would."""

    calls: int = 0

    def run(self, picture: Image) -> list[np.ndarray]:
        self.calls += 1
        mask = (picture[..., 0] > 184).astype(np.uint8)  # half way from padding to white
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        rows = [
            [0, 1, 0.9, x / SIDE, y / SIDE, (x + w) / SIDE, (y + h) / SIDE]
            for x, y, w, h, _ in stats[1:].tolist()
        ]
        return [np.array(rows, np.float32).reshape(1, 1, -1, 7)]


def bright_detector(**settings: object) -> tuple[ModelDetector, BrightThings]:
    session = BrightThings()
    size = ModelInput(width=SIDE, height=SIDE)
    card = ModelCard(name="bright", file="x.onnx", head="ssd", labels=("thing",), input=size)
    detector = ModelDetector(name="bright", **settings)  # type: ignore[arg-type]
    detector._fixed = OpenModel(card=card, session=session)
    return detector, session


@st.composite
def things(draw: st.DrawFn) -> Box:
    x, y = draw(st.integers(0, 180)), draw(st.integers(0, 160))
    return Box(x, y, x + draw(st.integers(8, 28)), y + draw(st.integers(8, 28)))


@given(st.lists(things(), min_size=1, max_size=12))
def test_a_drawn_thing_is_found_where_it_was_drawn(drawn: list[Box]) -> None:
    detector, session = bright_detector()
    looks = []
    for box in drawn:
        rgb = np.full((208, 208, 3), 114, np.uint8)
        rgb[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = 255
        looks.append(look_at(frame_of_array(rgb), box))

    for box, found in zip(drawn, detector.detect(looks), strict=True):
        assert len(found) == 1
        np.testing.assert_allclose(found.boxes[0], box, atol=1.0)
    assert session.calls <= -(-len(drawn) // 4)


def test_a_thing_larger_than_its_region_is_looked_at_again_as_a_whole() -> None:
    detector, session = bright_detector()
    rgb = np.full((208, 208, 3), 114, np.uint8)
    rgb[10:200, 90:120] = 255
    looks = [look_at(frame_of_array(rgb), Box(92, 90, 118, 116)) for _ in range(2)]

    for found in detector.detect(looks):
        np.testing.assert_allclose(found.boxes, [[90, 10, 120, 200]], atol=1.0)
    assert session.calls == 1 + 2


def test_without_canvases_every_look_is_one_call_over_its_whole_picture() -> None:
    detector, session = bright_detector(canvas=False)
    rgb = np.full((208, 208, 3), 114, np.uint8)
    rgb[10:30, 10:30] = rgb[100:130, 100:130] = 255
    looks = [look_at(frame_of_array(rgb), Box(10, 10, 30, 30)) for _ in range(3)]

    assert [len(found) for found in detector.detect(looks)] == [2, 2, 2]
    assert session.calls == 3


def test_looks_without_regions_are_answered_without_a_call() -> None:
    detector, session = bright_detector()
    frame = frame_of_array(np.zeros((208, 208, 3), np.uint8))

    found = detector.detect([look_at(frame), look_at(frame)])

    assert [len(each) for each in found] == [0, 0]
    assert session.calls == 0
