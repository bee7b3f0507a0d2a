"""What is told to be rain, and what only flickers."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import Frame, Signals
from vigil.stages.sense.rain import EVERY_S, RainSense

WIDE, HIGH = 640, 360
EVERYWHERE = (0, 0, WIDE, HIGH)
RATE = 12.0


class Weather:
    """Draws short lines over the pictures of a place, new ones in each."""

    def __init__(
        self,
        scene,
        *,
        streaks: int = 0,
        level: float = 45.0,
        slant_deg: float = 8.0,
        disorder_deg: float = 3.0,
        within: tuple[int, int, int, int] = EVERYWHERE,
    ) -> None:
        self.scene, self.streaks, self.level, self.within = scene, streaks, level, within
        self.slant_deg, self.disorder_deg = slant_deg, disorder_deg
        self.random = np.random.default_rng(5)

    def frame(self, time_s: float, **given) -> Frame:
        frame = self.scene.frame(time_s, **given)
        layer = np.zeros((HIGH, WIDE), np.uint8)
        left, top, right, bottom = self.within
        for _ in range(self.streaks):
            slant = np.radians(self.random.normal(self.slant_deg, self.disorder_deg))
            length = self.random.uniform(10, 30)
            x, y = self.random.uniform(left, right), self.random.uniform(top, bottom)
            end = round(x + length * np.sin(slant)), round(y + length * np.cos(slant))
            cv2.line(layer, (round(x), round(y)), end, 255, 1, cv2.LINE_AA)
        drawn = frame.pixels.grey + layer / 255 * self.level
        frame.pixels.grey = np.clip(drawn, 0, 255).astype(np.uint8)
        return frame


def rains(frames: Iterable[Frame], sense: RainSense | None = None) -> list[bool]:
    """What is told after each picture."""
    sense = sense or RainSense()
    told = []
    for frame in frames:
        sense.see(frame, None)
        told.append(sense.tell(Signals()).rain)
    return told


def bursts(weather: Weather, number: int, *, from_s: float = 0.0, step_s: float = 1 / RATE):
    """The pictures that are looked at of so many ten seconds."""
    for burst in range(number):
        for picture in range(3):
            yield weather.frame(from_s + burst * (EVERY_S + 1) + picture * step_s)


def test_rain_is_told_at_the_third_burst_and_over_after_four_dry_ones(place) -> None:
    scene, sense = place(), RainSense()
    told = rains(bursts(Weather(scene, streaks=80), 4), sense)
    assert told == [False] * 8 + [True] * 4
    dry = rains(bursts(Weather(scene), 5, from_s=60.0), sense)
    assert not dry[-1]
    assert sum(dry) == pytest.approx(12, abs=4)


@pytest.mark.parametrize(
    "given",
    [
        {"level": -45.0},
        {"slant_deg": 90.0},
        {"disorder_deg": 90.0},
        {"within": (0, 0, 200, 150)},
        {"streaks": 4},
    ],
    ids=["dark", "lying", "any way", "in one place", "few"],
)
def test_what_is_not_dark_steep_alike_and_everywhere_is_no_rain(place, given) -> None:
    weather = Weather(place(), **{"streaks": 80, **given})
    assert not any(rains(bursts(weather, 4)))


def test_noise_and_light_that_flickers_are_no_rain(place) -> None:
    assert not any(rains(bursts(Weather(place(noise=12.0)), 4)))
    scene = place()
    lit = (
        scene.frame(burst * 11.0 + picture / RATE, light=1.2 if picture == 1 else 1.0)
        for burst in range(4)
        for picture in range(3)
    )
    assert not any(rains(lit))


def test_who_walks_through_the_rain_does_not_hide_it_and_makes_none(place) -> None:
    def walked(weather: Weather) -> Iterable[Frame]:
        for burst in range(4):
            for picture in range(3):
                x = 100.0 + 60 * burst + 8 * picture
                thing = (x, 100.0, 50.0, 150.0, 30.0)
                yield weather.frame(burst * 11.0 + picture / RATE, things=[thing])

    assert not any(rains(walked(Weather(place()))))
    assert rains(walked(Weather(place(), streaks=80)))[-1]


def test_pictures_too_far_apart_tell_nothing_and_cost_nothing(place) -> None:
    assert not any(rains(bursts(Weather(place(), streaks=80), 5, step_s=2.0)))
    made = 0

    class Counting:
        def luma(self, width: int, height: int):
            nonlocal made
            made += 1
            return np.zeros((height, width), np.uint8)

    first = place().frame(0.0)
    rains(replace(first, time_s=number / RATE, pixels=Counting()) for number in range(120))
    assert made == 3


def test_nothing_is_told_while_it_sleeps_and_rain_is_forgotten(place) -> None:
    scene, sense = place(), RainSense()
    assert rains(bursts(Weather(scene, streaks=80), 3), sense)[-1]
    assert not sense.tell(Signals()).rain  # a key frame that it was not shown
    weather = Weather(scene, streaks=80)
    assert rains([weather.frame(60.0)], sense) == [True]
    assert rains([weather.frame(3600.0)], sense) == [False]


def test_a_picture_of_a_few_pixels_tells_nothing(place) -> None:
    small = (replace(frame, width=1, height=1) for frame in bursts(Weather(place()), 1))
    assert not any(rains(small))


def test_what_lies_under_a_mask_does_not_count(place) -> None:
    everything = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)
    frames = bursts(Weather(place(), streaks=80), 4)
    assert not any(rains(frames, RainSense(masks=everything)))


@pytest.mark.parametrize("name", ["videos/aboda_video4.avi", "videos/vehicle_survaillance.mp4"])
def test_dry_streets_are_dry(footage: Callable, data: Callable[[str], Path], name: str) -> None:
    data(name)
    shown = (frame for second, frame in _first(footage(name, hz=30.0), 4.0))
    sense = RainSense()
    # Bursts as dense as they come: of each the sense is told ten seconds later.
    moved = (
        replace(frame, time_s=frame.time_s + number // 3 * EVERY_S)
        for number, frame in enumerate(shown)
    )
    assert not any(rains(moved, sense))


def _first(found: Iterable[tuple[float, Frame]], seconds: float) -> Iterable[tuple[float, Frame]]:
    for second, frame in found:
        if second > seconds:
            return
        yield second, frame
