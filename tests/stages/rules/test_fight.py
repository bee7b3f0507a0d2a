from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Scene, Severity
from vigil.stages.rules.fight import Fight

from .films import HEIGHT, NOON_S, WIDTH, Actor, blinks, events, film, spans, stands, walks

HIGH = 0.25
APART = 0.3 * HIGH * HEIGHT / WIDTH
"""0.3 of their height between two feet."""


def two(*, apart: float = APART, y: float = 0.8, **fields) -> tuple[Actor, Actor]:
    return (
        Actor(id=1, high=HIGH, where=stands((0.5, y)), **fields),
        Actor(id=2, high=HIGH, where=stands((0.5 + apart + 0.05, y)), **fields),
    )


def sensed(
    scenes: list[Scene],
    *energies: float,
    from_s: float = 2.0,
    until_s: float = 8.0,
) -> list[Scene]:
    """With the energy of each actor, in order of ids, for a while; before and after it is 0.2."""
    told = []
    for scene in scenes:
        t = scene.time_s - NOON_S
        now = energies if from_s <= t < until_s else (0.2,) * len(energies)
        energy = {track.id: now[track.id - 1] for track in scene.tracks}
        assert scene.signals is not None
        told.append(replace(scene, signals=replace(scene.signals, energy=energy)))
    return told


def test_two_who_stand_close_and_move_violently_are_told():
    scenes = sensed(film(*two(), until_s=14, hz=5), 2.5, 2.5)
    ((start_s, end_s),) = spans(Fight(), scenes)
    assert 1.5 <= start_s <= 3.0
    assert 8.0 <= end_s <= 9.0
    (event,) = events(Fight(), scenes)
    assert event.claim == "People fight in the picture."
    assert event.claim_zh == "画面中有人打架。"
    assert event.severity is Severity.HIGH
    assert event.counts == {"people": 2}
    assert set(event.track_ids) == {1, 2}


def test_calm_people_distant_people_and_one_alone_are_silent():
    assert events(Fight(), sensed(film(*two(), until_s=14, hz=5), 1.0, 1.0)) == []
    far = film(*two(apart=0.3), until_s=14, hz=5)
    assert events(Fight(), sensed(far, 2.5, 2.5)) == []
    one, _ = two()
    assert events(Fight(), sensed(film(one, until_s=14, hz=5), 3.0)) == []
    assert events(Fight(), sensed(film(*two(), until_s=14, hz=5), 3.0, 0.1)) == []


def test_who_stands_far_behind_is_not_close():
    near, _ = two()
    behind = Actor(id=2, high=0.08, where=stands((0.5, 0.7)))
    assert events(Fight(), sensed(film(near, behind, until_s=14, hz=5), 2.5, 2.5)) == []


def test_two_who_walk_side_by_side_move_as_much_and_do_not_fight():
    ways = [walks((0, (0.05 + x, 0.8)), (9, (0.75 + x, 0.8))) for x in (0.0, APART + 0.05)]
    pair = [Actor(id=i + 1, high=HIGH, where=way) for i, way in enumerate(ways)]
    scenes = film(*pair, until_s=9, hz=5)
    assert events(Fight(), sensed(scenes, 3.0, 3.0, from_s=0, until_s=99)) == []


def pair(*ways) -> list[Scene]:
    people = [Actor(id=i + 1, high=HIGH, where=way) for i, way in enumerate(ways)]
    return sensed(film(*people, until_s=9, hz=5), 3.0, 3.0, from_s=0, until_s=99)


def test_two_who_stroll_on_together_do_not_fight_however_slowly():
    ways = [walks((0, (0.2 + x, 0.8)), (9, (0.58 + x, 0.8))) for x in (0.0, APART + 0.05)]
    assert events(Fight(), pair(*ways)) == []
    assert len(events(Fight(stays_within=9.0), pair(*ways))) == 1


def test_two_who_close_in_and_part_again_fight():
    def sways(x: float, side: int):
        places = [(t, (x + side * 0.02 * (t % 2), 0.8)) for t in range(10)]
        return walks(*places)

    assert len(events(Fight(), pair(sways(0.4, 1), sways(0.5, -1)))) == 1


def test_two_who_walk_up_to_each_other_slowly_do_not_fight_yet():
    ways = [walks((0, (0.5 - x, 0.8)), (4, (0.5 - x / 10, 0.8))) for x in (0.2, -0.2)]
    assert events(Fight(near=9.0), pair(*ways)[:20]) == []


def test_who_walks_past_a_fight_does_not_hide_it():
    past = [
        Actor(id=3 + n, high=HIGH, where=walks((n, (0.2, 0.82)), (6 + n, (0.8, 0.82))))
        for n in range(3)
    ]
    scenes = film(*two(), *past, until_s=12, hz=5)
    assert len(events(Fight(near=2.0), sensed(scenes, 2.5, 2.5, 2.5, 2.5, 2.5, until_s=5.5))) == 1


def test_a_moment_of_fuss_is_no_fight():
    scenes = sensed(film(*two(), until_s=14, hz=5), 2.5, 2.5, from_s=4, until_s=5)
    assert events(Fight(), scenes) == []


def test_who_is_lost_in_the_tussle_still_fights():
    one, other = two()
    hidden = Actor(id=2, high=HIGH, where=blinks(other.where, out=[(4.0, 5.0), (6.0, 7.0)]))
    scenes = sensed(film(one, hidden, until_s=14, hz=5), 2.5, 2.5)
    assert len(events(Fight(), scenes)) == 1


def test_a_third_who_joins_makes_no_second_fight():
    third = Actor(id=3, high=HIGH, where=stands((0.43, 0.8), start_s=5.0))
    scenes = sensed(film(*two(), third, until_s=14, hz=5), 2.5, 2.5, 2.5, until_s=10)
    (event,) = events(Fight(), scenes)
    assert event.counts == {"people": 3}


def test_only_its_zone_counts():
    left = ((0.0, 0.0), (0.1, 0.0), (0.1, 1.0), (0.0, 1.0))
    scenes = sensed(film(*two(), until_s=14, hz=5), 2.5, 2.5)
    assert events(Fight(zone=left), scenes) == []


def test_it_asks_for_the_energy():
    assert Fight().signals == {"energy"}


@settings(max_examples=30, deadline=None)
@given(
    level=st.floats(0.1, 1.6) | st.floats(2.0, 5.0),
    hz=st.sampled_from([2, 5, 10]),
    scale=st.floats(0.3, 1.5),
)
def test_the_energy_alone_decides_at_any_rate_and_size(level, hz, scale):
    pair = [replace(one, high=HIGH * scale, wide=0.05 * scale) for one in two(apart=APART * scale)]
    near = [pair[0], replace(pair[1], where=stands((0.5 + (APART + 0.05) * scale, 0.8)))]
    scenes = sensed(film(*near, until_s=14, hz=hz), level, level)
    assert bool(events(Fight(), scenes)) == (level > 1.8)


@pytest.mark.parametrize("hz", [2, 5, 10])
def test_a_story_without_the_sense_is_silent(hz):
    assert events(Fight(), film(*two(), until_s=10, hz=hz)) == []
