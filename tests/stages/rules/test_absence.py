import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from vigil.config.schedule import Schedule
from vigil.core import Health, Rung
from vigil.stages.rules.absence import Absence

from .films import NOON_S, WIDTH, Actor, blinks, events, film, raised_s, spans, stands, ticks

POST = ((0.4, 0.4), (0.6, 0.4), (0.6, 1.0), (0.4, 1.0))
GUARD = stands((0.5, 0.8))


def guard(*away: tuple[float, float]) -> Actor:
    return Actor(where=blinks(GUARD, out=away))


def rule(**settings: object) -> Absence:
    return Absence(**{"zone": POST, "longer_than_s": 20.0, **settings})


def test_an_empty_post_is_told_from_when_it_was_left_until_somebody_comes():
    scenes = film(guard((10, 50)), until_s=60)
    assert raised_s(rule(), scenes) == [pytest.approx(30.0, abs=0.3)]
    ((start_s, end_s),) = spans(rule(), scenes)
    assert start_s == pytest.approx(10.0, abs=0.2)
    assert end_s == pytest.approx(50.0, abs=0.2)


def test_a_post_that_was_never_held_is_empty_from_the_first_look():
    ((start_s, _),) = spans(rule(), film(until_s=30))
    assert start_s == 0.0


def test_a_held_post_and_short_breaks_are_silent():
    assert events(rule(), film(guard(), until_s=60)) == []
    assert events(rule(), film(guard((5, 22), (25, 40)), until_s=60)) == []


def test_who_stands_beside_the_post_does_not_hold_it():
    beside = Actor(where=stands((0.8, 0.8)))
    assert len(events(rule(), film(beside, until_s=40))) == 1
    dog = Actor(label="dog", where=GUARD)
    assert len(events(rule(), film(dog, until_s=40))) == 1


def test_anyone_may_hold_it():
    first, second = guard((30, 99)), Actor(id=2, where=stands((0.55, 0.7), start_s=25.0))
    assert events(rule(), film(first, second, until_s=99)) == []


def test_who_sits_still_while_nobody_looks_is_there():
    assert events(rule(), film(guard(), until_s=90, asleep=[(5.0, 90.0)])) == []


def test_nothing_is_known_where_nobody_looked_or_no_picture_came():
    assert Absence().needs is Rung.DETECT
    assert events(rule(), film(until_s=60, asleep=[(0.0, 60.0)])) == []
    offline = ticks((10.0 + t, Health(offline_s=t)) for t in range(300))
    assert events(rule(), [*film(guard(), until_s=10), *offline]) == []


def test_the_hours_of_the_post_begin_anew():
    # Noon in June is 15:06:40 UTC: the post opens 200 s later.
    hours = TypeAdapter(Schedule).validate_python({"windows": ["15:10-16:00"], "time_zone": "UTC"})
    ((start_s, _),) = spans(rule(schedule=hours), film(until_s=300, hz=2))
    assert start_s == pytest.approx(200.0, abs=0.6)
    assert raised_s(rule(schedule=hours), film(until_s=300, hz=2)) == [
        pytest.approx(220.0, abs=0.6)
    ]


def test_the_box_is_the_post_and_the_claim_a_sentence():
    (event,) = events(rule(), film(until_s=40))
    assert event.box is not None
    assert (event.box.x1, event.box.x2) == (0.4 * WIDTH, 0.6 * WIDTH)
    assert event.claim == "There are no people in the marked zone, for longer than 20 seconds."
    assert event.claim_zh == "标记区域内超过20秒没有人。"


@given(gap_s=st.floats(1.0, 19.0) | st.floats(24.5, 60.0), hz=st.sampled_from([2, 5, 10]))
def test_only_long_absences_are_told(gap_s, hz):
    found = events(rule(), film(guard((10, 10 + gap_s)), until_s=90, hz=hz))
    assert len(found) == (gap_s > 20)
    assert all(abs(event.start_s - NOON_S - 10) <= 1 for event in found)
