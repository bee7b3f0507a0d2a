import pytest

from vigil.stages.rules.removed_object import RemovedObject

from .films import NOON_S, Actor, blinks, events, film, play, raised_s, spans, stands, walks

SPOT = (0.5, 0.8)


def hole(start_s: float = 20.0, end_s: float = 1e9, **fields: object) -> Actor:
    """Where something stood, as the background shows it."""
    known = {"id": 100, "high": 0.08, "wide": 0.05, "blob": True, "removed": True}
    return Actor(**{**known, "where": stands(SPOT, start_s=start_s, end_s=end_s), **fields})


def taker(id: int = 1, **fields: object) -> Actor:
    path = walks((12, (0.95, 0.82)), (17, (0.53, 0.82)), (20.5, (0.53, 0.82)), (25, (0.99, 0.82)))
    return Actor(**{"id": id, "high": 0.3, "where": path, **fields})


def vase(where=None, **fields: object) -> Actor:
    known = {"id": 50, "label": "suitcase", "high": 0.08, "wide": 0.05}
    return Actor(**{**known, "where": where or stands(SPOT, end_s=20.0), **fields})


def test_a_hole_is_told_with_who_took_what_stood_there():
    (event,) = events(RemovedObject(), film(hole(), taker(), until_s=40))
    assert event.claim == "An object that stood in the picture was taken away."
    assert (event.by, event.track_ids) == (1, (1,))
    assert event.start_s == NOON_S + 20


def test_it_is_told_once_the_thing_has_been_gone_for_long_enough():
    (moment_s,) = raised_s(RemovedObject(longer_than_s=6.0), film(hole(), until_s=60))
    assert moment_s == pytest.approx(26.0, abs=0.2)


def test_a_hole_that_closes_at_once_is_nothing():
    assert events(RemovedObject(), film(hole(20.0, 23.0), until_s=60)) == []


def test_something_new_is_nothing_removed():
    assert events(RemovedObject(), film(hole(removed=False), until_s=60)) == []


def test_who_stood_still_and_left_took_nothing_away():
    sitter = Actor(
        id=3, high=0.3, wide=0.08,
        where=walks((0, SPOT), (18, SPOT), (24, (0.1, 0.8))),
    )  # fmt: skip
    shape = hole(high=0.3, wide=0.08)
    assert events(RemovedObject(), film(shape, sitter, until_s=60)) == []


def test_what_a_standing_person_took_is_smaller_than_the_person():
    thief = Actor(
        id=3, high=0.4, wide=0.1,
        where=walks((0, (0.52, 0.9)), (18, (0.52, 0.9)), (24, (0.1, 0.9))),
    )  # fmt: skip
    assert len(events(RemovedObject(), film(hole(), thief, until_s=60))) == 1


def test_a_thing_hidden_by_somebody_is_not_gone():
    screen = Actor(id=2, high=0.3, wide=0.1, where=stands(SPOT, start_s=18.0, end_s=40.0))
    hidden = vase(blinks(stands(SPOT), out=[(18.0, 40.0)]))
    assert events(RemovedObject(), film(hidden, screen, until_s=60)) == []


def test_a_track_that_kept_its_place_and_is_missing_there_was_taken():
    (event,) = events(RemovedObject(), film(vase(), taker(), until_s=40))
    assert (event.label, event.by) == ("suitcase", 1)
    assert event.start_s - NOON_S == pytest.approx(19.9, abs=0.2)


def test_a_thing_carried_away_under_the_eyes_of_the_detector_was_taken():
    carried = vase(walks((0, SPOT), (20, SPOT), (26, (0.95, 0.8))))
    (event,) = events(RemovedObject(), film(carried, taker(), until_s=40))
    assert event.by == 1


def test_a_thing_that_never_stood_for_long_is_not_missed():
    assert events(RemovedObject(), film(vase(stands(SPOT, end_s=6.0)), until_s=40)) == []


def test_a_thing_that_is_put_back_ends_its_event():
    returned = vase(lambda t: None if 20 <= t < 30 else SPOT)
    steps = play(RemovedObject(), film(returned, taker(), until_s=50))
    assert steps[-1].event.ending == "returned"
    assert steps[-1].time_s - NOON_S == pytest.approx(30, abs=1.5)


def test_both_witnesses_of_one_thing_are_one_event():
    assert len(events(RemovedObject(), film(vase(), hole(), taker(), until_s=60))) == 1


def test_after_half_a_minute_it_is_no_news():
    assert spans(RemovedObject(), film(vase(), until_s=120, hz=5))[0][1] < 70


def test_holes_by_the_dozen_are_light():
    holes = [hole(id=100 + n, where=stands((0.1 + n / 8, 0.5), start_s=20.0)) for n in range(6)]
    assert events(RemovedObject(), film(*holes, until_s=60)) == []


def test_a_place_dismissed_for_good_is_left_alone():
    rule = RemovedObject()
    scenes = film(hole(end_s=40.0), until_s=39)
    steps = [step for scene in scenes for step in rule.update(scene)]
    (ended,) = rule.dismiss(steps[0].event.id, for_good=True)
    assert ended.event.ending == "dismissed"
    later = film(hole(5.0, id=101), until_s=30, start_s=NOON_S + 60)
    assert [step for scene in later for step in rule.update(scene)] == []
