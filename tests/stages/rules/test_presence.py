from dataclasses import replace

import pytest

from vigil.core import StepKind
from vigil.stages.rules.presence import Presence

from .films import NOON_S, Actor, blinks, events, film, play, raised_s, spans, stands, walks

YARD = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def passer(start_s: float = 2.0, end_s: float = 6.0, **fields: object) -> Actor:
    return Actor(where=walks((start_s, (0.1, 0.8)), (end_s, (0.9, 0.8))), **fields)


def test_a_visit_is_one_event_from_first_to_last_hit():
    (event,) = events(Presence(), film(passer(), until_s=10))
    assert spans(Presence(), film(passer(), until_s=10)) == [(2.0, 6.0)]
    assert event.label == "person"
    assert event.claim == "A person is in the picture."
    assert event.claim_zh == "画面中有人。"
    assert event.track_ids == (1,)
    assert event.cards == ("small@1",)


def test_it_is_told_at_the_third_hit_and_ended_after_a_second():
    steps = play(Presence(), film(passer(), until_s=10))
    times = {step.kind: step.time_s - steps[0].event.start_s for step in steps}
    assert times[StepKind.NEW] == pytest.approx(0.2)
    assert times[StepKind.END] == pytest.approx(4.0 + 0.1 + 1.0)


def test_one_event_lasts_while_people_relieve_one_another():
    guards = [
        Actor(id=1, where=stands((0.3, 0.8), end_s=5.0)),
        Actor(id=2, where=stands((0.7, 0.8), start_s=5.5, end_s=9.0)),
    ]
    assert spans(Presence(), film(*guards, until_s=12)) == [(0.0, 8.9)]


def test_per_track_each_thing_has_its_own_event():
    people = [passer(2, 6, id=1), Actor(id=2, where=stands((0.4, 0.4), start_s=4.0, end_s=9.0))]
    rule = Presence(per="track")
    assert spans(rule, film(*people, until_s=12)) == [(2.0, 6.0), (4.0, 8.9)]


def test_only_the_part_of_a_walk_inside_the_zone_counts():
    ((start_s, end_s),) = spans(Presence(zone=YARD), film(passer(), until_s=10))
    assert start_s == pytest.approx(4.0, abs=0.11)
    assert end_s == pytest.approx(6.0)


def test_the_foot_decides_not_the_middle():
    floor = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    giant = Actor(where=stands((0.5, 0.6)), high=0.5)
    flyer = Actor(where=stands((0.5, 0.49)), high=0.1)
    assert len(events(Presence(zone=floor), film(giant, until_s=3))) == 1
    assert events(Presence(zone=floor), film(flyer, until_s=3)) == []


def test_two_false_finds_in_five_looks_are_no_presence():
    ghost = Actor(where=lambda t: (0.5, 0.5) if round(t * 10) % 5 in (0, 2) else None)
    assert events(Presence(), film(ghost, until_s=20)) == []


def test_a_find_missed_now_and_then_neither_ends_nor_splits_it():
    flicker = Actor(where=lambda t: (0.5, 0.5) if round(t * 10) % 2 == 0 else None)
    assert len(events(Presence(), film(flicker, until_s=20))) == 1


def test_a_person_behind_a_pillar_for_less_than_close_s_is_one_visit():
    hidden = Actor(where=blinks(stands((0.5, 0.5), end_s=8.0), out=[(3.0, 3.8)]))
    assert spans(Presence(), film(hidden, until_s=10)) == [(0.0, 7.9)]
    longer = Actor(where=blinks(stands((0.5, 0.5), end_s=12.0), out=[(3.0, 9.0)]))
    assert spans(Presence(), film(longer, until_s=14)) == [(0.0, 2.9), (9.0, 11.9)]


def test_it_holds_while_nobody_looks():
    sleeper = Actor(where=stands((0.5, 0.5), end_s=500.0))
    found = spans(Presence(), film(sleeper, until_s=510, hz=5, asleep=[(5.0, 495.0)]))
    assert found == [(0.0, 499.8)]


def test_a_belief_without_a_look_opens_nothing():
    brief = Actor(where=stands((0.5, 0.5), end_s=0.15))
    assert events(Presence(), film(brief, until_s=60, asleep=[(0.2, 60)])) == []


def test_the_wrong_label_score_or_size_is_nobody():
    for actor in (
        passer(label="dog"),
        passer(score=0.49),
        passer(high=0.05),
        passer(high=0.6),
    ):
        rule = Presence(min_size=0.1, max_size=0.5)
        assert events(rule, film(actor, until_s=10)) == []


def test_a_parked_car_that_the_detector_loses_is_told_once_per_cool_down():
    parked = Actor(where=lambda t: (0.5, 0.5) if t % 10 < 5 else None, label="car")
    every_time = Presence(labels=("car",), back_s=0.0)
    assert len(events(every_time, film(parked, until_s=100))) == 10
    calm = Presence(labels=("car",), cool_down_s=30.0, back_s=0.0)
    assert len(events(calm, film(parked, until_s=100))) <= 3


def test_a_cool_down_does_not_miss_who_stays():
    people = [passer(0, 4, id=1), Actor(id=2, where=stands((0.5, 0.5), start_s=8.0, end_s=60.0))]
    rule = Presence(cool_down_s=20.0)
    assert spans(rule, film(*people, until_s=70)) == [(0.0, 4.0), (8.0, 59.9)]


def test_a_track_that_its_tracker_showed_late_starts_when_it_was_first_seen():
    scenes = film(passer(), until_s=10)
    late = [
        scene if scene.time_s >= NOON_S + 2.4 else replace(scene, tracks=()) for scene in scenes
    ]
    assert spans(Presence(), late) == [(2.0, 6.0)]


def test_a_visit_of_a_fifth_of_a_second_is_missed_by_design():
    assert events(Presence(), film(passer(2.0, 2.15), until_s=5)) == []
    assert len(events(Presence(inertia=1), film(passer(2.0, 2.15), until_s=5))) == 1


def test_twenty_seconds_of_presence_are_a_handful_of_steps():
    steps = play(Presence(), film(passer(1.0, 21.0), until_s=25, hz=25))
    assert [str(step.kind) for step in steps] == ["new", "update", "update", "update", "end"]


def test_more_hits_than_looks_are_refused():
    with pytest.raises(ValueError, match="within: 5"):
        Presence(inertia=8)


def test_a_rule_can_watch_again_after_its_close():
    rule = Presence()
    assert raised_s(rule, film(passer(), until_s=4)) == [2.2]
    assert raised_s(rule, film(passer(), until_s=4)) == [2.2]
