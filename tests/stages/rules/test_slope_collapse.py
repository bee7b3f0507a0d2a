"""Ground that changed for good, on hand-made changes."""

from collections.abc import Callable, Sequence

from vigil.core import Box, Rung, Scene, Severity, Signals, SurfaceChange, Track
from vigil.stages.rules.slope_collapse import SlopeCollapse

from .films import NOON_S, events, play, raised_s, spans

BOX = Box(500, 300, 800, 500)


def change(
    since_s: float, *, id_: int = 1, box: Box = BOX, area: float = 0.05, strength: float = 0.9
) -> SurfaceChange:
    return SurfaceChange(id=id_, box=box, since_s=NOON_S + since_s, area=area, strength=strength)


def scenes(
    changes: Callable[[float], Sequence[SurfaceChange]],
    tracks: Callable[[float], Sequence[Track]] = lambda _t: (),
    until_s: int = 120,
) -> list[Scene]:
    return [
        Scene(
            source="gate", time_s=NOON_S + t, width=1280, height=720, tracks=tuple(tracks(t)),
            signals=Signals(surface=tuple(changes(t))), looked=True,
        )
        for t in range(until_s)
    ]  # fmt: skip


def slides(at_s: float = 20, until_s: float = 100, **what) -> Callable[[float], list]:
    return lambda t: [change(at_s, **what)] if at_s + 4 <= t < until_s else []


def thing(label: str, box: Box = BOX) -> Track:
    return Track(id=1, label=label, box=box, score=0.9, first_seen_s=NOON_S, last_seen_s=NOON_S)


def test_a_slide_is_one_event_from_when_it_came_to_rest():
    film = scenes(slides())
    assert raised_s(SlopeCollapse(), film) == [50.0]
    assert spans(SlopeCollapse(), film) == [(20.0, 99.0)]
    (event,) = events(SlopeCollapse(), film)
    assert event.box == BOX
    assert event.severity is Severity.HIGH
    assert event.claim.startswith("Earth, rock")


def test_what_is_small_faint_or_short_is_silent():
    assert events(SlopeCollapse(), scenes(slides(area=0.002))) == []
    assert events(SlopeCollapse(), scenes(slides(strength=0.3))) == []
    assert events(SlopeCollapse(), scenes(slides(until_s=45))) == []


def test_only_the_zone_counts():
    zone = ((0.0, 0.0), (0.3, 0.0), (0.3, 1.0), (0.0, 1.0))
    assert events(SlopeCollapse(zone=zone), scenes(slides())) == []
    inside = Box(50, 300, 250, 500)
    assert len(events(SlopeCollapse(zone=zone), scenes(slides(box=inside)))) == 1


def test_a_car_that_parks_explains_it_who_walks_by_does_not():
    parked = scenes(slides(), lambda t: [thing("car")] if t >= 18 else [])
    assert events(SlopeCollapse(), parked) == []
    walked = scenes(slides(), lambda t: [thing("person")] if t % 10 < 2 else [])
    assert len(events(SlopeCollapse(), walked)) == 1
    beside = scenes(slides(), lambda _t: [thing("car", Box(0, 300, 300, 500))])
    assert len(events(SlopeCollapse(), beside)) == 1
    unknown = scenes(slides(), lambda _t: [thing("object")])
    assert len(events(SlopeCollapse(), unknown)) == 1


def test_what_comes_down_together_is_one_event_what_comes_later_another():
    def two(apart_s: float) -> list[Scene]:
        other = Box(900, 300, 1100, 500)
        return scenes(
            lambda t: [*slides()(t), *slides(20 + apart_s, id_=2, box=other)(t)], until_s=110
        )

    assert len(events(SlopeCollapse(), two(4))) == 1
    assert len(events(SlopeCollapse(), two(30))) == 2


def test_a_glance_that_misses_it_does_not_end_it():
    film = scenes(lambda t: slides()(t) if t % 4 else [])
    assert len(events(SlopeCollapse(), film)) == 1


def test_it_reads_the_surface_and_rests_on_key_frames():
    rule = SlopeCollapse()
    assert rule.signals == {"surface"}
    assert rule.needs is Rung.KEYFRAME
    assert "car" in rule.wants
    assert play(rule, scenes(lambda _t: [])) == []
