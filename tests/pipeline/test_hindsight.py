"""From a person's word on an event to a sample with its picture, masked as its camera is."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from vigil.config.app import App
from vigil.config.home import open_home
from vigil.core import Box, Clip, Review, Ruling, Sample, Step, StepKind
from vigil.pipeline.dismissals import Dismissal, DismissalFolder
from vigil.pipeline.hindsight import Hindsight
from vigil.store import DecisionStore, EventStore, SampleStore
from vigil.testing.alerts import NOON_S, an_event
from vigil.testing.films import write_tiny_film
from vigil.testing.hands import Hands

MASKS = [[[0.0, 0.0], [0.3, 0.0], [0.3, 0.3], [0.0, 0.3]]]


@pytest.fixture
def store() -> Iterator[EventStore]:
    home = open_home()
    made = EventStore(home.database, home.clips)
    yield made
    made.close()


@pytest.fixture
def samples(store: EventStore) -> SampleStore:
    return SampleStore(store.database, open_home().samples)


@pytest.fixture
def app(tmp_path: Path) -> App:
    camera = {"source": str(tmp_path / "film.mp4"), "masks": MASKS}
    return App.model_validate({"cameras": {"gate": camera}})


@pytest.fixture
def hindsight(store: EventStore, samples: SampleStore, app: App) -> Hindsight:
    return Hindsight(store, samples, app, home=open_home(), clock=Hands(NOON_S + 60))


def recorded(store: EventStore, *, rejected: bool = True) -> str:
    """An event that is over, with four seconds of film, and that a person rejects."""
    event = replace(an_event(NOON_S), box=Box(10, 10, 40, 40), path=(), cards=("nano@1",))
    uri = f"clip:home/{event.id}"
    file = open_home().clip_file(uri, NOON_S).with_suffix(".mp4")
    write_tiny_film(file, 4, [(1, 3)])
    size = file.stat().st_size
    clip = Clip(uri=uri, source="gate", start_s=NOON_S, end_s=NOON_S + 4, size_bytes=size)
    store.record(Step(kind=StepKind.END, event=event, time_s=NOON_S + 4), clip)
    said = Review(event_id=event.id, ruling=Ruling.REJECTED, reviewer="ana", time_s=NOON_S + 30)
    if rejected:
        DecisionStore(store.database).review(said)
    return event.id


def test_a_rejected_event_becomes_a_sample_once(
    store: EventStore, samples: SampleStore, hindsight: Hindsight
) -> None:
    event_id = recorded(store)
    assert hindsight.look() == 1
    assert hindsight.look() == 0
    (stored,) = samples.queue()
    sample = stored.sample
    assert (sample.event_id, sample.source) == (event_id, "gate")
    assert (sample.score, sample.reasons) == (0.9, {"rejected": 0.9})
    assert NOON_S <= sample.time_s <= NOON_S + 4
    (label,) = sample.proposals
    assert (label.word, label.shape) == (an_event(NOON_S).label, Box(10, 10, 40, 40))
    assert label.origin.by == "nano@1"
    picture = cv2.imread(str(samples.picture(sample)))
    height, width = picture.shape[:2]
    assert (width, height) == (sample.width, sample.height)
    assert picture[: round(height * 0.28), : round(width * 0.28)].max() < 40
    assert picture.max() > 100


def test_a_picture_that_the_watch_kept_gets_one_reason_more(
    store: EventStore, samples: SampleStore, hindsight: Hindsight
) -> None:
    kept = Sample(
        id="s",
        source="gate",
        time_s=NOON_S,
        path="2023-11-15/s.jpg",
        width=320,
        height=180,
        size_bytes=1,
        score=0.5,
        reasons={"event": 0.5},
        event_id=recorded(store),
    )
    samples.write([kept])
    assert hindsight.look() == 1
    (stored,) = samples.queue()
    assert stored.sample.reasons == {"event": 0.5, "rejected": 0.9}
    assert stored.sample.score == pytest.approx(0.95)
    assert hindsight.look() == 0
    assert not open_home().samples.joinpath("2023-11-15").exists()


def test_a_place_dismissed_for_good_after_its_event_is_a_lesson_once(
    store: EventStore, samples: SampleStore, app: App, hindsight: Hindsight
) -> None:
    event_id = recorded(store, rejected=False)
    stored = store.event(event_id)
    assert stored is not None
    assert hindsight.look() == 0
    DismissalFolder(open_home()).put(Dismissal.of(stored.event, for_good=True))
    assert (hindsight.look(), hindsight.look()) == (1, 0)
    assert Hindsight(store, samples, app, home=open_home()).look() == 0
    (found,) = samples.queue()
    assert found.sample.reasons == {"dismissed": 0.6}


def test_what_a_camera_hid_is_not_kept_when_it_is_gone(
    store: EventStore, samples: SampleStore, hindsight: Hindsight
) -> None:
    recorded(store)
    hindsight.apply(App())
    assert hindsight.look() == 0
    assert samples.queue() == []


def test_a_clip_that_is_gone_is_asked_for_once(
    store: EventStore, samples: SampleStore, hindsight: Hindsight
) -> None:
    recorded(store)
    for file in open_home().clips.rglob("*.mp4"):
        file.unlink()
    assert hindsight.look() == 0
    assert hindsight.look() == 0
    assert samples.queue() == []


def test_it_looks_by_itself_until_it_is_closed(
    store: EventStore, samples: SampleStore, hindsight: Hindsight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigil.pipeline.hindsight.EVERY_S", 0.05)
    recorded(store)
    hindsight.start()
    deadline_s = time.monotonic() + 20
    while not hindsight.taken and time.monotonic() < deadline_s:
        time.sleep(0.01)
    hindsight.close()
    assert len(samples.queue()) == 1
