"""Severity × novelty × age, as properties, by a clock that is bent."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from vigil.core import Event, Severity
from vigil.pipeline.waiting_line import HOUR_S, Place, WaitingLine

STALE_S = 900.0
TIMES = st.floats(0, 800)
SEVERITIES = st.sampled_from(list(Severity))


def an_event(severity: Severity = Severity.MEDIUM, source: str = "gate", **more: bool) -> Event:
    return Event(
        id=f"{source}-{severity.value}",
        source=source,
        rule="yard",
        claim="A person is in the yard.",
        start_s=0,
        end_s=0,
        severity=severity,
        **more,
    )


def a_place(
    name: str = "a", *, since_s: float = 0.0, due_in_s: float = 10.0, event: Event | None = None
) -> Place:
    return Place(
        key=(name, ""), event=event or an_event(), since_s=since_s, due_s=since_s + due_in_s
    )


def line(most: int = 1000) -> WaitingLine:
    return WaitingLine(most=most, stale_s=STALE_S)


@st.composite
def places(draw: st.DrawFn, most: int = 30) -> list[Place]:
    drawn = draw(
        st.lists(
            st.tuples(SEVERITIES, TIMES, st.sampled_from("abc"), st.booleans()),
            min_size=1,
            max_size=most,
        )
    )
    return [
        a_place(str(number), since_s=since_s, event=an_event(severity, source, critical=critical))
        for number, (severity, since_s, source, critical) in enumerate(drawn)
    ]


@given(SEVERITIES, SEVERITIES, TIMES)
def test_what_is_more_severe_goes_first(a: Severity, b: Severity, now_s: float) -> None:
    assume(a.rank < b.rank)
    waiting = line()
    waiting.add(a_place("less", event=an_event(a)), now_s)
    waiting.add(a_place("more", event=an_event(b)), now_s)
    assert waiting.next(now_s).key == ("more", "")


@given(st.floats(0, 9), st.floats(0, 9))
def test_of_two_that_can_be_in_time_the_one_that_is_due_sooner_goes_first(
    first_s: float, second_s: float
) -> None:
    assume(abs(first_s - second_s) > 0.01)
    waiting = line()
    for since_s in (first_s, second_s):
        waiting.add(a_place(str(since_s), since_s=since_s), 9.5)
    assert waiting.next(9.5).since_s == min(first_s, second_s)


@given(TIMES, st.floats(0, 9))
def test_what_can_be_in_time_goes_before_what_is_late(late_s: float, waited_s: float) -> None:
    now_s = late_s + 10 + waited_s
    waiting = line()
    waiting.add(a_place("late", since_s=late_s), now_s)
    waiting.add(a_place("fresh", since_s=now_s - waited_s), now_s)
    assert waiting.next(now_s).key == ("fresh", "")


@given(st.integers(1, 20), st.floats(0, HOUR_S - 1))
def test_what_was_asked_about_of_late_is_less_of_a_novelty(turns: int, ago_s: float) -> None:
    waiting = line()
    now_s = 10_000.0
    for _ in range(turns):
        waiting.had_its_turn(an_event(source="tree in the wind"), now_s - ago_s)
    waiting.add(a_place("tree", since_s=now_s, event=an_event(source="tree in the wind")), now_s)
    waiting.add(a_place("door", since_s=now_s, event=an_event(source="door")), now_s)
    assert waiting.next(now_s).key == ("door", "")


def test_after_an_hour_it_is_news_again() -> None:
    waiting = line()
    place = a_place(since_s=HOUR_S + 1)
    waiting.had_its_turn(place.event, 0.0)
    fresh = line()
    assert waiting.worth(place, HOUR_S - 1) < fresh.worth(place, HOUR_S - 1)
    assert waiting.worth(place, HOUR_S + 1) == fresh.worth(place, HOUR_S + 1)


@given(places(), st.floats(0, 800))
def test_everybody_who_waits_has_a_turn_and_only_one(found: list[Place], now_s: float) -> None:
    waiting = line()
    for place in found:
        assert waiting.add(place, now_s) is None
    served = []
    while (place := waiting.next(now_s)) is not None:
        served.append(place.key)
    assert sorted(served) == sorted(place.key for place in found)
    assert len(waiting) == 0


@given(places(), st.floats(0, 800))
def test_turns_come_in_order_of_worth(found: list[Place], now_s: float) -> None:
    waiting = line()
    for place in found:
        waiting.add(place, now_s)
    served = []
    while (place := waiting.next(now_s)) is not None:
        served.append(waiting.worth(place, now_s))
    assert served == sorted(served, reverse=True)


@given(places(), st.integers(1, 10), st.floats(0, 800))
def test_a_full_line_sheds_the_least_worthy(found: list[Place], most: int, now_s: float) -> None:
    waiting = line(most)
    shed = [gone for place in found if (gone := waiting.add(place, now_s)) is not None]
    assert len(waiting) + len(shed) == len(found)
    assert len(waiting) <= most
    kept = []
    while (place := waiting.next(now_s)) is not None:
        kept.append(place)
    for gone in shed:
        assert all(waiting.worth(gone, now_s) <= waiting.worth(place, now_s) for place in kept)


@given(places(), st.floats(0, 2000))
def test_what_has_waited_too_long_is_shed_and_nothing_else(
    found: list[Place], now_s: float
) -> None:
    waiting = line()
    for place in found:
        waiting.add(place, now_s)
    old = {place.key for place in waiting.stale(now_s)}
    assert old == {place.key for place in found if now_s - place.since_s >= STALE_S}
    assert len(waiting) == len(found) - len(old)


@given(places(), st.sampled_from("abc"))
def test_who_must_not_be_asked_about_keeps_the_place(found: list[Place], closed: str) -> None:
    waiting = line()
    for place in found:
        waiting.add(place, 800.0)
    while (place := waiting.next(800.0, may=lambda each: each.event.source != closed)) is not None:
        assert place.event.source != closed
    assert len(waiting) == sum(place.event.source == closed for place in found)


@given(st.integers(1, 200), st.integers(1, 5))
def test_below_capacity_the_line_never_grows(arrivals: int, spare: int) -> None:
    waiting = line()
    longest = 0
    for second in range(arrivals):
        waiting.add(a_place(str(second), since_s=float(second)), float(second))
        for _ in range(1 + (second % spare == 0)):
            waiting.next(float(second))
        longest = max(longest, len(waiting))
    assert longest == 0


@given(st.integers(100, 400), st.integers(2, 5))
def test_the_backlog_of_an_outage_is_gone_soon(outage: int, capacity: int) -> None:
    """Events come once in 10 s; the model answers `capacity` times as often after it returns."""
    waiting = line()
    for number in range(outage):
        now_s = number * 10.0
        waiting.stale(now_s)
        waiting.add(a_place(str(number), since_s=now_s), now_s)
    began_s = now_s = outage * 10.0
    number = outage
    while waiting:
        waiting.stale(now_s)
        for _ in range(capacity):
            waiting.next(now_s)
        now_s += 10.0
        number += 1
        if len(waiting):
            waiting.add(a_place(str(number), since_s=now_s), now_s)
    assert now_s - began_s <= STALE_S + 10.0


def test_a_critical_event_is_worth_more_than_its_like() -> None:
    usual, critical = an_event(), replace(an_event(), critical=True)
    waiting = line()
    assert waiting.worth(a_place(event=critical), 1) > waiting.worth(a_place(event=usual), 1)
