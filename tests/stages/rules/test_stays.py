"""Parked cars that a detector loses and finds again, as rules tell of them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from vigil.config.schedule import Schedule, Window
from vigil.core import Scene
from vigil.stages.rules.presence import Presence

from .films import Actor, film, raised_s, spans, stands, walks

BAY = (0.5, 0.6)


def car(id_: int, where, **fields: object) -> Actor:
    return Actor(**{"id": id_, "where": where, "label": "car", "high": 0.1, "wide": 0.1, **fields})


def rule(per: str = "track", **settings: object) -> Presence:
    return Presence(labels=("car", "truck"), per=per, **settings)


@pytest.mark.parametrize("per", ["track", "zone"])
@pytest.mark.parametrize("hz", [2.0, 10.0])
def test_a_parked_car_that_the_detector_loses_for_a_moment_is_told_once(per, hz):
    first = car(1, stands(BAY, end_s=10.0))
    again = car(2, stands(BAY, start_s=13.0, end_s=30.0), label="truck")
    assert len(raised_s(rule(per), film(first, again, until_s=40, hz=hz))) == 1


@pytest.mark.parametrize("per", ["track", "zone"])
def test_its_place_seen_empty_for_longer_makes_it_another(per):
    first = car(1, stands(BAY, end_s=10.0))
    another = car(2, stands(BAY, start_s=16.0, end_s=30.0))
    assert len(raised_s(rule(per), film(first, another, until_s=40))) == 2


def test_a_car_that_leaves_and_one_that_comes_are_two():
    leaves = car(1, walks((0, BAY), (10, BAY), (13, (0.95, 0.6))))
    comes = car(2, walks((14, (0.05, 0.6)), (17, BAY), (40, BAY)))
    at_once = car(3, walks((10.5, (0.05, 0.6)), (13, BAY), (40, BAY)))
    assert len(raised_s(rule(), film(leaves, comes, until_s=40))) == 2
    assert len(raised_s(rule(), film(leaves, at_once, until_s=40))) == 2


def test_who_takes_the_place_of_somebody_seen_to_leave_it_is_another():
    leaves = Actor(id=1, where=walks((0, BAY), (10, BAY), (13, (0.95, 0.6))))
    comes = Actor(id=2, where=stands(BAY, start_s=14.0, end_s=30.0))
    assert len(raised_s(Presence(per="track"), film(leaves, comes, until_s=40))) == 2


@pytest.mark.parametrize("hidden_s", [10.0, 30.0, 90.0])
def test_a_car_behind_a_lorry_is_the_same_car_afterwards(hidden_s):
    lorry_path = walks((10, (0.0, 0.65)), (11, (0.5, 0.65)), (11 + hidden_s, (0.5, 0.65)),
                       (12 + hidden_s, (1.0, 0.65)))  # fmt: skip
    lorry = car(7, lorry_path, label="truck", high=0.3, wide=0.3)
    before = car(1, stands(BAY, end_s=11.0))
    after = car(2, stands(BAY, start_s=11.5 + hidden_s))
    found = film(before, lorry, after, until_s=hidden_s + 30)
    # The parked one and the lorry.
    assert len(raised_s(rule(), found)) == 2


def test_who_walks_before_it_and_takes_its_track_along_leaves_it_where_it_was():
    thief = car(1, walks((0, BAY), (10, BAY), (14, (0.95, 0.6))))
    renamed = car(2, stands(BAY, start_s=11.5))
    assert len(raised_s(rule(), film(thief, renamed, until_s=30))) == 1


def test_night_headlights_blind_the_detector_again_and_again():
    found = [
        car(number, stands(BAY, start_s=8.0 * number, end_s=8.0 * number + 5.0))
        for number in range(12)
    ]
    assert len(raised_s(rule(), film(*found, until_s=110))) == 1


def test_what_is_back_and_drives_off_is_told_of():
    before = car(1, stands(BAY, end_s=10.0))
    after = car(2, walks((13, BAY), (20, BAY), (24, (0.95, 0.6))))
    times_s = raised_s(rule(), film(before, after, until_s=40))
    assert len(times_s) == 2
    assert 20 < times_s[1] < 23


def test_a_person_where_a_car_stood_is_somebody_else():
    first = car(1, stands(BAY, end_s=10.0))
    person = Actor(id=2, where=stands(BAY, start_s=11.5, end_s=20), high=0.1, wide=0.1)
    both = Presence(labels=("car", "person"), per="track")
    assert len(raised_s(both, film(first, person, until_s=30))) == 2


def test_looks_that_see_nothing_asleep_do_not_empty_a_place():
    first = car(1, stands(BAY, end_s=10.0))
    again = car(2, stands(BAY, start_s=58.0, end_s=80.0))
    scenes = film(first, again, until_s=90, asleep=[(12.0, 57.0)])
    assert len(raised_s(rule(), scenes)) == 1


def weakly(scenes: list[Scene], *, found: Callable[[int], bool]) -> list[Scene]:
    """The scenes with doubtful finds where `found` says so of their number."""
    return [
        replace(scene, tracks=tuple(track._replace(score=0.3) for track in scene.tracks))
        if found(number)
        else scene
        for number, scene in enumerate(scenes)
    ]


def test_a_car_at_rest_that_is_found_weakly_is_still_there():
    scenes = film(car(1, stands(BAY)), until_s=60)
    assert spans(rule(), weakly(scenes, found=lambda n: n % 100 >= 40)) == [(0.0, 59.9)]


def test_of_who_leaves_something_weak_is_no_presence():
    scenes = film(Actor(where=walks((0, (0.2, 0.8)), (10, (0.9, 0.8)))), until_s=15)
    (_, end_s), *_ = spans(Presence(), weakly(scenes, found=lambda n: n >= 50))
    assert end_s < 6


def test_what_was_never_told_of_is_news_when_it_is_found_again():
    doubtful = car(1, stands(BAY, end_s=10.0), score=0.3)
    sure = car(2, stands(BAY, start_s=12.0, end_s=30.0))
    assert len(raised_s(rule(), film(doubtful, sure, until_s=40))) == 1


@pytest.mark.parametrize("per", ["track", "zone"])
def test_the_hours_of_a_rule_begin_with_what_stands_there(per):
    # These films begin at 15:06:40.
    windows = (Window(hours="15:07-15:08"), Window(hours="15:09-15:10"))
    hours = Schedule(windows=windows, time_zone="UTC")
    found = [car(number, stands(BAY, start_s=50.0 * number, end_s=50.0 * number + 48.0))
             for number in range(5)]  # fmt: skip
    times_s = raised_s(rule(per, schedule=hours), film(*found, until_s=240, hz=2.0))
    assert [round(time_s) for time_s in times_s] == [20, 140]


def test_without_back_s_everything_found_again_is_news():
    first = car(1, stands(BAY, end_s=10.0))
    again = car(2, stands(BAY, start_s=13.0, end_s=30.0))
    assert len(raised_s(rule(back_s=0.0), film(first, again, until_s=40))) == 2
