import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.rules.queue import Queue

from .films import NOON_S, Actor, events, film, raised_s, spans, stands, walks

LINE = ((0.1, 0.8), (0.9, 0.8))
BEND = ((0.1, 0.8), (0.5, 0.8), (0.5, 0.3))
STEP = 0.08
"""Between neighbours, of the picture's width: 0.7 of their height."""


def waiting(number: int, *, end_s: float = 1e9) -> list[Actor]:
    """So many in line; the first at the counter."""
    return [
        Actor(id=i + 1, where=stands((0.12 + STEP * i, 0.8), end_s=end_s)) for i in range(number)
    ]


def served(number: int, *, every_s: float) -> list[Actor]:
    """A queue whose head leaves every so often, and the others step forward."""
    actors = []
    for index in range(number):
        stops, place = [(0.0, (0.12 + STEP * index, 0.8))], 0.12 + STEP * index
        for turn in range(1, index + 1):
            stops.append((turn * every_s, (place, 0.8)))
            place -= STEP
            stops.append((turn * every_s + 1.5, (place, 0.8)))
        leaves_s = (index + 1) * every_s
        stops += [(leaves_s, (place, 0.8)), (leaves_s + 1.5, (place, 0.35))]
        actors.append(Actor(id=index + 1, where=walks(*stops)))
    return actors


def test_a_long_queue_is_told_with_its_length():
    scenes = film(*waiting(6, end_s=80.0), until_s=100, hz=5)
    ((start_s, end_s),) = spans(Queue(line=LINE), scenes)
    assert start_s == pytest.approx(1.0, abs=0.5)
    assert end_s == pytest.approx(82.0, abs=2.0)
    assert raised_s(Queue(line=LINE), scenes) == [pytest.approx(31.0, abs=0.5)]
    (event,) = events(Queue(line=LINE), scenes)
    assert (event.counts["length"], event.counts["most"]) == (6, 6)
    assert event.claim == "The number of people waiting in line in the picture is at least 5."
    assert event.claim_zh == "画面中排队的人不少于5。"


def test_the_wait_of_the_last_is_told_once_two_were_served():
    rule = Queue(line=LINE, number=3, longer_than_s=10.0)
    told = [
        dict(step.event.counts)
        for scene in film(*served(8, every_s=12.0), until_s=62, hz=5)
        for step in rule.update(scene)
    ]
    assert "wait_s" not in told[0]
    waits = [(counts["length"], counts["wait_s"]) for counts in told if "wait_s" in counts]
    assert waits
    assert all(wait_s == pytest.approx(12 * length, rel=0.15) for length, wait_s in waits)


def test_few_or_beside_the_line_is_no_queue():
    assert events(Queue(line=LINE), film(*waiting(4), until_s=60, hz=5)) == []
    beside = [Actor(id=i, where=stands((0.12 + STEP * i, 0.55))) for i in range(8)]
    assert events(Queue(line=LINE), film(*beside, until_s=60, hz=5)) == []


def test_who_walks_past_is_not_waiting():
    stream = [Actor(id=i, where=walks((i, (0.95, 0.8)), (i + 7, (0.05, 0.8)))) for i in range(60)]
    assert events(Queue(line=LINE), film(*stream, until_s=60, hz=5)) == []


def test_a_gap_ends_the_queue():
    after_the_gap = [Actor(id=20 + i, where=stands((0.6 + STEP * i, 0.8))) for i in range(3)]
    people = [*waiting(4), *after_the_gap]
    assert events(Queue(line=LINE, number=5), film(*people, until_s=60, hz=5)) == []
    assert len(events(Queue(line=LINE, number=5, gap=4.0), film(*people, until_s=60, hz=5))) == 1


def test_a_line_may_bend():
    places = [(0.12 + STEP * i, 0.8) for i in range(5)] + [(0.5, 0.7 - 0.1 * i) for i in range(3)]
    people = [Actor(id=i, where=stands(place)) for i, place in enumerate(places)]
    (event,) = events(Queue(line=BEND), film(*people, until_s=60, hz=5))
    assert event.counts["length"] == 8


@given(number=st.integers(1, 8), lasts_s=st.floats(5, 25) | st.floats(36, 60))
def test_only_long_queues_that_last_are_told(number, lasts_s):
    rule = Queue(line=LINE, grace_s=1.0, close_s=1.0)
    found = events(rule, film(*waiting(number, end_s=lasts_s), until_s=lasts_s + 5, hz=2))
    assert bool(found) == (number >= 5 and lasts_s > 30)
    assert all(event.counts["most"] == number for event in found)
    assert all(event.start_s - NOON_S <= 2.5 for event in found)
