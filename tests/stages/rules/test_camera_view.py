"""Rules about what the camera shows, on hand-made views."""

from collections.abc import Callable

import pytest

from vigil.core import Box, Health, Rung, Scene, Severity, Signals, Track, View
from vigil.stages.rules.camera_blurred import CameraBlurred
from vigil.stages.rules.camera_clock import CameraClock
from vigil.stages.rules.camera_covered import CameraCovered
from vigil.stages.rules.camera_dark import CameraDark
from vigil.stages.rules.camera_moved import CameraMoved
from vigil.stages.rules.camera_view import ViewRule

from .films import NOON_S, events, play, raised_s, spans, ticks

WELL = View(contrast=45)
HIDDEN = View(contrast=9, lost=0.9, flat=0.95, likeness=0.02)
BLURRED = View(contrast=40, sharpness=0.2, likeness=0.7)
RULES = [CameraDark, CameraCovered, CameraBlurred, CameraMoved]


def elsewhere(new_s: float) -> View:
    return View(contrast=45, likeness=0.0, lost=0.4, strange=0.6, new_s=new_s)


def views(
    view_at: Callable[[float], View | None],
    *,
    until_s: float = 120.0,
    brightness: Callable[[float], float] = lambda _t: 110.0,
    tracks: Callable[[float], tuple[Track, ...]] = lambda _t: (),
    hz: float = 1.0,
) -> list[Scene]:
    scenes = []
    for number in range(int(until_s * hz)):
        t = number / hz
        signals = Signals(view=view_at(t), brightness=brightness(t))
        scenes.append(
            Scene(
                source="gate", time_s=NOON_S + t, width=1280, height=720, tracks=tracks(t),
                signals=signals, health=Health(),
            )
        )  # fmt: skip
    return scenes


def during(view: View, a: float, b: float) -> Callable[[float], View]:
    return lambda t: view if a <= t < b else WELL


def moved(a: float, b: float) -> Callable[[float], View]:
    return lambda t: elsewhere(t - a) if a <= t < b else WELL


@pytest.mark.parametrize("kind", RULES)
def test_rules_about_the_view_name_it_rest_on_key_frames_and_want_no_detector(kind):
    rule = kind()
    assert isinstance(rule, ViewRule)
    assert rule.signals == {"view"}
    assert rule.needs is Rung.KEYFRAME
    assert not rule.wants & {"person", "object", "car"}


@pytest.mark.parametrize("kind", RULES)
def test_without_a_view_nothing_is_told(kind):
    assert play(kind(), views(lambda _t: None)) == []
    assert play(kind(), ticks((t, Health(offline_s=t)) for t in range(60))) == []
    assert play(kind(), views(lambda _t: WELL)) == []


def test_a_cover_is_one_event_from_when_the_view_was_lost():
    scenes = views(during(HIDDEN, 30, 60))
    assert spans(CameraCovered(), scenes) == [(30.0, 60.0)]
    assert raised_s(CameraCovered(), scenes) == [35.0]
    (event,) = events(CameraCovered(), scenes)
    assert event.claim == "Something covers the camera."
    assert event.severity is Severity.HIGH
    assert event.box is None


def test_a_hand_that_is_gone_in_time_is_silent():
    assert events(CameraCovered(), views(during(HIDDEN, 30, 34))) == []


def test_what_is_lost_little_by_little_is_dusk_or_fog():
    def dusk(t: float) -> View:
        return View(contrast=30, lost=min(1.0, max(0.0, (t - 20) / 60)), flat=0.9)

    assert events(CameraCovered(), views(dusk)) == []


def test_a_dark_cover_is_left_to_another_rule_where_nights_are_dark():
    scenes = views(during(HIDDEN, 30, 60), brightness=lambda t: 4.0 if 30 <= t < 60 else 110.0)
    assert len(events(CameraCovered(), scenes)) == 1
    assert events(CameraCovered(dark=False), scenes) == []


def test_a_lorry_before_the_camera_covers_nothing_for_a_minute():
    def lorry(t: float) -> tuple[Track, ...]:
        box = Box(-50, 0, 1000, 720)
        track = Track(
            id=1, label="truck", box=box, score=0.9, first_seen_s=NOON_S, last_seen_s=NOON_S + t
        )
        return (track,) if 29 <= t < 70 else ()

    assert events(CameraCovered(), views(during(HIDDEN, 30, 70), tracks=lorry)) == []
    assert events(CameraMoved(), views(moved(30, 70), tracks=lorry)) == []

    def lasting(t: float) -> tuple[Track, ...]:
        return lorry(min(t, 40.0)) if t >= 29 else ()

    assert raised_s(CameraCovered(), views(during(HIDDEN, 30, 120), tracks=lasting)) == [95.0]


def test_a_camera_that_was_turned_is_told_after_longer_than_s_until_the_view_is_usual():
    scenes = views(moved(20, 80))
    assert raised_s(CameraMoved(), scenes) == [35.0]
    assert spans(CameraMoved(), scenes) == [(20.0, 80.0)]


def test_a_camera_that_shows_no_one_view_for_long_shakes_or_goes_round():
    scenes = views(lambda t: elsewhere((t - 20) % 6) if 20 <= t < 100 else WELL)
    assert events(CameraMoved(), scenes) == []


def test_a_nudge_counts_from_shift_on():
    def nudged(right: float) -> Callable[[float], View]:
        return lambda t: (
            View(contrast=45, likeness=0.4, shift=(right, 0.0), strange=0.3, new_s=t - 20)
            if t >= 20
            else WELL
        )

    assert events(CameraMoved(), views(nudged(0.02))) == []
    assert len(events(CameraMoved(), views(nudged(-0.05)))) == 1


def test_neither_a_cover_nor_a_blur_is_a_move():
    assert events(CameraMoved(), views(during(HIDDEN, 20, 100))) == []
    blurred = View(contrast=40, sharpness=0.05, likeness=0.1, lost=0.5, strange=0.2, new_s=60)
    assert events(CameraMoved(), views(during(blurred, 20, 100))) == []


def test_a_blur_is_told_when_it_lasts():
    assert spans(CameraBlurred(), views(during(BLURRED, 20, 70))) == [(20.0, 70.0)]
    assert events(CameraBlurred(), views(during(BLURRED, 20, 45))) == []
    assert events(CameraBlurred(), views(moved(20, 100))) == []
    assert events(CameraBlurred(), views(during(HIDDEN, 20, 100))) == []


def test_darkness_is_even_and_dark():
    def dark(t: float) -> float:
        return 5.0 if 20 <= t < 60 else 110.0

    even, lamp = View(contrast=2), View(contrast=25)
    assert spans(CameraDark(), views(during(even, 20, 60), brightness=dark)) == [(20.0, 60.0)]
    assert events(CameraDark(), views(during(lamp, 20, 60), brightness=dark)) == []
    assert events(CameraDark(), views(during(even, 20, 60))) == []


def test_a_fault_stays_open_while_the_camera_is_offline():
    scenes = views(during(HIDDEN, 10, 60), until_s=30)
    scenes += ticks((t, Health(offline_s=t - 30)) for t in range(32, 50))
    scenes += [s for s in views(during(HIDDEN, 10, 60)) if s.time_s >= NOON_S + 50]
    assert spans(CameraCovered(), scenes) == [(10.0, 60.0)]


def clocks(off_s: Callable[[float], float | None], until_s: float = 300.0) -> list[Scene]:
    return ticks((t, Health(clock_off_s=off_s(t))) for t in range(int(until_s)))


def test_a_clock_that_is_off_for_long_is_told_with_the_limit():
    scenes = clocks(lambda t: 35.0 if 50 <= t < 200 else 0.2)
    assert spans(CameraClock(), scenes) == [(50.0, 200.0)]
    assert raised_s(CameraClock(), scenes) == [110.0]
    (event,) = events(CameraClock(off_by_s=30), scenes)
    assert event.claim == "The camera's clock is wrong by more than 30 seconds."
    assert event.claim_zh == "摄像头时钟偏差超过30秒。"


def test_a_clock_that_drifts_is_told_when_it_is_off_by_enough():
    drifting = clocks(lambda t: -0.1 * t)
    assert raised_s(CameraClock(), drifting) == [160.0]


def test_a_clock_behind_is_as_wrong_as_one_ahead_and_silence_says_nothing():
    assert len(events(CameraClock(), clocks(lambda _t: -3600.0))) == 1
    assert events(CameraClock(), clocks(lambda _t: None)) == []
    assert events(CameraClock(), clocks(lambda t: 60.0 if t % 40 < 20 else 0.1)) == []
    assert CameraClock().needs is Rung.PACKETS
