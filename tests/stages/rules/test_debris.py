import pytest

from vigil.stages.rules.debris import Debris

from .films import NOON_S, Actor, blinks, events, film, raised_s, spans, stands, walks

LANE = ((0.1, 0.4), (0.9, 0.4), (1.0, 1.0), (0.0, 1.0))
SPOT = (0.5, 0.8)


def box(start_s: float = 10.0, end_s: float = 1e9, **fields: object) -> Actor:
    known = {"id": 100, "high": 0.05, "wide": 0.05, "blob": True}
    return Actor(**{**known, "where": stands(SPOT, start_s=start_s, end_s=end_s), **fields})


def car(*stops: tuple[float, tuple[float, float]], id: int = 1, **fields: object) -> Actor:
    known = {"id": id, "label": "car", "high": 0.15, "wide": 0.2, "where": walks(*stops)}
    return Actor(**{**known, **fields})


def rule(**settings: object) -> Debris:
    return Debris(**{"zone": LANE, **settings})


def test_what_lies_on_the_road_is_told_in_time():
    scenes = film(box(), until_s=60)
    assert raised_s(rule(), scenes) == pytest.approx([20.0], abs=0.2)
    (event,) = events(rule(), scenes)
    assert event.claim == "An object lies on the road in the marked zone."
    assert event.start_s == NOON_S + 10


def test_it_ends_when_it_has_gone():
    (start_s, end_s) = spans(rule(), film(box(end_s=40.0), until_s=60))[0]
    assert (start_s, end_s) == pytest.approx((10.0, 39.9))


def test_beside_the_road_it_may_lie():
    verge = box(where=stands((0.05, 0.5), start_s=10.0))
    assert events(rule(), film(verge, until_s=60)) == []


def test_a_vehicle_that_stops_is_no_debris():
    stops = car((5, (-0.1, 0.8)), (9, SPOT), (60, SPOT))
    shape = box(high=0.15, wide=0.2)
    assert events(rule(), film(stops, shape, until_s=60)) == []


def test_nor_is_one_that_the_detector_loses_at_rest():
    lost = car((5, (-0.1, 0.8)), (9, SPOT), (25, SPOT))
    shape = box(high=0.15, wide=0.2)
    assert events(rule(), film(lost, shape, until_s=60)) == []


def test_traffic_that_hides_it_neither_ends_nor_doubles_it():
    over = [(20 + n * 3, 22 + n * 3) for n in range(10)]
    hidden = box(where=blinks(stands(SPOT, start_s=10.0), out=over))
    passing = [
        car((a - 1, (-0.1, 0.85)), (b + 1, (1.1, 0.85)), id=10 + n) for n, (a, b) in enumerate(over)
    ]
    assert len(events(rule(), film(hidden, *passing, until_s=60))) == 1


def test_what_road_workers_see_to_is_not_told():
    worker = Actor(id=2, high=0.25, where=stands((0.56, 0.82)))
    assert events(rule(), film(box(), worker, until_s=60)) == []


def test_who_lost_it_is_told():
    lorry = car((5, (-0.1, 0.82)), (9.5, (0.48, 0.82)), (14, (1.1, 0.82)), id=7)
    (event,) = events(rule(), film(box(), lorry, until_s=60))
    assert event.by == 7


def test_a_track_of_its_own_labels_that_keeps_its_place_is_told():
    ball = box(label="sports ball", blob=False)
    (event,) = events(rule(), film(ball, until_s=60))
    assert event.label == "sports ball"


def test_what_blows_across_is_not():
    blown = box(label="sports ball", blob=False, where=walks((5, (0, 0.8)), (60, (1, 0.8))))
    assert events(rule(), film(blown, until_s=60)) == []


def test_what_is_as_large_as_a_lorry_is_none():
    assert events(rule(), film(box(high=0.4, wide=0.4), until_s=60)) == []


def test_where_something_was_taken_away_nothing_lies():
    assert events(rule(), film(box(removed=True), until_s=60)) == []
