import pytest

from vigil.core import Health, Rung, Scene, Severity
from vigil.stages.rules.camera_frozen import CameraFrozen
from vigil.stages.rules.camera_offline import CameraOffline

from .films import NOON_S, events, play, raised_s, spans, ticks


def outages(*gaps: tuple[float, float], until_s: float = 120.0) -> list[Scene]:
    """Ticks of a second; no packets during the gaps."""

    def offline_s(t: float) -> float:
        return next((t - a for a, b in gaps if a <= t < b), 0.04)

    return ticks((t, Health(offline_s=offline_s(t))) for t in range(int(until_s)))


def frozen(*spells: tuple[float, float], until_s: float = 120.0) -> list[Scene]:
    def frozen_s(t: float) -> float:
        return next((t - a for a, b in spells if a <= t < b), 0.0)

    return ticks((t, Health(frozen_s=frozen_s(t))) for t in range(int(until_s)))


def test_an_outage_is_one_event_from_the_last_packet_to_the_next():
    (event,) = events(CameraOffline(), outages((10, 40)))
    assert (event.start_s, event.end_s) == (NOON_S + 10, NOON_S + 40)
    assert event.box is None
    assert event.severity is Severity.HIGH
    assert event.claim == "The camera sends no video."


def test_an_outage_is_told_after_longer_than_s():
    assert raised_s(CameraOffline(longer_than_s=8.0), outages((10, 40))) == [18.0]


def test_short_gaps_are_silent():
    assert events(CameraOffline(), outages((10, 14), (20, 24), (30, 34))) == []


def test_a_camera_that_flaps_is_one_event():
    assert len(events(CameraOffline(), outages((10, 20), (21, 30), (31, 40)))) == 1


def test_two_outages_are_two_events():
    assert spans(CameraOffline(), outages((10, 20), (50, 60))) == [(10.0, 20.0), (50.0, 60.0)]


def test_a_camera_that_never_comes_back_is_ended_by_the_close():
    steps = play(CameraOffline(), outages((10, 1000)))
    assert str(steps[-1].kind) == "end"
    assert steps[-1].event.end_s == NOON_S + 119


def test_a_long_outage_does_not_flood():
    steps = play(CameraOffline(update_s=60.0), outages((10, 1000), until_s=600))
    assert len(steps) == 1 + 9 + 1


def test_a_frozen_picture_is_one_event():
    assert spans(CameraFrozen(), frozen((10, 40))) == [(10.0, 40.0)]
    assert raised_s(CameraFrozen(), frozen((10, 40))) == [20.0]


def test_two_equal_pictures_are_not_frozen():
    assert events(CameraFrozen(), frozen((10, 19), (30, 39))) == []


def test_frozen_then_offline_stays_open_until_it_is_known_to_be_well():
    scenes = ticks(
        [(t, Health(frozen_s=t)) for t in range(0, 20)]
        + [(t, Health(offline_s=t - 19, frozen_s=0.0)) for t in range(20, 40)]
        + [(t, Health()) for t in range(40, 60)]
    )
    assert spans(CameraFrozen(), scenes) == [(0.0, 40.0)]


@pytest.mark.parametrize("rule", [CameraOffline(), CameraFrozen()])
def test_camera_rules_need_no_picture_and_no_detector(rule):
    assert rule.needs is Rung.PACKETS
    assert not rule.wants & {"person", "object", "car"}
    blind = [Scene(source="gate", time_s=NOON_S + t, width=1, height=1) for t in range(60)]
    assert play(rule, blind) == []
