import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.rules.jam import Jam

from .films import NOON_S, Actor, events, film, raised_s, spans, stands, walks

ROAD = ((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0))


def jammed(
    number: int, *, stop_s: float = 5.0, go_s: float = 100.0, label: str = "car"
) -> list[Actor]:
    """Cars that drive in, stand in a row, and drive off."""
    cars = []
    for index in range(number):
        x = 0.15 + 0.15 * index
        where = walks(
            (0, (max(x - 0.5, 0.0), 0.6)),
            (stop_s, (x, 0.6)),
            (go_s, (x, 0.6)),
            (go_s + 4, (1, 0.6)),
        )
        cars.append(Actor(id=index + 1, label=label, high=0.12, wide=0.1, where=where))
    return cars


def test_a_jam_is_told_from_the_stop_to_the_start():
    scenes = film(*jammed(5), until_s=130, hz=5)
    ((start_s, end_s),) = spans(Jam(zone=ROAD), scenes)
    assert start_s == pytest.approx(7.0, abs=2.0)
    assert end_s == pytest.approx(101.0, abs=2.0)
    (told_s,) = raised_s(Jam(zone=ROAD), scenes)
    assert told_s == pytest.approx(67.0, abs=2.0)
    (event,) = events(Jam(zone=ROAD), scenes)
    assert event.counts["count"] == 5
    english = "Traffic hardly moves in the marked zone; the number of cars is at least 4."
    assert event.claim == english
    assert event.claim_zh == "标记区域内交通拥堵，汽车数量不少于4。"


def test_creeping_traffic_is_a_jam():
    creeping = [
        Actor(
            id=i, label="car", high=0.12, wide=0.1, where=walks((0, (x, 0.6)), (99, (x + 0.4, 0.6)))
        )
        for i, x in enumerate((0.05, 0.2, 0.35, 0.5))
    ]
    assert len(events(Jam(), film(*creeping, until_s=99, hz=5))) == 1


def test_a_red_light_few_cars_or_moving_cars_are_no_jam():
    assert events(Jam(), film(*jammed(5, go_s=50.0), until_s=130, hz=5)) == []
    assert events(Jam(), film(*jammed(3), until_s=130, hz=5)) == []
    stream = [
        Actor(
            id=i,
            label="car",
            high=0.12,
            wide=0.1,
            where=walks((i, (0.0, 0.6)), (i + 6, (1.0, 0.6))),
        )
        for i in range(120)
    ]
    assert events(Jam(), film(*stream, until_s=120, hz=5)) == []


def test_a_row_of_parked_cars_is_no_jam_unless_asked():
    parked = [
        Actor(id=i, label="car", high=0.12, wide=0.1, where=stands((0.1 + 0.2 * i, 0.6)))
        for i in range(4)
    ]
    assert events(Jam(), film(*parked, until_s=100, hz=5)) == []
    assert len(events(Jam(parked=True), film(*parked, until_s=100, hz=5))) == 1


def test_one_free_lane_beside_it_is_no_jam():
    free = [
        Actor(
            id=50 + i, label="car", high=0.12, wide=0.1,
            where=walks((i * 1.5, (0.0, 0.9)), (i * 1.5 + 6, (1.0, 0.9))),
        )
        for i in range(60)
    ]  # fmt: skip
    assert events(Jam(), film(*jammed(4), *free, until_s=100, hz=5)) == []


def test_it_holds_while_nothing_moves_and_nobody_looks():
    scenes = film(*jammed(5), until_s=130, hz=5, asleep=[(12.0, 95.0)])
    ((start_s, end_s),) = spans(Jam(), scenes)
    assert start_s == pytest.approx(7.0, abs=2.0)
    assert end_s == pytest.approx(101.0, abs=2.0)


@given(number=st.integers(1, 5), lasts_s=st.floats(10, 50) | st.floats(70, 90))
def test_only_many_for_long_are_a_jam(number, lasts_s):
    cars = jammed(number, go_s=5.0 + lasts_s)
    found = events(Jam(), film(*cars, until_s=20 + lasts_s, hz=2))
    assert bool(found) == (number >= 4 and lasts_s > 60)
    assert all(event.start_s - NOON_S <= 10 for event in found)
