"""Fire and smoke, on hand-made regions and detections."""

from collections.abc import Callable, Sequence

import pytest

from vigil.core import Box, Plume, Rung, Scene, Severity, Signals, StepKind, Track
from vigil.stages.rules.fire import Fire
from vigil.stages.rules.smoke import Smoke

from .films import NOON_S, events, play, raised_s, spans

SPOT = Box(600, 400, 660, 500)


def plume(kind: str = "fire", **more: object) -> Plume:
    known = {
        "id": 1, "kind": kind, "box": SPOT, "since_s": NOON_S, "area": 0.005, "growth": 1.5,
        "flicker": 0.5, "score": 0.8,
    }  # fmt: skip
    return Plume(**(known | more))  # type: ignore[arg-type]


def named(label: str, box: Box = SPOT, score: float = 0.8) -> Track:
    return Track(id=7, label=label, box=box, score=score, first_seen_s=NOON_S, last_seen_s=NOON_S)


def scenes(
    plumes: Callable[[float], Sequence[Plume]] = lambda _t: (),
    tracks: Callable[[float], Sequence[Track]] = lambda _t: (),
    *,
    hz: float = 5.0,
    until_s: float = 30.0,
) -> list[Scene]:
    told = []
    for number in range(round(until_s * hz)):
        t = number / hz
        told.append(
            Scene(
                source="gate", time_s=NOON_S + t, width=1280, height=720,
                tracks=tuple(one._replace(last_seen_s=NOON_S + t) for one in tracks(t)),
                signals=Signals(plumes=tuple(plumes(t))), looked=True,
            )
        )  # fmt: skip
    return told


def during(from_s: float, until_s: float, *things):
    return lambda t: things if from_s <= t < until_s else ()


def test_a_fire_is_told_soon_at_once_and_to_everybody():
    film = scenes(during(5, 12, plume()))
    assert raised_s(Fire(), film) == [pytest.approx(7.6, abs=0.25)]
    (event,) = events(Fire(), film)
    assert event.critical
    assert event.severity is Severity.HIGH
    assert (event.start_s, event.end_s) == (NOON_S + 5, pytest.approx(NOON_S + 11.8))
    assert event.claim == "Something burns with flames in the picture."
    assert event.claim_zh == "画面中有明火。"
    assert event.box == SPOT


def test_smoke_takes_a_little_longer_and_waits_for_its_judge():
    film = scenes(during(5, 20, plume("smoke", flicker=0.0)))
    assert raised_s(Smoke(), film) == [pytest.approx(9.0, abs=0.25)]
    (event,) = events(Smoke(), film)
    assert not event.critical
    assert event.claim == "Smoke rises in the picture."


def test_fire_is_no_smoke_and_smoke_no_fire():
    film = scenes(during(5, 20, plume()))
    assert events(Smoke(), film) == []
    assert events(Fire(), scenes(during(5, 20, plume("smoke")))) == []


@pytest.mark.parametrize(
    "weak",
    [{"score": 0.4}, {"flicker": 0.2}, {"box": Box(600, 495, 605, 500)}],
    ids=["unlike", "steady", "tiny"],
)
def test_what_is_little_like_a_fire_is_silent(weak):
    rule = Fire(min_size=0.02)
    assert events(rule, scenes(during(2, 25, plume(**weak)))) == []


def test_growth_and_area_may_be_asked_for():
    film = scenes(during(2, 25, plume()))
    assert events(Fire(growth=2.0), film) == []
    assert events(Fire(area=0.01), film) == []
    assert len(events(Fire(growth=1.2, area=0.004), film)) == 1


def test_bursts_with_long_gaps_are_no_fire_and_short_gaps_do_not_matter():
    welding = scenes(lambda t: (plume(),) if t % 4 < 1.6 else ())
    assert events(Fire(), welding) == []
    fitful = scenes(lambda t: (plume(),) if t % 2 < 1.4 else ())
    assert len(events(Fire(), fitful)) == 1
    glimpses = scenes(lambda t: (plume("smoke"),) if t % 1.5 < 0.2 else ())
    assert events(Smoke(), glimpses) == []


def test_what_wanders_off_is_no_fire():
    def walks(t: float) -> tuple[Plume, ...]:
        x = 100 + 60 * t
        return (plume(id=int(t * 2), box=Box(x, 400, x + 30, 460)),)

    assert events(Fire(), scenes(walks, until_s=18)) != []  # it overlaps itself from look to look

    def strides(t: float) -> tuple[Plume, ...]:
        x = 100 + 400 * int(t)
        return (plume(id=int(t), box=Box(x % 1100, 400, x % 1100 + 30, 460)),)

    assert events(Fire(), scenes(strides, until_s=18)) == []


def test_two_fires_apart_are_two_events_and_the_parts_of_one_are_one():
    far = Box(100, 600, 160, 700)
    apart = scenes(during(2, 20, plume(), plume(id=2, box=far)))
    assert len(events(Fire(), apart)) == 2
    beside = Box(670, 420, 700, 480)
    parts = scenes(during(2, 20, plume(), plume(id=2, box=beside)))
    (event,) = events(Fire(), parts)
    assert event.box == Box(600, 400, 700, 500)


def test_a_detector_that_knows_fire_is_believed():
    film = scenes(tracks=during(3, 15, named("flame")), hz=2.0)
    (event,) = events(Fire(), film)
    assert event.label == "flame"
    assert event.track_ids == (7,)
    assert events(Fire(), scenes(tracks=during(3, 15, named("person")))) == []
    assert events(Fire(), scenes(tracks=during(3, 15, named("fire", score=0.3)))) == []


def test_only_the_zone_counts():
    zone = ((0.0, 0.0), (0.3, 0.0), (0.3, 1.0), (0.0, 1.0))
    assert events(Fire(zone=zone), scenes(during(2, 20, plume()))) == []
    inside = Box(100, 400, 160, 500)
    assert len(events(Fire(zone=zone), scenes(during(2, 20, plume(box=inside))))) == 1


def test_a_fire_that_comes_back_soon_is_the_same():
    film = scenes(lambda t: (plume(),) if 2 <= t < 8 or 14 <= t < 20 else (), until_s=40)
    assert spans(Fire(), film) == [(2.0, pytest.approx(19.8))]
    assert len(events(Fire(close_s=3.0), film)) == 2


def test_it_needs_brightness_and_its_own_signal():
    for rule in (Fire(), Smoke()):
        assert rule.needs is Rung.LUMA
        assert rule.signals == {"plumes"}
        assert rule.wants == frozenset(rule.labels)


def test_who_is_believed_to_be_there_still_keeps_an_event_open():
    seen = scenes(tracks=during(0, 5, named("fire")), until_s=5)
    left = [
        Scene(
            source="gate", time_s=NOON_S + 5 + t, width=1280, height=720,
            tracks=(named("fire")._replace(last_seen_s=NOON_S + 4.8),), signals=Signals(),
        )
        for t in range(30)
    ]  # fmt: skip
    rule = Fire()
    steps = [step for scene in [*seen, *left] for step in rule.update(scene)]
    assert [step.kind for step in steps] == [StepKind.NEW]
    assert [step.kind for step in rule.close(NOON_S + 40)] == [StepKind.END]
    assert play(Fire(), seen)
