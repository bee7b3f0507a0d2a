"""What opens the luma gate, and what must not keep it open."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box, Frame, as_array
from vigil.media.pixels import ArrayPixels
from vigil.stages.gate.luma import LumaGate
from vigil.stages.gate.regions import merged

PARKED = (300, 150, 60, 40, 30)


def seconds_open(gate, scene, *, from_s, until_s, step_s=0.2, **drawn) -> list[float]:
    """Look again and again; the moments at which the gate was open. `drawn` may be functions."""
    moments = []
    for moment in np.arange(from_s, until_s, step_s):
        what = {name: value(moment) if callable(value) else value for name, value in drawn.items()}
        gate.see(scene.frame(moment, **what))
        if gate.open:
            moments.append(float(moment))
    return moments


@pytest.mark.parametrize("noise", [1, 10])
def test_an_empty_scene_never_opens_it_however_noisy(place, noise) -> None:
    assert seconds_open(LumaGate(), place(noise=noise), from_s=0, until_s=30) == []


@pytest.mark.parametrize("step_s", [0.2, 2.0, 5.0])
@pytest.mark.parametrize("high", [16, 32])
def test_a_slow_small_person_keeps_it_open_at_every_rate(place, step_s, high) -> None:
    """A quarter of the height a second; 16 of 360 pixels is the hard case."""
    gate, scene = LumaGate(), place(noise=6)
    seconds_open(gate, scene, from_s=0, until_s=20, step_s=step_s)

    def walker(moment: float) -> list[tuple[float, float, float, float, float]]:
        return [(100 + high / 4 * (moment - 20), 200 - high, high * 0.35, high, 40)]

    until_s = 40 if high > 16 else 32  # then so small a thing that nobody holds is usual
    looks = np.arange(20, until_s, step_s)
    moments = seconds_open(gate, scene, from_s=20, until_s=until_s, step_s=step_s, things=walker)
    assert moments[0] == looks[0]
    assert len(moments) == len(looks)


def leaves(moment: float) -> list[tuple[float, float, float, float, float]]:
    random = np.random.default_rng(1)
    return [
        (x + 6 * np.sin(a * moment + b), y + 4 * np.sin(c * moment + b), 12, 10, level)
        for x, y, a, b, c, level in zip(
            random.uniform(50, 250, 60),
            random.uniform(30, 150, 60),
            random.uniform(0.5, 2.5, 60),
            random.uniform(0, 6, 60),
            random.uniform(0.5, 2.5, 60),
            random.uniform(60, 200, 60),
            strict=True,
        )
    ]


def rain(moment: float) -> list[tuple[float, float, float, float, float]]:
    random = np.random.default_rng(int(moment * 10))
    return [
        (x, y, 2, 18, 190)
        for x, y in zip(random.uniform(0, 620, 40), random.uniform(0, 330, 40), strict=True)
    ]


def tremor(moment: float) -> tuple[float, float]:
    return 2 * np.sin(7 * moment), 1.5 * np.sin(5 * moment)


def lamp() -> np.ndarray:
    """A light that brightens one corner to more than twice."""
    across, down = np.meshgrid(np.arange(640) - 200, np.arange(360) - 100)
    return 1 + 1.2 * np.exp(-(across**2 + down**2) / (2 * 150**2)).astype(np.float32)


@pytest.mark.parametrize(
    ("drawn", "within_s"),
    [
        ({"light": 1.6}, 0),
        ({"light": 0.5}, 0),
        ({"light": lamp()}, 5),
        ({"shift": (23.0, 9.0)}, 20),
        ({"things": leaves}, 35),
        ({"things": rain}, 45),
        ({"things": [PARKED]}, 25),
    ],
    ids=["light on", "light off", "lamp", "camera turned", "leaves", "rain", "parked"],
)
def test_it_closes_within_a_bounded_time(place, drawn, within_s) -> None:
    gate, scene = LumaGate(), place(noise=4)
    seconds_open(gate, scene, from_s=0, until_s=10)
    moments = seconds_open(gate, scene, from_s=10, until_s=18 + within_s, **drawn)
    assert all(moment - 10 <= within_s for moment in moments)


def test_a_trembling_camera_does_not_keep_it_open(place) -> None:
    gate, scene = LumaGate(), place(noise=4)
    seconds_open(gate, scene, from_s=0, until_s=30, shift=tremor)
    assert len(seconds_open(gate, scene, from_s=30, until_s=50, shift=tremor)) < 50


def test_a_person_in_the_rain_is_still_news(place) -> None:
    gate, scene = LumaGate(), place(noise=4)
    seconds_open(gate, scene, from_s=0, until_s=60, things=rain)
    assert not gate.open
    person = (300, 150, 22, 64, 30)
    gate.see(scene.frame(60, [*rain(60), person]))
    assert gate.open


@pytest.mark.parametrize("level", [30, 220])
def test_who_passes_now_and_then_on_the_same_path_stays_news(place, level) -> None:
    """Neither is their size usual, nor their path noisy, after ten of them."""
    gate, scene = LumaGate(), place(noise=4)
    seconds_open(gate, scene, from_s=0, until_s=20, step_s=2.0)

    for start_s in range(20, 320, 30):

        def walker(moment: float, start_s: float = start_s) -> list[tuple[float, ...]]:
            return [(300 + 20 * (moment - start_s), 150, 12, 34, level)]

        looks = np.arange(start_s, start_s + 4, 0.2)
        moments = seconds_open(gate, scene, from_s=start_s, until_s=start_s + 4, things=walker)
        assert len(moments) == len(looks)
        seconds_open(gate, scene, from_s=start_s + 4, until_s=start_s + 30, step_s=2.0)


def test_a_held_thing_is_not_absorbed_and_leaves_no_hole(place) -> None:
    scene = place()
    held, free = LumaGate(), LumaGate()
    for gate in (held, free):
        seconds_open(gate, scene, from_s=0, until_s=5)
        seconds_open(gate, scene, from_s=5, until_s=5.5, things=[PARKED])
    held.hold(as_array([Box(300, 150, 360, 190)]))
    for gate in (held, free):
        seconds_open(gate, scene, from_s=5.6, until_s=60, things=[PARKED])
        assert not gate.open
        gate.see(scene.frame(60))
    assert not held.open
    assert free.open


def test_a_held_thing_that_stirs_opens_it(place) -> None:
    gate, scene = LumaGate(), place()
    seconds_open(gate, scene, from_s=0, until_s=5)
    gate.hold(as_array([Box(290, 140, 370, 200)]))
    seconds_open(gate, scene, from_s=5, until_s=15, things=[PARKED])
    assert not gate.open
    gate.see(scene.frame(15, [(304, 154, 60, 40, 30)]))
    assert gate.open


def test_it_stays_open_for_a_moment_after_the_last_motion(place) -> None:
    gate, scene = LumaGate(hold_s=2), place()
    seconds_open(gate, scene, from_s=0, until_s=5)
    gate.see(scene.frame(5, [PARKED]))
    moments = seconds_open(gate, scene, from_s=5.2, until_s=10)
    assert moments
    assert 6.5 < moments[-1] <= 7.01


def test_nothing_is_news_inside_a_mask(place) -> None:
    gate, scene = LumaGate(masks=(((0.4, 0.3), (0.7, 0.3), (0.7, 0.7), (0.4, 0.7)),)), place()
    seconds_open(gate, scene, from_s=0, until_s=5)
    assert seconds_open(gate, scene, from_s=5, until_s=7, things=[PARKED]) == []
    assert seconds_open(gate, scene, from_s=7, until_s=8, things=[(20, 20, 60, 40, 30)])


def test_regions_cover_what_moves_in_source_pixels(place) -> None:
    gate, scene = LumaGate(), place()
    seconds_open(gate, scene, from_s=0, until_s=5)
    assert gate.regions().shape == (0, 4)
    gate.see(scene.frame(5, [PARKED, (500, 40, 30, 60, 220)]))
    first, second = sorted(gate.regions().tolist())
    assert first[0] <= 302
    assert first[2] >= 358
    assert first[2] - first[0] < 120
    assert second[1] <= 42
    assert second[3] >= 98


def test_a_frozen_picture_is_told_from_a_still_scene(place) -> None:
    gate, scene = LumaGate(), place()
    frame = scene.frame(0)
    gate.see(frame)
    assert not gate.identical_to_last
    gate.see(frame)
    assert gate.identical_to_last
    gate.see(scene.frame(1))
    assert not gate.identical_to_last


def test_a_picture_coded_anew_is_the_same_and_one_with_a_small_thing_more_is_not() -> None:
    random = np.random.default_rng(3)
    levels = random.integers(60, 200, (180, 320), np.uint8)
    anew, more = levels.copy(), levels.copy()
    anew[random.random(levels.shape) < 0.01] += 2
    more[90:98, 100:104] += 40

    def shown(picture) -> Frame:
        pixels = ArrayPixels(np.repeat(picture[..., None], 3, axis=2))
        return Frame(source="gate", index=0, time_s=0.0, width=320, height=180, pixels=pixels)

    gate = LumaGate()
    gate.see(shown(levels))
    gate.see(shown(anew))
    assert gate.identical_to_last
    gate.see(shown(levels))
    gate.see(shown(more))
    assert not gate.identical_to_last


corner = st.floats(0, 600)
boxes = st.lists(
    st.builds(
        lambda x, y, w, h: Box(x, y, x + w, y + h),
        corner,
        corner,
        st.floats(1, 40),
        st.floats(1, 40),
    ),
    max_size=12,
)


@given(boxes=boxes)
def test_merged_regions_are_few_apart_and_cover_every_box(boxes: list[Box]) -> None:
    regions = merged(boxes, margin=5, most=4, width=640, height=640)
    assert len(regions) <= 4
    for box in boxes:
        held = (regions[:, :2] <= np.array(box[:2]) + 1e-3).all(axis=1)
        held &= (regions[:, 2:] >= np.minimum(np.array(box[2:]), 640) - 1e-3).all(axis=1)
        assert held.any()


@pytest.mark.data
def test_each_of_six_people_opens_it_within_a_second(
    footage: Callable[..., Iterator[tuple[float, Frame]]], data: Callable[[str], Path]
) -> None:
    name = "videos/one-by-one-person-detection.mp4"
    present = json.loads(data("EVENTS.json").read_text())[name]["present"]
    gate = LumaGate()
    moments = []
    for second, frame in footage(name, hz=5):
        gate.see(frame)
        if gate.open:
            moments.append(second)
    for start_s, _ in present:
        assert any(start_s - 0.3 <= moment <= start_s + 1 for moment in moments)
    assert min(moments) > present[0][0] - 0.6
