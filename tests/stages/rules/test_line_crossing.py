import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import StepKind
from vigil.stages.rules.line_crossing import LineCrossing

from .films import NOON_S, Actor, blinks, events, film, play, stands, walks

LEVEL = ((0.2, 0.5), (0.8, 0.5))


def crossings(rule: LineCrossing, scenes: list) -> list[tuple[str, float]]:
    return [
        (event.direction or "", round(event.start_s - NOON_S, 2)) for event in events(rule, scenes)
    ]


def down(x: float = 0.5, **fields: object) -> Actor:
    return Actor(where=walks((1.0, (x, 0.3)), (5.0, (x, 0.7))), **fields)


def up(x: float = 0.5, **fields: object) -> Actor:
    return Actor(where=walks((1.0, (x, 0.7)), (5.0, (x, 0.3))), **fields)


def test_each_way_has_its_name():
    rule = LineCrossing(line=LEVEL, forward="down", backward="up")
    people = [down(0.3, id=1), up(0.6, id=2)]
    assert crossings(rule, film(*people, until_s=7)) == [("down", 3.0), ("up", 3.0)]


def test_a_crossing_begins_and_ends_at_once_with_its_totals():
    rule = LineCrossing(line=LEVEL, forward="in", backward="out")
    steps = play(rule, film(down(0.3, id=1), down(0.5, id=2), up(0.7, id=3), until_s=7))
    assert [str(step.kind) for step in steps] == ["new", "end"] * 3
    assert all(step.event.start_s == step.event.end_s for step in steps)
    totals = [dict(step.event.counts) for step in steps if step.kind is StepKind.END]
    assert totals == [{"in": 1, "out": 0}, {"in": 2, "out": 0}, {"in": 2, "out": 1}]
    assert steps[0].event.claim == "A person crosses the marked line (in)."


def test_the_moment_is_interpolated_between_slow_looks():
    rule = LineCrossing(line=LEVEL)
    fast = Actor(where=walks((0.0, (0.5, 0.3)), (2.0, (0.5, 0.9))))
    ((_, moment_s),) = crossings(rule, film(fast, until_s=3, hz=2))
    assert moment_s == pytest.approx(0.67, abs=0.01)


def test_the_ends_of_the_line_are_respected():
    rule = LineCrossing(line=LEVEL)
    assert crossings(rule, film(down(0.1), until_s=7)) == []
    assert crossings(rule, film(down(0.21), until_s=7)) == [("forward", 3.0)]


def test_walking_round_the_end_and_back_across_counts_once():
    loop = walks(
        (0, (0.5, 0.3)), (2, (0.1, 0.3)), (4, (0.1, 0.7)), (6, (0.5, 0.7)), (8, (0.5, 0.3))
    )
    assert crossings(LineCrossing(line=LEVEL), film(Actor(where=loop), until_s=9)) == [
        ("backward", 7.0)
    ]


def test_who_goes_there_and_back_counts_once_each_way():
    turn = walks((0, (0.5, 0.3)), (2, (0.5, 0.7)), (4, (0.5, 0.3)))
    found = crossings(LineCrossing(line=LEVEL), film(Actor(where=turn), until_s=6))
    assert found == [("forward", 1.0), ("backward", 3.0)]


def test_who_turns_on_the_line_has_not_crossed():
    turn = walks((0, (0.5, 0.3)), (2, (0.5, 0.507)), (4, (0.5, 0.3)))
    assert crossings(LineCrossing(line=LEVEL), film(Actor(where=turn), until_s=6)) == []


def test_who_waits_on_the_line_with_a_shaking_box_counts_at_most_once():
    def shakes(t: float) -> tuple[float, float]:
        return 0.5, 0.5 + (0.02 if round(t * 10) % 2 else -0.02)

    assert crossings(LineCrossing(line=LEVEL), film(Actor(where=shakes), until_s=60)) == []

    def arrives(t: float) -> tuple[float, float]:
        return (0.5, 0.3 + 0.1 * t) if t < 2 else shakes(t)

    assert len(crossings(LineCrossing(line=LEVEL), film(Actor(where=arrives), until_s=60))) == 1


def test_who_appears_beyond_the_line_is_not_counted():
    late = Actor(where=walks((1.0, (0.5, 0.52)), (5.0, (0.5, 0.9))))
    assert crossings(LineCrossing(line=LEVEL), film(late, until_s=7)) == []


def test_a_track_broken_on_the_line_counts_once():
    whole = walks((1.0, (0.5, 0.3)), (5.0, (0.5, 0.7)))
    pieces = [
        Actor(id=1, where=blinks(whole, out=[(2.9, 99)])),
        Actor(id=2, where=blinks(whole, out=[(0, 3.2)])),
    ]
    ((name, moment_s),) = crossings(LineCrossing(line=LEVEL), film(*pieces, until_s=7))
    assert name == "forward"
    assert moment_s == pytest.approx(3.0, abs=0.1)


def test_a_track_lost_before_and_found_far_beyond_is_missed_by_design():
    whole = walks((1.0, (0.5, 0.3)), (5.0, (0.5, 0.9)))
    pieces = [
        Actor(id=1, where=blinks(whole, out=[(2.0, 99)])),
        Actor(id=2, where=blinks(whole, out=[(0, 4.0)])),
    ]
    assert crossings(LineCrossing(line=LEVEL), film(*pieces, until_s=7)) == []


def test_a_single_odd_box_beyond_the_line_is_ignored_with_inertia():
    odd = Actor(where=lambda t: (0.5, 0.7) if abs(t - 2) < 0.01 else (0.5, 0.3))
    assert len(crossings(LineCrossing(line=LEVEL), film(odd, until_s=5))) == 2
    assert crossings(LineCrossing(line=LEVEL, inertia=2), film(odd, until_s=5)) == []


def test_one_way_may_be_all_that_counts():
    rule = LineCrossing(line=LEVEL, directions="forward", forward="in", backward="out")
    (event,) = events(rule, film(down(0.3, id=1), up(0.6, id=2), until_s=7))
    assert dict(event.counts) == {"in": 1}


def test_a_cool_down_spares_events_and_keeps_the_count():
    rule = LineCrossing(line=LEVEL, cool_down_s=60)
    crowd = [
        Actor(id=i, where=walks((i, (0.5, 0.3)), (i + 2, (0.5, 0.7)))) for i in range(0, 80, 4)
    ]
    found = events(rule, film(*crowd, until_s=90))
    assert [event.counts["forward"] for event in found] == [1, 16]


def test_a_thing_may_be_seen_unsurely_once_it_was_seen_surely():
    whole = walks((1.0, (0.5, 0.3)), (5.0, (0.5, 0.7)))
    sure = Actor(where=blinks(whole, out=[(2, 99)]))
    unsure = Actor(where=blinks(whole, out=[(0, 2)]), score=0.2)
    rule = LineCrossing(line=LEVEL)
    assert len(crossings(rule, film(sure, unsure, until_s=7))) == 1
    assert crossings(rule, film(down(score=0.4), until_s=7)) == []


def test_what_stands_still_beside_the_line_is_silent():
    assert (
        events(LineCrossing(line=LEVEL), film(Actor(where=stands((0.5, 0.52))), until_s=30)) == []
    )


@given(
    st.lists(
        st.tuples(st.floats(0.25, 0.75), st.booleans(), st.floats(1.0, 4.0)),
        min_size=1,
        max_size=6,
    )
)
def test_the_counts_are_those_who_went_over(walkers):
    people, wanted = [], {"forward": 0, "backward": 0}
    for number, (x, is_down, lasts_s) in enumerate(walkers):
        start_s = number * 6.0
        y1, y2 = (0.3, 0.7) if is_down else (0.7, 0.3)
        path = walks((start_s, (x, y1)), (start_s + lasts_s, (x, y2)))
        people.append(Actor(id=number, where=path))
        wanted["forward" if is_down else "backward"] += 1
    found = events(LineCrossing(line=LEVEL), film(*people, until_s=len(walkers) * 6.0, hz=5))
    assert dict(found[-1].counts) == wanted


def test_two_names_are_needed():
    with pytest.raises(ValueError, match="two names"):
        LineCrossing(line=LEVEL, forward="in", backward="in")
