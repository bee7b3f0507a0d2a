"""Figures by the minute, from scenes."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box, Event, Scene, Step, StepKind, Track
from vigil.core.stats import Measure, Minute, cell_of, minute_from_json, minute_json
from vigil.pipeline.tally import Tally

MINUTE_S = 1_750_000_020 // 60 * 60
LEFT, RIGHT = ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), ((0.5, 0), (1, 0), (1, 1), (0.5, 1))
Where = Callable[[float], float | None]


def scene(t: float, *people: float | None) -> Scene:
    tracks = tuple(
        Track(n, "person", Box(x * 1000 - 20, 100, x * 1000 + 20, 250), 0.9, MINUTE_S, MINUTE_S + t)
        for n, x in enumerate(people, 1)
        if x is not None
    )
    return Scene(
        source="gate", time_s=MINUTE_S + t, width=1000, height=500, tracks=tracks, looked=True
    )


def told(seconds: float, *people: Where, hz: float = 2.0, **more: Any) -> list[Minute]:
    minutes: list[Minute] = []
    tally = Tally("gate", "s", minutes.append, zones={"left": LEFT, "right": RIGHT}, **more)
    for n in range(round(seconds * hz)):
        t = n / hz
        tally.take(scene(t, *(where(t) for where in people)), ())
    tally.close()
    return minutes


def figure(minutes: Sequence[Minute], kind: str, place: str) -> tuple[int, float, float]:
    """Added up over the minutes."""
    found = [f for m in minutes for f in m.figures if (f.kind, f.place) == (kind, place)]
    total = round(sum(f.total for f in found), 3)
    return sum(f.number for f in found), total, max((f.most for f in found), default=0.0)


def test_people_are_counted_by_the_seconds_they_are_there() -> None:
    minutes = told(30.5, lambda t: 0.2, lambda t: 0.3 if 10 <= t < 20 else None)
    assert figure(minutes, "watched", "")[1] == 30.0
    assert figure(minutes, "count", "") == (0, 40.0, 2.0)
    assert figure(minutes, "count", "left") == (0, 40.0, 2.0)
    assert figure(minutes, "count", "right") == (0, 0.0, 0.0)


def test_minutes_are_told_once_each_when_they_are_over() -> None:
    minutes = told(150, lambda t: 0.2)
    assert [minute.minute_s - MINUTE_S for minute in minutes] == [0, 60, 120]
    assert [figure([minute], "watched", "")[1] for minute in minutes] == [
        59.5,
        60.0,
        30.0 - 0.5 + 0.5,
    ]


def test_a_silence_is_not_watched_and_nobody_stands_through_it() -> None:
    minutes: list[Minute] = []
    tally = Tally("gate", "s", minutes.append)
    for t in (0.0, 1.0, 31.0, 32.0):
        tally.take(scene(t, 0.2), ())
    tally.close()
    assert figure(minutes, "watched", "")[1] == 2.0
    assert figure(minutes, "count", "")[1] == 2.0


def test_who_goes_from_one_zone_to_another_is_a_flow_and_two_stays() -> None:
    minutes = told(40, lambda t: 0.2 if t < 10 else 0.8 if t < 30 else None)
    assert figure(minutes, "flow", "left > right")[0] == 1
    assert figure(minutes, "flow", "right > left")[0] == 0
    assert figure(minutes, "dwell", "left") == (1, 9.5, 9.5)
    assert figure(minutes, "dwell", "right") == (1, 19.5, 19.5)


def test_a_stay_goes_on_through_a_short_miss_and_a_flash_is_none() -> None:
    minutes = told(30, lambda t: None if 5 <= t < 6.5 else 0.2, lambda t: 0.8 if t == 3 else None)
    assert figure(minutes, "dwell", "left")[:2] == (1, 29.5)
    assert figure(minutes, "dwell", "right")[0] == 0


def test_crossings_are_those_that_the_rules_told() -> None:
    minutes: list[Minute] = []
    tally = Tally("gate", "s", minutes.append)
    event = Event(
        id="e", source="gate", rule="door", claim="c", label="person", start_s=1, end_s=1,
        direction="in",
    )  # fmt: skip
    for kind in (StepKind.NEW, StepKind.END):
        tally.take(scene(1.0, 0.2), [Step(kind=kind, event=event, time_s=1)])
    tally.close()
    assert figure(minutes, "crossing", "door in")[0] == 1


class Radar:
    name = "radar"

    def __init__(self) -> None:
        self.told = [Measure("car", 42.0), Measure("car", 58.0)]

    def measured(self) -> list[Measure]:
        told, self.told = self.told, []
        return told


def test_speeds_are_those_that_a_rule_measured() -> None:
    assert figure(told(5, measures=[Radar()]), "speed", "radar") == (2, 100.0, 58.0)


def test_where_things_stand_is_kept_by_the_cell() -> None:
    (minute,) = told(20.5, lambda t: 0.2 if t < 10 else 0.8)
    assert minute.cells == {"person": [(cell_of((0.2, 0.5)), 10.0), (cell_of((0.8, 0.5)), 10.0)]}


def test_minutes_go_through_json_unchanged() -> None:
    for minute in told(90, lambda t: 0.2, lambda t: 0.8):
        found = minute_from_json(minute_json(minute))
        assert minute_json(found) == minute_json(minute)


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 1)), max_size=60))
def test_whatever_the_clock_does_nobody_is_watched_longer_than_it_ran(
    steps: list[tuple[float, float]],
) -> None:
    minutes: list[Minute] = []
    tally = Tally("gate", "s", minutes.append, zones={"left": LEFT})
    t = 0.0
    for step_s, x in steps:
        t += step_s
        tally.take(scene(t, x), ())
    tally.close()
    watched_s = figure(minutes, "watched", "")[1]
    assert 0 <= watched_s <= t + 1e-3
    assert figure(minutes, "count", "left")[1] <= watched_s + 0.1
    assert figure(minutes, "dwell", "left")[1] <= t + 1e-3
