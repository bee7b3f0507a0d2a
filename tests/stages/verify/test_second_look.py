"""A second look believes what stays, moves and hides the ground; it rejects with great care."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import (
    Box,
    Case,
    Detections,
    Frame,
    Look,
    Ruling,
    Rung,
    SourceError,
    SystemClock,
    Verdict,
)
from vigil.infer.known import known_cards
from vigil.media.footage import ClipFootage
from vigil.media.pixels import frame_of_array
from vigil.sim.acts import PLACES
from vigil.sim.distractors import HeadlightSweep, StrayShadow
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route
from vigil.sim.world import Disturbance, LightSwitch, Walker, World
from vigil.stages.detect.model import ModelDetector
from vigil.stages.detect.motion import MotionDetector
from vigil.stages.verify.evidence import Evidence, evidence, heeding
from vigil.stages.verify.looking import Find, Looker, features
from vigil.stages.verify.meaning import PEOPLE, VEHICLES, family_of, wanted
from vigil.stages.verify.pool import Stop
from vigil.stages.verify.reel import span_of
from vigil.stages.verify.scoring import fitted_scores
from vigil.stages.verify.second_look import SecondLook

from .conftest import START_S, Film, block, case_of, cut, event, path_of, write_film

RATE = 8


def looked(case: Case, **settings: object) -> Verdict:
    return asyncio.run(SecondLook(**settings).verify(case))  # type: ignore[arg-type]


class Rendered:
    """Footage of a rendered world."""

    def __init__(self, place: str, *, night: bool = False, seconds: float = 12, **story) -> None:
        where = PLACES[place]
        world = World(site=where.site(night), seconds=seconds, **story)
        self.view = Renderer(world=world, camera=where.camera)
        self.start_s, self.end_s = START_S, START_S + seconds

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        step_s = max(every_s, 1 / RATE)
        first = max(start_s, self.start_s)
        for number in range(int((min(end_s, self.end_s) - first) / step_s + 1e-6) + 1):
            time_s = first + number * step_s
            picture, _ = self.view.picture(time_s - START_S)
            yield frame_of_array(picture, index=number, time_s=time_s)


@lru_cache(maxsize=2)
def visit(place: str = "car_park") -> Case:
    """A person crosses the view, as a tracker would tell."""
    way = PLACES[place].walk
    walker = Walker(id=1, looks=Looks(), route=Route(points=way, start_s=4.0, speed_m_s=2.4))
    footage = Rendered(place, actors=(walker,))
    times = np.arange(5.5, 9.6, 0.5).tolist()
    path = tuple((START_S + t, footage.view.truth(t).box_of(1)) for t in times)
    assert all(box is not None for _, box in path)
    found = event(start_s=path[0][0], end_s=path[-1][0], path=path, box=path[-1][1])
    return case_of(footage, found)


def no_visit(*disturbances: Disturbance, place: str = "car_park", night: bool = False) -> Case:
    """The same event, and something that only disturbs the view."""
    story = visit(place)
    footage = Rendered(place, night=night, disturbances=disturbances)
    return replace(story, footage=footage)


def test_somebody_who_walks_by_is_never_rejected() -> None:
    verdict = looked(visit())
    assert verdict.ruling is not Ruling.REJECTED
    assert verdict.likelihood > 0.5
    assert verdict.event_id == visit().event.id


def test_light_and_shadow_are_never_confirmed() -> None:
    shadow = StrayShadow(
        start_s=4, end_s=12, route=Route(points=PLACES["car_park"].walk, start_s=4, speed_m_s=2.4)
    )
    lights = HeadlightSweep(start_s=5, end_s=10, position=(-14, -6), from_deg=5, to_deg=80)
    switched = LightSwitch(at_s=5.4, gain=1.6)
    walker = looked(visit()).likelihood
    for case in (no_visit(shadow), no_visit(lights, night=True), no_visit(switched), no_visit()):
        verdict = looked(case)
        assert verdict.ruling is not Ruling.CONFIRMED
        assert verdict.likelihood < walker


def test_a_verdict_says_why_in_both_languages(walker: Case) -> None:
    verdict = looked(walker)
    assert verdict.reason.endswith(".")
    assert verdict.reason[0].isupper()
    assert verdict.reason_zh.endswith("。")
    assert verdict.judge.startswith("second_look@")
    assert 0 < verdict.likelihood < 1
    assert set(verdict.seconds) == {"frames", "model", "total"}
    assert (verdict.calls, verdict.tokens_in, verdict.prompt) == (0, 0, "")


def test_a_ruling_follows_the_likelihood(walker: Case) -> None:
    score = looked(walker).likelihood
    assert looked(walker, reject_below=0.0, confirm_above=score / 2).ruling is Ruling.CONFIRMED
    above = (1 + score) / 2
    assert looked(walker, reject_below=above, confirm_above=1.0).ruling is Ruling.REJECTED
    assert looked(walker, reject_below=0.0, confirm_above=1.0).ruling is Ruling.UNSURE


def test_the_cameras_own_troubles_are_confirmed_by_its_health(nobody: Case) -> None:
    for kind in ("camera_offline", "camera_frozen", "camera_clock"):
        bare = event(rule="my own name", label="", path=(), box=None)
        verdict = looked(case_of(nobody.footage, bare, kind=kind))
        assert (verdict.ruling, verdict.likelihood) == (Ruling.CONFIRMED, 1.0)


def test_of_the_whole_view_a_second_look_says_nothing(nobody: Case) -> None:
    for kind in ("camera_dark", "camera_covered", "camera_blurred", "camera_moved"):
        bare = event(rule="my own name", label="", path=(), box=None)
        assert looked(case_of(nobody.footage, bare, kind=kind)).ruling is Ruling.UNSURE


@dataclass
class Finder:
    """A detector that finds one thing at the middle of whatever it is shown."""

    label: str = "person"
    score: float = 0.9
    words: frozenset[str] = frozenset({"person", "car", "dog"})
    rung: Rung = Rung.KEYFRAME
    shown: int = 0
    sizes: list[tuple[int, int]] | None = None

    @property
    def needs(self) -> Rung:
        return self.rung

    @property
    def vocabulary(self) -> frozenset[str]:
        return self.words

    def detect(self, looks: list[Look]) -> list[Detections]:
        (look,) = looks
        self.shown += 1
        width, height = look.frame.width, look.frame.height
        self.sizes = [*(self.sizes or []), (width, height)]
        box = [[width * 0.45, height * 0.3, width * 0.55, height * 0.7]]
        return [
            Detections(
                boxes=np.array(box, np.float32),
                scores=np.array([self.score], np.float32),
                labels=(self.label,),
                card="finder@1",
            )
        ]


def test_what_a_detector_finds_counts(walker: Case) -> None:
    person, dog = Finder(), Finder(label="dog")
    found, other = looked(walker, detector=person), looked(walker, detector=dog)
    assert found.likelihood > other.likelihood
    assert found.judge.endswith("+finder@1")
    assert 1 <= person.shown <= 8 + 4
    assert "A person was found in" in found.reason
    assert "dog" in other.reason


def test_what_a_detector_keeps_finding_is_confirmed(walker: Case, nobody: Case) -> None:
    assert looked(walker, detector=Finder()).ruling is Ruling.CONFIRMED
    strict = looked(walker, detector=Finder(score=0.3), confirm_above=1.0)
    assert strict.ruling is Ruling.UNSURE
    assert heeding(Ruling.REJECTED, proven=True, persists=True) is Ruling.UNSURE
    assert heeding(Ruling.REJECTED, proven=False, persists=False) is Ruling.REJECTED
    assert heeding(Ruling.UNSURE, proven=True, persists=False) is Ruling.UNSURE
    doubted = heeding(Ruling.REJECTED, proven=False, persists=False, doubted=True)
    assert doubted is Ruling.UNSURE


def test_what_was_put_down_just_before_it_came_to_rest_is_news() -> None:
    place = Box(150, 80, 190, 110)

    def paint(picture: np.ndarray, time_s: float) -> None:
        if time_s >= 4.6:
            picture[80:110, 150:190] = 20

    found = event(
        rule="abandoned_object", label="object", box=place, path=((START_S + 10.5, place),)
    )
    clip = case_of(Film(paint), found)
    seen = evidence(clip, Stop(), None, looks=8, picture_px=832, clock=SystemClock())
    assert seen.features["seen"] > 0.9
    assert seen.family == "left"


def test_a_parked_car_is_not_where_its_tracker_sees_news(walker: Case, nobody: Case) -> None:
    there, gone = (
        evidence(case, Stop(), None, looks=8, picture_px=832, clock=SystemClock())
        for case in (walker, nobody)
    )
    assert there.family == gone.family == "named"
    assert there.features["agree"] > 0.5
    assert gone.features["agree"] == 0


def test_a_detector_sees_half_of_the_picture_at_a_time(walker: Case) -> None:
    finder = Finder()
    looked(walker, detector=finder, looks=3)
    assert finder.sizes == [(160, 90)] * 3
    driver, finder = replace(walker, event=replace(walker.event, label="car")), Finder()
    looked(driver, detector=finder, looks=3)
    # Before that, four parts of a picture from before the event: cars may have stood there.
    assert finder.sizes == [(192, 108)] * 4 + [(160, 90)] * 3


def test_a_detector_that_does_not_know_the_word_is_not_asked(walker: Case) -> None:
    finder = Finder(words=frozenset({"bottle"}))
    verdict = looked(walker, detector=finder)
    assert finder.shown == 0
    assert verdict.likelihood == looked(walker).likelihood


def test_a_detector_that_learns_a_background_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: a model"):
        SecondLook(detector=MotionDetector())


@pytest.mark.parametrize(
    ("kind", "label", "labels", "proof"),
    [
        ("presence", "person", (), PEOPLE),
        ("presence", "truck", (), VEHICLES),
        ("presence", "dog", (), {"dog"}),
        ("presence", "object", ("person", "object"), PEOPLE | VEHICLES),
        ("line_crossing", "object", ("person",), PEOPLE),
        ("stopped_vehicle", "object", (), VEHICLES),
        ("loitering", "object", ("person", "object"), PEOPLE),
        ("loitering", "object", (), PEOPLE),
        ("loitering", "car", (), VEHICLES),
    ],
)
def test_what_would_prove_a_claim(
    kind: str, label: str, labels: tuple[str, ...], proof: frozenset[str], nobody: Case
) -> None:
    case = replace(
        nobody, event=replace(nobody.event, label=label), kind=kind, labels=frozenset(labels)
    )
    assert wanted(case) == proof


def test_the_sort_of_rule_may_be_its_name(nobody: Case) -> None:
    assert family_of(replace(nobody, kind="abandoned_object")) == "left"
    named = replace(nobody.event, rule="abandoned_object")
    assert family_of(replace(nobody, event=named, kind="")) == "left"
    assert family_of(replace(nobody, kind="camera_frozen")) == "camera"
    assert family_of(nobody) == "named", "a model gave it its label"
    assert family_of(replace(nobody, event=replace(nobody.event, label="object"))) == "moving"
    assert family_of(replace(nobody, kind="camera_clock")) == "camera"
    assert family_of(replace(nobody, kind="camera_covered")) == "view"


def test_finds_in_numbers() -> None:
    found = [
        Find(wanted=0.8, label="person", other=0.3, other_label="dog"),
        Find(wanted=0.0, label="", other=0.6, other_label="dog", standing=True, animal=0.6),
    ]
    numbers = features(found, 0.8)
    assert numbers["missed"] == pytest.approx(0.4)
    assert numbers["furniture"] == 0.5
    assert numbers["hits"] == 0.5
    assert numbers["best"] == pytest.approx(0.4)
    assert numbers["animal"] == pytest.approx(0.3)
    assert features([], 1.0) == {}


class SeesDark(Finder):
    """Finds each dark thing as a car, wherever the window lies."""

    def detect(self, looks: list[Look]) -> list[Detections]:
        (look,) = looks
        dark = (look.frame.luma(look.frame.width) < 40).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(dark)
        boxes = [(x, y, x + w, y + h) for x, y, w, h, area in stats[1:count] if area > 30]
        return [
            Detections(
                boxes=np.array(boxes, np.float32).reshape(-1, 4),
                scores=np.full(len(boxes), 0.9, np.float32),
                labels=("car",) * len(boxes),
            )
        ]


def test_what_stood_there_before_proves_nothing(walker: Case) -> None:
    place = Box(150, 80, 190, 110)

    def parked(since_s: float):
        def paint(picture, time_s):
            if time_s >= since_s:
                picture[80:110, 150:190] = 20

        return Film(paint)

    found = event(label="car", box=place, path=((START_S + 6.5, place), (START_S + 10.5, place)))
    stood, came = (
        looked(case_of(parked(since_s), found), detector=SeesDark()) for since_s in (0.0, 6.0)
    )
    assert "found in 0 of" in stood.reason
    assert "found in 0 of" not in came.reason
    assert stood.likelihood < came.likelihood


def test_who_passes_a_parked_car_does_not_prove_it_news() -> None:
    place = Box(150, 80, 190, 110)

    def paint(picture: np.ndarray, time_s: float) -> None:
        picture[80:110, 150:190] = 20
        left = round(220 + 40 * (time_s - 6.5))
        if left < 320:
            picture[82:112, max(0, left) : left + 40] = 20

    newborn = event(
        label="car", box=place, path=((START_S + 6.5, place),), end_s=START_S + 6.7
    )  # fmt: skip
    judged = looked(case_of(Film(paint, seconds=9.5), newborn), detector=SeesDark())
    assert "found in 0 of" in judged.reason
    assert judged.ruling is not Ruling.CONFIRMED


def test_a_young_event_is_looked_at_for_as_long_as_its_clip_shows(walker: Case) -> None:
    newborn = replace(
        walker.event,
        path=walker.event.path[:2],
        start_s=START_S + 6.5,
        end_s=START_S + 7.0,
    )
    for seconds, until_s in ((8.0, 8.0), (15.0, 9.5)):
        clip = Film(seconds=seconds)
        assert span_of(case_of(clip, newborn)).end_s == pytest.approx(START_S + until_s)
    crossing = replace(newborn, path=walker.event.path[:1], end_s=newborn.start_s)
    span = span_of(case_of(Film(), crossing))
    assert (span.start_s, span.end_s) == pytest.approx((START_S + 5.0, START_S + 9.5))


def test_what_looks_like_an_animal_at_any_moment_is_not_confirmed_at_once() -> None:
    plain = Find(wanted=0.9, label="person", other=0.0, other_label="")
    doubtful = replace(plain, other=0.4, other_label="dog", animal=0.4)

    def seen(*found: Find) -> Evidence:
        return Evidence(
            family="named", features={}, finds=found, what=("", ""), tells=True, frames_s=0.0
        )

    assert seen(*[plain] * 4).persists
    assert not seen(*[plain] * 3, doubtful).persists
    assert seen(*[plain] * 3, doubtful).proven
    nothing = replace(plain, wanted=0.0)
    assert seen(plain, *[nothing] * 7).proven, "seen once is seen"
    assert not seen(replace(plain, wanted=0.4), *[nothing] * 7).proven
    assert seen(*[nothing] * 5, *[doubtful] * 3).blind
    assert not seen(*[nothing] * 3, *[replace(nothing, animal=0.3)] * 3).blind
    assert not seen(*[nothing] * 3, *[replace(nothing, standing=True)] * 3).blind
    car, telephone = (
        replace(nothing, other=0.6, other_label=label) for label in ("car", "cell phone")
    )
    assert not seen(*[nothing] * 3, *[car] * 3).blind
    assert seen(*[nothing] * 3, *[telephone] * 3).blind
    assert features([plain, doubtful], 1.0)["animal"] == pytest.approx(0.2)


def test_looks_are_one_at_a_time() -> None:
    busy, most = threading.Semaphore(1), []

    class Jealous(Finder):
        def detect(self, looks: list[Look]) -> list[Detections]:
            most.append(busy.acquire(blocking=False))
            try:
                return super().detect(looks)
            finally:
                busy.release()

    looker = Looker(Jealous())
    picture = np.zeros((90, 160, 3), np.uint8)
    threads = [
        threading.Thread(target=lambda: [looker.look(picture, Box(0, 0, 80, 80)) for _ in range(9)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(most)


def test_a_clip_on_the_disk_is_judged_like_its_film(walker: Case, tmp_path: Path) -> None:
    paint, at = block()
    path = path_of(at)
    footage = write_film(Film(paint), tmp_path / "clip.mp4")
    verdict = looked(case_of(footage, event(path=path, box=path[-1][1])))
    assert verdict.likelihood == pytest.approx(looked(walker).likelihood, abs=0.25)


def test_a_clip_that_cannot_be_read_is_told(nobody: Case, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        looked(replace(nobody, footage=ClipFootage(tmp_path / "gone.mp4", START_S)))


def test_cancelling_ends_the_decoding(nobody: Case) -> None:
    class Slow(Film):
        def __init__(self) -> None:
            super().__init__(seconds=60)
            self.began, self.ended = threading.Event(), threading.Event()

        def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
            try:
                for frame in super().frames(start_s, end_s, every_s=every_s):
                    self.began.set()
                    yield frame
                    self.go_on.wait(20)
            finally:
                self.ended.set()

    film = Slow()
    film.go_on = threading.Event()  # type: ignore[attr-defined]

    async def cancelled() -> None:
        judge = SecondLook()
        task = asyncio.create_task(judge.verify(replace(nobody, footage=film)))
        await asyncio.to_thread(film.began.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        film.go_on.set()  # type: ignore[attr-defined]
        await judge.close()

    asyncio.run(cancelled())
    assert film.ended.wait(20)
    assert film.shown <= 3


def test_the_fitted_scores_say_where_they_come_from() -> None:
    scores = fitted_scores()
    families = ("moving", "named", "left")
    assert set(scores) == {f"{one}/{by}" for one in families for by in ("pixels", "model")}
    for score in scores.values():
        told = score.fitted
        assert told["samples"] >= 200
        assert told["groups"] >= 10
        assert told["miss_bound"] <= 0.015
        assert told["confidence"] >= 0.9
        assert told["calibration_error"] < 0.09
        assert "benchmarks" in told["command"]
        assert score.band.low < score.band.high
    for what in ("pixels", "model"):
        of_it = [scores[f"{family}/{what}"].fitted for family in families]
        assert sum(told["missed"] for told in of_it) <= 0.015 * sum(told["true"] for told in of_it)


# Real footage


@pytest.fixture(scope="module")
def yolox(data: Callable[[str], Path]) -> ModelDetector:
    folder = data("models/detect/yolox_nano_416.onnx").parent
    card = next(card for card in known_cards() if card.name == "yolox-nano-416")
    return ModelDetector.of(card, folder)


@pytest.mark.data
@pytest.mark.parametrize("model", [False, True])
def test_real_people_are_not_rejected(
    data: Callable[[str], Path], yolox: ModelDetector, tmp_path: Path, model: bool
) -> None:
    video = data("videos/one-by-one-person-detection.mp4")
    truth = json.loads(data("EVENTS.json").read_text())["videos/one-by-one-person-detection.mp4"]
    rulings = []
    for number, (start_s, end_s) in enumerate(truth["present"]):
        footage = cut(video, start_s - 5, min(start_s + 8, end_s + 5), tmp_path / f"{number}")
        found = event(start_s=START_S + start_s, end_s=START_S + end_s)
        rulings.append(
            looked(case_of(footage, found), **({"detector": yolox} if model else {})).ruling
        )
    assert Ruling.REJECTED not in rulings
    if model:
        assert rulings.count(Ruling.CONFIRMED) >= 4


@pytest.mark.data
@pytest.mark.parametrize("model", [False, True])
def test_cars_that_a_model_takes_for_telephones_are_not_rejected(
    data: Callable[[str], Path], yolox: ModelDetector, tmp_path: Path, model: bool
) -> None:
    video = data("videos/car-detection.mp4")
    truth = json.loads(data("EVENTS.json").read_text())["videos/car-detection.mp4"]
    for track in truth["tracks"]:
        start_s, end_s = track["t"]
        footage = cut(video, max(0, start_s - 5), end_s + 1, tmp_path / f"{track['id']}")
        found = event(label="car", start_s=START_S + start_s, end_s=START_S + end_s)
        verdict = looked(case_of(footage, found), **({"detector": yolox} if model else {}))
        assert verdict.ruling is not Ruling.REJECTED, verdict.reason


@pytest.mark.data
@pytest.mark.parametrize("model", [False, True])
def test_a_real_bag_is_not_rejected_and_its_empty_place_not_confirmed(
    data: Callable[[str], Path], yolox: ModelDetector, tmp_path: Path, model: bool
) -> None:
    video = data("videos/aboda_video4.avi")
    truth = json.loads(data("EVENTS.json").read_text())["videos/aboda_video4.avi"]
    box = Box(*map(float, truth["bag_box_xyxy"]))
    settings = {"detector": yolox} if model else {}

    def bag(start_s: float, end_s: float) -> Verdict:
        footage = cut(video, start_s - 5, end_s, tmp_path / f"at{start_s}")
        found = event(
            rule="abandoned_object", label="object", box=box,
            path=((START_S + end_s - 1, box),), start_s=START_S + start_s,
            end_s=START_S + end_s - 1,
        )  # fmt: skip
        return looked(case_of(footage, found), **settings)

    assert bag(truth["bag_placed"], 25.0).ruling is not Ruling.REJECTED
    assert bag(5.5, 9.0).ruling is not Ruling.CONFIRMED
