"""One thing that two cameras see, or one track that two events tell of, is one incident."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import (
    Box,
    Case,
    Event,
    Frame,
    Image,
    ModelError,
    SourceLost,
    Step,
    StepKind,
    uuid7,
)
from vigil.pipeline.appearance import Looks, colours_in, colours_of, likeness
from vigil.pipeline.cases import NoFootage
from vigil.pipeline.incidents import Incidents, Neighbours
from vigil.store import EventStore

from .deciding import Follows, an_event

RED, BLUE, GREY = (200, 30, 30), (30, 40, 200), (90, 90, 90)
BOX = Box(60, 40, 100, 140)
NOW_S = time.time()


@dataclass
class Painted:
    """Pixels of one colour within a box, on grass with grain, under a light of some colour."""

    colour: tuple[int, int, int]
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    seed: int = 0

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        random = np.random.default_rng(self.seed)
        picture = np.full((180, 240, 3), (70, 120, 60), np.float32)
        picture[round(BOX.y1) : round(BOX.y2), round(BOX.x1) : round(BOX.x2)] = self.colour
        picture = picture * self.light + random.normal(0, 6, picture.shape)
        whole = np.clip(picture, 0, 255).astype(np.uint8)
        if region is not None:
            x1, y1, x2, y2 = (round(side) for side in region)
            whole = whole[y1:y2, x1:x2]
        return np.asarray(cv2.resize(whole, (width, height)), np.uint8)

    def luma(self, width: int, height: int) -> np.ndarray:
        return cv2.cvtColor(self.rgb(width, height), cv2.COLOR_RGB2GRAY)


@dataclass
class Shown:
    """Footage in which everything is painted."""

    painted: Painted | None
    start_s: float = NOW_S - 5
    end_s: float = NOW_S + 60
    read: list[float] = field(default_factory=list)

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        self.read.append(start_s)
        if self.painted is None:
            raise SourceLost("no picture")
        yield frame(self.painted, (start_s + end_s) / 2)


def frame(painted: Painted, time_s: float = NOW_S) -> Frame:
    return Frame(source="gate", index=0, time_s=time_s, width=240, height=180, pixels=painted)


class Site:
    """Events of a site and what is seen in their clips."""

    def __init__(self, store: EventStore, groups: Sequence[Sequence[str]] = ()) -> None:
        self.store = store
        self.decisions = Follows(store).decisions
        self.footage: dict[str, Shown] = {}
        self.incidents = Incidents(self.decisions, self.case, Neighbours(groups=groups))

    def event(
        self, source: str, painted: Painted | None = None, *, after_s: float = 0.0, **more: object
    ) -> Event:
        start_s = NOW_S + after_s
        usual = {"id": uuid7(start_s), "box": BOX, "path": ((start_s, BOX),), "track_ids": (1,)}
        event = an_event(source=source, start_s=start_s, end_s=start_s + 2, **{**usual, **more})
        self.store.record(Step(kind=StepKind.NEW, event=event, time_s=start_s), None)
        self.footage[event.id] = Shown(painted)
        return event

    def case(self, event_id: str) -> Case:
        found = self.store.event(event_id)
        if found is None or event_id not in self.footage:
            raise NoFootage("no clip")
        return Case(event=found.event, clip=None, footage=self.footage[event_id])

    def join(self, event: Event) -> str:
        stored = self.store.event(event.id)
        assert stored is not None
        joined = self.incidents.join(
            self.case(event.id), recorded_s=stored.created_s, aside=asyncio.to_thread
        )
        return asyncio.run(joined)


@pytest.fixture
def store(place: str | Path, tmp_path: Path) -> Iterator[EventStore]:
    made = EventStore(place, tmp_path / "clips")
    yield made
    made.close()


@pytest.fixture
def site(store: EventStore) -> Site:
    return Site(store, groups=[["gate", "yard"], ["door", "hall"]])


WARM, COOL = (1.12, 1.0, 0.85), (0.88, 1.0, 1.1)


def test_what_two_neighbours_see_at_the_same_time_is_one_incident(site: Site) -> None:
    first = site.event("gate", Painted(RED, WARM))
    second = site.event("yard", Painted(RED, COOL, seed=1), after_s=3)
    assert site.join(first) == first.id
    assert site.join(second) == first.id
    assert site.decisions.decision(second.id).incident == first.id


def test_whoever_comes_first_the_older_event_gives_its_name(site: Site) -> None:
    first = site.event("gate", Painted(RED))
    second = site.event("yard", Painted(RED), after_s=1)
    assert site.join(second) == first.id
    assert site.join(first) == first.id


def test_two_people_in_other_clothes_are_two_incidents(site: Site) -> None:
    site.event("gate", Painted(RED))
    second = site.event("yard", Painted(BLUE), after_s=1)
    assert site.join(second) == second.id


def test_cameras_that_do_not_overlap_tell_of_two_things(site: Site) -> None:
    site.event("gate", Painted(RED))
    second = site.event("door", Painted(RED), after_s=1)
    assert site.join(second) == second.id
    assert site.footage[second.id].read == []


@pytest.mark.parametrize(
    "more",
    [{"rule": "other"}, {"label": "car"}, {"after_s": 60.0}],
    ids=["another rule", "another label", "much later"],
)
def test_neighbours_tell_of_one_thing_only_at_one_time_by_one_rule(
    site: Site, more: dict[str, object]
) -> None:
    site.event("gate", Painted(RED))
    second = site.event("yard", Painted(RED), **{"after_s": 1.0, **more})
    assert site.join(second) == second.id


def test_what_cannot_be_seen_is_no_neighbours_thing(site: Site) -> None:
    site.event("gate", None)
    second = site.event("yard", Painted(RED), after_s=1)
    assert site.join(second) == second.id


def test_the_same_track_and_rule_is_one_incident(site: Site) -> None:
    first = site.event("gate", Painted(RED), track_ids=(4, 7))
    again = site.event("gate", Painted(RED), after_s=120, track_ids=(7,))
    assert site.join(again) == first.id


def test_another_track_of_the_same_camera_is_another_incident(site: Site) -> None:
    site.event("gate", Painted(RED), track_ids=(4,))
    other = site.event("gate", Painted(RED), after_s=10, track_ids=(5,))
    assert site.join(other) == other.id


def test_a_number_that_a_new_track_happens_to_have_joins_nothing(site: Site) -> None:
    site.event("gate", Painted(RED), track_ids=(1,))
    other = site.event("gate", Painted(BLUE), after_s=10, track_ids=(1,))
    assert site.join(other) == other.id


def test_a_track_is_forgotten_after_five_minutes(site: Site) -> None:
    site.event("gate", Painted(RED))
    again = site.event("gate", Painted(RED), after_s=400)
    assert site.join(again) == again.id


def test_a_file_that_is_watched_again_tells_of_another_incident(site: Site) -> None:
    first = site.event("gate", Painted(RED))
    before = site.incidents
    site.incidents = Incidents(site.decisions, site.case, Neighbours())
    again = site.event("gate", Painted(RED))
    assert site.join(again) == again.id
    site.incidents = before
    assert site.join(again) == min(first.id, again.id), "within one run they are one"
    assert site.decisions.decision(first.id).incident == min(first.id, again.id)


def test_three_cameras_tell_of_one_incident(store: EventStore) -> None:
    site = Site(store, groups=[["gate", "yard"], ["yard", "door"]])
    first = site.event("gate", Painted(RED))
    third = site.event("door", Painted(RED), after_s=2)
    second = site.event("yard", Painted(RED), after_s=1)
    assert site.join(third) == second.id  # the oldest of its neighbour's
    assert site.join(second) == first.id
    incidents = {site.decisions.decision(each.id).incident for each in (first, second, third)}
    assert incidents == {first.id}
    assert site.incidents.joined == 2


@pytest.mark.parametrize("light", [WARM, COOL, (0.6, 0.6, 0.6), (1.3, 1.25, 1.2)])
@pytest.mark.parametrize("colour", [RED, BLUE, (220, 190, 60), (30, 110, 120)])
def test_colours_are_known_again_under_another_light(
    colour: tuple[int, int, int], light: tuple[float, float, float]
) -> None:
    here = colours_in(frame(Painted(colour)), BOX)
    there = colours_in(frame(Painted(colour, light, seed=3)), BOX)
    assert likeness(here, there) > 0.6


@pytest.mark.parametrize(("one", "other"), [(RED, BLUE), (RED, GREY), (BLUE, (220, 190, 60))])
def test_other_colours_are_unlike(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    here, there = (colours_in(frame(Painted(colour)), BOX) for colour in (one, other))
    assert likeness(here, there) < 0.25


def test_a_box_outside_the_picture_has_no_colours() -> None:
    assert colours_in(frame(Painted(RED)), Box(300, 10, 340, 60)) is None


def test_a_moment_before_the_clip_begins_is_not_looked_for() -> None:
    footage = Shown(Painted(RED))
    event = an_event(start_s=NOW_S - 60, box=None, path=((NOW_S - 60, BOX),))
    assert colours_of(Case(event=event, clip=None, footage=footage)) is None
    assert footage.read == []


class Known:
    """Knows what is red from what is not, and nothing else."""

    def __init__(self, error: bool = False) -> None:
        self.asked = 0
        self._error = error

    def embed(self, images: Sequence[Image]) -> np.ndarray:
        self.asked += 1
        if self._error:
            raise ModelError("no such model")
        red = [float(image[..., 0].mean() > 120) for image in images]
        return np.array([[each, 1 - each] for each in red], np.float32)


def embedding(store: EventStore, embedder: Known) -> Site:
    site = Site(store, groups=[["gate", "yard"]])
    looks = Looks(embedder, labels=("person",))
    site.incidents = Incidents(
        site.decisions, site.case, Neighbours(groups=[["gate", "yard"]]), looks=looks
    )
    return site


def test_a_model_made_for_it_takes_the_place_of_colours(store: EventStore) -> None:
    site = embedding(store, Known())
    first = site.event("gate", Painted((200, 30, 30)))
    second = site.event("yard", Painted((180, 150, 160)), after_s=1)
    assert site.join(second) == first.id
    other = site.event("yard", Painted(BLUE), after_s=2, track_ids=(7,))
    assert site.join(other) == other.id


def test_a_label_that_the_model_does_not_know_is_compared_by_colours(store: EventStore) -> None:
    model = Known()
    site = embedding(store, model)
    first = site.event("gate", Painted(RED), label="car")
    assert site.join(site.event("yard", Painted(RED), after_s=1, label="car")) == first.id
    assert model.asked == 0


def test_a_model_that_is_not_there_leaves_the_colours(store: EventStore) -> None:
    site = embedding(store, Known(error=True))
    first = site.event("gate", Painted(RED))
    assert site.join(site.event("yard", Painted(RED), after_s=1)) == first.id
