import pytest

from vigil.core import Severity, StepKind
from vigil.stages.rules.loitering import Loitering

from .films import NOON_S, Actor, blinks, events, film, play, raised_s, spans, stands, walks

DOOR = ((0.4, 0.0), (0.6, 0.0), (0.6, 1.0), (0.4, 1.0))


def lurker(end_s: float = 100.0, **fields: object) -> Actor:
    return Actor(where=stands((0.5, 0.8), start_s=5.0, end_s=end_s), **fields)


def rule(**settings: object) -> Loitering:
    return Loitering(**{"zone": DOOR, "longer_than_s": 30.0, **settings})


def test_who_stays_too_long_is_told_when_it_is_too_long():
    scenes = film(lurker(), until_s=120)
    assert raised_s(rule(), scenes) == [35.0]
    assert spans(rule(), scenes) == [(5.0, 99.9)]
    assert events(rule(), scenes)[0].claim == (
        "A person stays in the marked zone for longer than 30 seconds."
    )


def test_who_leaves_in_time_is_not_told():
    assert events(rule(), film(lurker(34.0), until_s=120)) == []


def test_passers_by_do_not_add_up():
    crowd = [
        Actor(id=i, where=walks((i * 3, (0.0, 0.8)), (i * 3 + 6, (1.0, 0.8)))) for i in range(30)
    ]
    assert events(rule(), film(*crowd, until_s=100, hz=5)) == []


def test_a_short_exit_or_a_lost_track_does_not_restart_the_clock():
    hidden = Actor(where=blinks(stands((0.5, 0.8), end_s=60.0), out=[(10, 14), (20, 24)]))
    assert raised_s(rule(), film(hidden, until_s=80)) == [30.0]
    stroll = walks(
        (0, (0.5, 0.8)), (10, (0.5, 0.8)), (12, (0.7, 0.8)), (14, (0.5, 0.8)), (60, (0.5, 0.8))
    )
    assert raised_s(rule(), film(Actor(where=stroll), until_s=80)) == [30.0]


def test_a_long_exit_restarts_the_clock():
    away = Actor(where=blinks(stands((0.5, 0.8), end_s=60.0), out=[(20, 26)]))
    assert raised_s(rule(), film(away, until_s=80)) == [56.0]


def test_outside_and_hidden_together_are_one_absence():
    leaves = walks((0, (0.5, 0.8)), (35, (0.5, 0.8)), (36, (0.9, 0.8)), (39, (0.9, 0.8)))
    steps = play(rule(), film(Actor(where=leaves), until_s=60))
    assert steps[-1].kind is StepKind.END
    assert steps[-1].time_s - NOON_S == pytest.approx(40.3, abs=0.15)


def test_the_same_person_under_a_new_id_keeps_the_clock():
    pieces = [
        Actor(id=1, where=stands((0.5, 0.8), end_s=20.0)),
        Actor(id=2, where=stands((0.505, 0.8), start_s=21.0, end_s=60.0)),
    ]
    (event,) = events(rule(), film(*pieces, until_s=70))
    assert event.start_s == NOON_S
    assert event.track_ids == (1, 2)


def test_the_clock_runs_while_nothing_moves_and_nobody_looks():
    scenes = film(lurker(), until_s=120, asleep=[(8.0, 90.0)])
    assert raised_s(rule(), scenes) == [35.0]
    assert spans(rule(), scenes) == [(5.0, 99.9)]


def test_a_clock_set_forward_is_no_long_stay():
    scenes = film(lurker(15.0), until_s=14)
    jumped = film(lurker(15.0), until_s=14, start_s=NOON_S + 3600)
    assert events(rule(longer_than_s=60.0), scenes + jumped) == []


def test_a_clock_set_back_does_not_save_a_loiterer():
    early = film(lurker(1000.0), until_s=20)
    late = film(Actor(where=stands((0.5, 0.8))), until_s=40, start_s=NOON_S - 7200)
    assert len(events(rule(), early + late)) == 1


def test_two_loiterers_are_two_events():
    pair = [lurker(id=1), Actor(id=2, where=stands((0.45, 0.5), end_s=90.0))]
    assert len(events(rule(), film(*pair, until_s=120, hz=5))) == 2


def test_the_severity_rises_with_the_stay():
    steps = play(rule(escalate_s=60.0), film(lurker(), until_s=120))
    assert steps[0].event.severity is Severity.MEDIUM
    assert steps[-1].event.severity is Severity.HIGH
    rise = next(step for step in steps if step.event.severity is Severity.HIGH)
    assert rise.time_s - NOON_S == pytest.approx(65.0)


def test_a_foot_that_flickers_over_the_border_is_one_stay():
    def flickers(t: float) -> tuple[float, float]:
        return (0.598, 0.8) if round(t * 10) % 3 else (0.602, 0.8)

    assert len(events(rule(), film(Actor(where=flickers), until_s=90))) == 1


def test_two_looks_inside_are_no_stay():
    brief = Actor(
        where=walks(
            (0, (0.2, 0.8)),
            (0.1, (0.5, 0.8)),
            (0.2, (0.5, 0.8)),
            (0.3, (0.2, 0.8)),
            (99, (0.2, 0.8)),
        )
    )
    assert events(rule(longer_than_s=0.0), film(brief, until_s=20)) == []


def test_a_person_replaced_in_the_same_place_is_one_stay_by_design():
    pair = [
        Actor(id=1, where=stands((0.5, 0.8), end_s=20.0)),
        Actor(id=2, where=stands((0.5, 0.8), start_s=20.0, end_s=40.0)),
    ]
    assert len(events(rule(), film(*pair, until_s=60))) == 1
