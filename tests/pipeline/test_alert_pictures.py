"""The picture that goes with an alert, cut from a real clip."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.config.app import App
from vigil.config.home import open_home
from vigil.core import Alert, Box, Clip, Step, StepKind
from vigil.pipeline import alert_pictures
from vigil.pipeline.alert_pictures import AlertPictures
from vigil.pipeline.cases import Cases
from vigil.store import EventStore
from vigil.testing.alerts import NOON_S, an_alert, an_event
from vigil.testing.films import write_tiny_film

MASKS = [[[0.0, 0.0], [0.3, 0.0], [0.3, 0.3], [0.0, 0.3]]]


@pytest.fixture
def store() -> Iterator[EventStore]:
    home = open_home()
    made = EventStore(home.database, home.clips)
    yield made
    made.close()


@pytest.fixture
def cases(store: EventStore, tmp_path: Path) -> Cases:
    camera = {"source": str(tmp_path / "film.mp4"), "masks": MASKS}
    return Cases(store, App.model_validate({"cameras": {"gate": camera}}))


@pytest.fixture
def pictures(store: EventStore, cases: Cases) -> Iterator[AlertPictures]:
    made = AlertPictures(store, cases)
    yield made
    made.close()


def recorded(store: EventStore, *, with_clip: bool = True) -> Alert:
    """An alert of an event that is in the store, four seconds of film beside it."""
    event = replace(an_event(NOON_S), box=Box(10, 10, 40, 40), path=())
    clip = None
    if with_clip:
        uri = f"clip:home/{event.id}"
        file = open_home().clip_file(uri, NOON_S).with_suffix(".mp4")
        write_tiny_film(file, 4, [(1, 3)])
        size = file.stat().st_size
        clip = Clip(uri=uri, source="gate", start_s=NOON_S, end_s=NOON_S + 4, size_bytes=size)
    store.record(Step(kind=StepKind.NEW, event=event, time_s=NOON_S), clip)
    return an_alert(event)


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def test_an_alert_gets_a_picture_of_its_event_with_its_camera_masked(
    store: EventStore, pictures: AlertPictures
) -> None:
    picture = decoded(asyncio.run(pictures(recorded(store))))
    height, width = picture.shape[:2]
    hidden = picture[2 : round(height * 0.05), 2 : round(width * 0.05)]
    assert width > 0
    assert hidden.max() < 40
    assert picture.max() > 100


def test_an_event_without_a_clip_has_no_picture(store: EventStore, pictures: AlertPictures) -> None:
    assert asyncio.run(pictures(recorded(store, with_clip=False))) == b""
    assert asyncio.run(pictures(an_alert())) == b""


def test_what_one_camera_hid_is_not_shown_when_the_camera_is_gone(
    store: EventStore, cases: Cases, pictures: AlertPictures
) -> None:
    alert = recorded(store)
    cases.app = App()
    assert asyncio.run(pictures(alert)) == b""


def test_several_receivers_get_the_picture_that_was_cut_once(
    store: EventStore, pictures: AlertPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = recorded(store)
    first = asyncio.run(pictures(alert))
    monkeypatch.setattr(alert_pictures, "snapshot", lambda *_: b"another")
    assert first
    assert asyncio.run(pictures(alert)) == first


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Clips that cannot be read to their end, until they are let go."""
    let_go = threading.Event()

    def held(*_: object) -> bytes:
        let_go.wait(30)
        return b"late"

    monkeypatch.setattr(alert_pictures, "snapshot", held)
    yield let_go.set
    let_go.set()


def test_a_clip_that_takes_too_long_holds_up_no_alert(
    store: EventStore, cases: Cases, hold: Callable[[], None]
) -> None:
    pictures = AlertPictures(store, cases, wait_s=0.05)
    alert, other = recorded(store), recorded(store)
    assert asyncio.run(pictures(alert)) == b""
    # The thread is still held: nobody waits for it a second time.
    pictures._wait_s = 1e9
    assert asyncio.run(asyncio.wait_for(pictures(other), 20)) == b""
    hold()
    pictures.close()


def test_a_mistake_leaves_the_alert_without_a_picture(
    store: EventStore, pictures: AlertPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise MemoryError

    alert = recorded(store)
    monkeypatch.setattr(alert_pictures, "snapshot", fails)
    assert asyncio.run(pictures(alert)) == b""
