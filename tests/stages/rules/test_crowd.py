import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.rules.crowd import Crowd

from .films import Actor, blinks, events, film, raised_s, spans, stands, walks

SQUARE = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))


def row(number: int, *, step: float = 0.1, y: float = 0.8, end_s: float = 1e9) -> list[Actor]:
    """People in a row, `step` of the picture's width apart; each 0.2 of its height tall."""
    return [Actor(id=i + 1, where=stands((0.1 + step * i, y), end_s=end_s)) for i in range(number)]


def test_a_crowd_is_told_after_it_lasted_with_its_numbers():
    late = Actor(id=9, where=stands((0.9, 0.8), start_s=20.0, end_s=30.0))
    scenes = film(*row(5, end_s=40.0), late, until_s=60)
    rule = Crowd(zone=SQUARE)
    assert raised_s(rule, scenes) == [10.0]
    ((start_s, end_s),) = spans(rule, scenes)
    assert start_s == 0.0
    assert end_s == pytest.approx(40.0, abs=1.1)
    (event,) = events(rule, scenes)
    assert dict(event.counts) == {"count": 5, "most": 6}
    assert event.claim == "The number of people gathered in the marked zone is at least 5."
    assert event.claim_zh == "标记区域内聚集的人不少于5。"


def test_fewer_or_elsewhere_is_no_crowd():
    assert events(Crowd(zone=SQUARE), film(*row(4), until_s=30)) == []
    assert events(Crowd(zone=SQUARE), film(*row(5, y=0.4), until_s=30)) == []


def test_people_who_pass_one_after_the_other_are_no_crowd():
    stream = [
        Actor(id=i, where=walks((i * 3, (0.0, 0.8)), (i * 3 + 8, (1.0, 0.8)))) for i in range(20)
    ]
    assert events(Crowd(), film(*stream, until_s=60)) == []


def test_a_crowd_whose_members_hide_each_other_in_turn_is_one_crowd():
    crowd = [
        Actor(
            id=i,
            where=blinks(stands((0.1 + 0.1 * i, 0.8)), out=[(t + i, t + i + 0.8) for t in out]),
        )
        for i in range(6)
        for out in [range(0, 60, 8)]
    ]
    assert len(events(Crowd(), film(*crowd, until_s=60))) == 1


def test_members_who_come_and_go_do_not_end_it():
    exchanged = [
        Actor(id=10, where=stands((0.7, 0.8), end_s=20.0)),
        Actor(id=11, where=stands((0.9, 0.8), start_s=22.0)),
    ]
    assert len(events(Crowd(), film(*row(4), *exchanged, until_s=40))) == 1


def test_a_gathering_stands_together():
    apart, together = row(5, step=0.2), row(5, step=0.08)
    assert len(events(Crowd(near=1.0), film(*together, until_s=30))) == 1
    assert events(Crowd(near=1.0), film(*apart, until_s=30)) == []
    assert len(events(Crowd(), film(*apart, until_s=30))) == 1


def test_the_box_and_the_ids_are_those_of_the_gathering():
    alone = Actor(id=77, where=stands((0.95, 0.99)))
    (event,) = events(Crowd(near=1.0), film(*row(5, step=0.06), alone, until_s=30))
    assert set(event.track_ids) == {1, 2, 3, 4, 5}
    assert event.box is not None
    assert event.box.x2 < 0.5 * 1280


@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=3))
def test_only_a_group_that_is_large_enough_is_a_gathering(sizes):
    actors: list[Actor] = []
    for group, size in enumerate(sizes):
        for place in range(size):
            where = stands((0.02 + 0.34 * group + 0.03 * place, 0.8))
            actors.append(Actor(id=len(actors), where=where))
    found = events(Crowd(near=0.4, number=4), film(*actors, until_s=20, hz=5))
    assert bool(found) == (max(sizes) >= 4)
    assert all(event.counts["most"] == max(sizes) for event in found)
