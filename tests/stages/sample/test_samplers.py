"""Which looks each sampler wants, and how much they are worth to it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from vigil.core import (
    Box,
    Detections,
    Event,
    Frame,
    Image,
    Limits,
    Look,
    Luma,
    Rung,
    Scene,
    Severity,
    Signals,
    Step,
    StepKind,
    View,
    part,
)
from vigil.stages.sample.begun import EventBegun
from vigil.stages.sample.close_to_threshold import CloseToThreshold
from vigil.stages.sample.condition import condition_of
from vigil.stages.sample.floor import RandomFloor
from vigil.stages.sample.novelty import Novelty
from vigil.stages.sample.rare_condition import RareCondition

DAY = Signals(brightness=120.0)
NIGHT = Signals(brightness=20.0)


class Grey:
    """A picture that is darker to the left, so that crops of it differ."""

    def luma(self, width: int, height: int) -> Luma:
        return np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        box = region or Box(0, 0, 640, 360)
        level = np.linspace(box.x1, box.x2, width) / 640 * 255
        return np.tile(level[None, :, None], (height, 1, 3)).astype(np.uint8)


def a_look(time_s: float = 0.0, labels: Sequence[str] = ()) -> Look:
    frame = Frame(source="gate", index=0, time_s=time_s, width=640, height=360, pixels=Grey())
    return Look.whole(frame, Rung.DETECT, frozenset(labels))


def seen(*found: tuple[str, float, float], card: str = "nano@1") -> Detections:
    """Things of a label and score, with their left edge."""
    return Detections(
        boxes=np.array([[x, 100, x + 50, 200] for _, _, x in found], np.float32).reshape(-1, 4),
        scores=np.array([score for _, score, _ in found], np.float32),
        labels=tuple(label for label, _, _ in found),
        card=card,
    )


def scene(time_s: float = 0.0, signals: Signals | None = None) -> Scene:
    return Scene(source="gate", time_s=time_s, width=640, height=360, signals=signals)


def test_the_nearer_to_the_threshold_the_more_it_is_worth() -> None:
    def worth(score: float) -> float | None:
        sampler = CloseToThreshold(threshold=0.5, epsilon=0.2)
        return sampler.offer(a_look(), seen(("person", score, 0)), scene(), [])

    assert worth(0.5) == pytest.approx(1.0)
    assert worth(0.4) == pytest.approx(0.5)
    assert worth(0.6) == pytest.approx(0.5)
    assert worth(0.71) is None
    assert worth(0.29) is None


def test_of_several_the_nearest_counts_and_only_wanted_ones() -> None:
    found = seen(("car", 0.5, 0), ("person", 0.45, 200), ("person", 0.9, 400))
    sampler = CloseToThreshold(threshold=0.5, epsilon=0.2)
    assert sampler.offer(a_look(labels=["person"]), found, scene(), []) == pytest.approx(0.75)
    named = CloseToThreshold(threshold=0.5, epsilon=0.2, selected_class_names=("car",))
    assert named.offer(a_look(labels=["person"]), found, scene(), []) == pytest.approx(1.0)


def test_the_same_thing_in_the_same_place_is_not_wanted_again_soon() -> None:
    sampler = CloseToThreshold(threshold=0.5, epsilon=0.2)
    parked, walks = seen(("car", 0.5, 100)), seen(("car", 0.5, 300))
    assert sampler.offer(a_look(), parked, scene(0.0), []) is not None
    assert sampler.offer(a_look(), parked, scene(60.0), []) is None
    assert sampler.offer(a_look(), walks, scene(61.0), []) is not None
    assert sampler.offer(a_look(), seen(("bus", 0.5, 100)), scene(62.0), []) is not None
    assert sampler.offer(a_look(), parked, scene(3600.0), []) is not None


def test_what_no_model_saw_is_near_to_nothing() -> None:
    sampler = CloseToThreshold()
    assert sampler.offer(a_look(), seen(("object", 0.4, 0), card=""), scene(), []) is None
    assert sampler.offer(a_look(), Detections.none("nano@1"), scene(), []) is None


def test_a_probability_is_the_share_that_is_wanted() -> None:
    never = CloseToThreshold(probability=0.0)
    assert never.offer(a_look(), seen(("person", 0.4, 0)), scene(), []) is None
    floor = RandomFloor(probability=0.2)
    offers = [floor.offer(a_look(), Detections.none(), scene(), []) for _ in range(2000)]
    share = sum(offer is not None for offer in offers) / 2000
    assert 0.15 < share < 0.25  # six deviations


def test_an_event_is_wanted_where_it_begins() -> None:
    event = Event(
        id="e",
        source="gate",
        rule="yard",
        claim="A person is in the yard.",
        label="person",
        start_s=0.0,
        end_s=0.0,
        severity=Severity.LOW,
    )
    sampler = EventBegun()
    steps = {kind: [Step(kind=kind, event=event, time_s=0.0)] for kind in StepKind}
    for kind, told in steps.items():
        offer = sampler.offer(a_look(), Detections.none(), scene(), told)
        assert (offer is not None) == (kind is StepKind.NEW)
    assert sampler.offer(a_look(), Detections.none(), scene(), []) is None


@pytest.mark.parametrize(
    ("signals", "word"),
    [
        (DAY, "usual"),
        (NIGHT, "dark"),
        (Signals(brightness=120, motion=0.6), "restless"),
        (Signals(brightness=120, motion=0.6, rain=True), "rain"),
        (replace(NIGHT, rain=True), "rain"),
        (Signals(brightness=120, view=View(contrast=40, sharpness=0.2)), "blurred"),
        (Signals(brightness=120, view=View(contrast=8, sharpness=0.9)), "hazy"),
        (Signals(brightness=120, view=View(contrast=40, sharpness=0.9)), "usual"),
    ],
)
def test_a_condition_is_one_word(signals: Signals, word: str) -> None:
    assert condition_of(signals) == word


def test_a_condition_is_wanted_while_it_is_rare_and_no_more_when_it_has_lasted() -> None:
    sampler = RareCondition(share=0.1)
    offers = [
        sampler.offer(a_look(), Detections.none(), scene(time_s, NIGHT), [])
        for time_s in range(0, 600, 10)
    ]
    assert offers[0] == pytest.approx(1.0)
    wanted = [offer for offer in offers if offer is not None]
    assert wanted == sorted(wanted, reverse=True)
    assert 4 < len(wanted) < 12  # until a tenth of the time was dark


def test_what_was_long_ago_counts_less() -> None:
    sampler = RareCondition(share=0.1, half_life_s=3600.0)
    for time_s in range(0, 7200, 30):
        sampler.offer(a_look(), Detections.none(), scene(time_s, NIGHT), [])
    for time_s in range(7200, 7200 + 8 * 3600, 30):
        assert sampler.offer(a_look(), Detections.none(), scene(time_s, DAY), []) is None
    assert sampler.offer(a_look(), Detections.none(), scene(36_000.0, NIGHT), []) is not None


def test_a_condition_that_nobody_measured_is_none_and_the_last_one_holds() -> None:
    sampler = RareCondition()
    assert sampler.offer(a_look(), Detections.none(), scene(0.0), []) is None
    assert sampler.offer(a_look(), Detections.none(), scene(1.0, NIGHT), []) is not None
    assert sampler.offer(a_look(), Detections.none(), scene(2.0), []) is not None


@part
class ByBrightness:
    """A crop as a point on a circle, by how bright it is."""

    def embed(self, images: Sequence[Image]) -> np.ndarray:
        angles = np.array([image.mean() / 255 * np.pi for image in images])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_thing_is_new_when_it_is_unlike_all_that_was_kept() -> None:
    sampler = Novelty(embedder=ByBrightness(), distance=0.3, every_s=10.0)

    def offer(x: float, time_s: float) -> float | None:
        return sampler.offer(a_look(time_s), seen(("person", 0.9, x)), scene(time_s), [])

    assert offer(10, 0.0) == 1.0
    assert offer(550, 5.0) is None  # not due
    assert offer(20, 10.0) is None
    assert offer(550, 20.0) is not None
    assert offer(540, 30.0) is None


def test_things_too_small_or_unwanted_are_not_compared() -> None:
    sampler = Novelty(embedder=ByBrightness())
    small = Detections(
        boxes=np.array([[0, 0, 8, 8]], np.float32),
        scores=np.array([0.9], np.float32),
        labels=("person",),
    )
    assert sampler.offer(a_look(), small, scene(), []) is None
    assert sampler.offer(a_look(labels=["car"]), seen(("person", 0.9, 0)), scene(), []) is None


@pytest.mark.parametrize("name", ["minutely", "hourly", "daily"])
def test_a_limit_below_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is -1; allowed: 0 or more"):
        Limits(**{name: -1})
