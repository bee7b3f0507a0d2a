"""What judges see of an event, and what they must not see."""

from dataclasses import replace
from pathlib import Path

import pytest

from vigil.config import parse
from vigil.core import Box, SourceLost, Step, StepKind
from vigil.pipeline.cases import Cases, NoFootage
from vigil.store import EventStore, StoredEvent

from .deciding import CAMERA, an_event, put_film

LINE = {"kind": "line_crossing", "name": "yard", "line": [[0.1, 0.5], [0.9, 0.5]]}


@pytest.fixture
def store(tmp_path: Path) -> EventStore:
    return EventStore(tmp_path / "events.db", tmp_path / "clips")


def cases(store: EventStore, **camera: object) -> Cases:
    return Cases(store, parse({"cameras": {"gate": {**CAMERA, **camera}}}))


def stored(store: EventStore, *, scale: float = 1.0, film: bool = True) -> StoredEvent:
    box = Box(10, 20, 30, 60)
    event = an_event(box=box, path=((1.0, box),))
    clip = replace(put_film(store.folder.path, event), scale=scale) if film else None
    store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), clip)
    found = store.event(event.id)
    store.close()
    assert found is not None
    return found


def test_a_line_is_an_area_of_two_corners(store: EventStore) -> None:
    case = cases(store, rules=[LINE]).case(stored(store))
    assert case.zones == (((0.1, 0.5), (0.9, 0.5)),)
    assert case.kind == "line_crossing"


def test_a_way_of_several_points_comes_as_its_stretches(store: EventStore) -> None:
    lane = {"kind": "wrong_way", "name": "yard", "lane": [[0.1, 0.9], [0.4, 0.5], [0.5, 0.1]]}
    case = cases(store, rules=[lane]).case(stored(store))
    assert case.zones == (((0.1, 0.9), (0.4, 0.5)), ((0.4, 0.5), (0.5, 0.1)))


def test_both_lines_of_a_rule_are_shown(store: EventStore) -> None:
    lines = [[[0.1, 0.2], [0.9, 0.2]], [[0.1, 0.8], [0.9, 0.8]]]
    told = {"distance_m": 10, "faster_than_kmh": 30}
    speed = {"kind": "speed", "name": "yard", "lines": lines, **told}
    case = cases(store, rules=[speed]).case(stored(store))
    assert case.zones == (((0.1, 0.2), (0.9, 0.2)), ((0.1, 0.8), (0.9, 0.8)))


def test_a_rule_that_is_gone_leaves_the_event_to_be_judged(store: EventStore) -> None:
    case = cases(store, rules=[{"kind": "presence", "name": "other"}]).case(stored(store))
    assert (case.zones, case.labels, case.kind) == ((), frozenset(), "")


def test_boxes_are_in_the_pixels_of_the_clip(store: EventStore) -> None:
    found = stored(store, scale=2.0)
    case = cases(store).case(found)
    assert case.event.box == Box(20, 40, 60, 120)
    assert case.event.path == ((1.0, Box(20, 40, 60, 120)),)
    assert found.event.box == Box(10, 20, 30, 60)


def test_an_event_without_a_clip_has_no_pictures(store: EventStore) -> None:
    case = cases(store).case(stored(store, film=False))
    assert case.clip is None
    with pytest.raises(SourceLost, match="no clip"):
        list(case.footage.frames(0, 1))
    with pytest.raises(SourceLost, match="no clip"):
        _ = case.footage.end_s


def test_without_its_camera_nobody_knows_what_is_to_be_hidden(store: EventStore) -> None:
    found = stored(store)
    elsewhere = Cases(store, parse({"cameras": {"door": CAMERA}}))
    with pytest.raises(NoFootage, match="'gate'"):
        elsewhere.case(found)
